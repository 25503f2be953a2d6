"""What each agent reads for what a person decided, and which events ask nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.core.hooks.conftest import recorded
from tests.core.hooks.schemas import check

from deskbell.hooks import AGENTS, load
from deskbell.hooks.inquiry import Unreadable
from deskbell.task import Answer, TaskKind

ONCE, SESSION, ALWAYS = Answer(("once",)), Answer(("session",)), Answer(("always",))
DENY, DENY_WHY, WORDS = Answer(("deny",)), Answer(("deny",), "Not on Friday"), Answer((), " Use make \n")
TERMINAL = Answer(("terminal",))
NO = "The person at the desk said no."
TESTS = {"toolName": "Bash", "ruleContent": "npm run test:*"}
EDITS = {"type": "setMode", "mode": "acceptEdits", "destination": "session"}


def reply(name: str, *answers: Answer) -> Any:
    agent = load(name.partition("-")[0])
    inquiry = agent.read(recorded(name))
    assert inquiry
    assert inquiry.reply
    return inquiry.reply(answers)


def request(decision: dict[str, Any]) -> dict[str, Any]:
    return {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}}


def rules(destination: str) -> list[dict[str, Any]]:
    return [{"type": "addRules", "rules": [TESTS], "behavior": "allow", "destination": destination}]


def selected(option: str) -> dict[str, Any]:
    return {"outcome": {"outcome": "selected", "optionId": option}}


def posted(path: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"method": "POST", "path": path, "body": body}


V1, V2 = "/permission/per_01/reply", "/api/session/ses_02/permission/per_02/reply"

PERMISSIONS: list[tuple[str, str, Answer, Any]] = [
    ("claude-bash", "claude PermissionRequest", ONCE, request({"behavior": "allow"})),
    (
        "claude-bash",
        "claude PermissionRequest",
        SESSION,
        request({"behavior": "allow", "updatedPermissions": rules("session")}),
    ),
    (
        "claude-bash",
        "claude PermissionRequest",
        ALWAYS,
        request({"behavior": "allow", "updatedPermissions": rules("localSettings")}),
    ),
    ("claude-bash", "claude PermissionRequest", DENY, request({"behavior": "deny", "message": NO})),
    ("claude-bash", "claude PermissionRequest", DENY_WHY, request({"behavior": "deny", "message": "Not on Friday"})),
    ("claude-bash", "claude PermissionRequest", WORDS, request({"behavior": "deny", "message": "Use make"})),
    (
        "claude-edit",
        "claude PermissionRequest",
        SESSION,
        request({"behavior": "allow", "updatedPermissions": [EDITS]}),
    ),
    ("claude-mcp", "claude PermissionRequest", ONCE, request({"behavior": "allow"})),
    ("claude-plan", "claude PermissionRequest", WORDS, request({"behavior": "deny", "message": "Use make"})),
    ("codex-bash", "codex PermissionRequest", ONCE, request({"behavior": "allow"})),
    ("codex-bash", "codex PermissionRequest", WORDS, request({"behavior": "deny", "message": "Use make"})),
    ("codex-patch", "codex PermissionRequest", DENY, request({"behavior": "deny", "message": NO})),
    ("cursor-shell", "cursor before", ONCE, {"permission": "allow"}),
    (
        "cursor-shell",
        "cursor before",
        DENY_WHY,
        {"permission": "deny", "user_message": "Not on Friday", "agent_message": "Not on Friday"},
    ),
    ("cursor-mcp", "cursor before", TERMINAL, {"permission": "ask"}),
    ("gemini-shell", "gemini BeforeTool", WORDS, {"decision": "deny", "reason": "Use make"}),
    ("copilot-request", "copilot permissionRequest", ONCE, {"behavior": "allow"}),
    ("copilot-request", "copilot permissionRequest", DENY, {"behavior": "deny", "message": NO}),
    ("copilot-request-snake", "copilot permissionRequest", ONCE, {"behavior": "allow"}),
    ("copilot-before", "copilot preToolUse", ONCE, {"permissionDecision": "allow"}),
    (
        "copilot-before",
        "copilot preToolUse",
        WORDS,
        {"permissionDecision": "deny", "permissionDecisionReason": "Use make"},
    ),
    ("copilot-before", "copilot preToolUse", TERMINAL, {"permissionDecision": "ask"}),
    ("opencode-permission", "opencode permission", ONCE, posted(V1, {"reply": "once"})),
    ("opencode-permission", "opencode permission", ALWAYS, posted(V1, {"reply": "always"})),
    ("opencode-permission", "opencode permission", WORDS, posted(V1, {"reply": "reject", "message": "Use make"})),
    ("opencode-permission-v2", "opencode permission", DENY, posted(V2, {"reply": "reject"})),
    ("acp-request", "acp", Answer(("0",)), selected("allow-once")),
    ("acp-request", "acp", Answer(("1",)), selected("allow-always")),
    ("acp-request", "acp", Answer(("2",), "why"), selected("reject-once")),
    ("acp-request", "acp", WORDS, selected("reject-once")),
]


@pytest.mark.parametrize(("name", "schema", "answer", "output"), PERMISSIONS)
def test_a_decision_is_told_as_the_agent_reads_it(name: str, schema: str, answer: Answer, output: Any) -> None:
    """Exactly that, and nothing the agent would refuse."""
    said = reply(name, answer)

    assert said == output
    check(schema, said)


@pytest.mark.parametrize(
    "name", ["claude-bash", "codex-bash", "gemini-shell", "copilot-request", "opencode-permission"]
)
@pytest.mark.parametrize("answer", [TERMINAL, Answer(("something else",)), Answer((), " \n"), Answer()])
def test_what_decides_nothing_is_left_to_the_agent(name: str, answer: Answer) -> None:
    """The terminal, an answer that makes no sense, and an empty one never allow."""
    assert reply(name, answer) is None


def test_a_choice_that_was_not_offered_adds_no_rules() -> None:
    """Always, for a call with which nothing was suggested, is this once."""
    assert reply("claude-mcp", ALWAYS) == request({"behavior": "allow"})


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("claude-bash", ["Allow once", "Allow for this session", "Always allow", "Deny", "Ask in the terminal"]),
        ("claude-edit", ["Allow once", "Allow for this session", "Deny", "Ask in the terminal"]),
        ("claude-mcp", ["Allow once", "Deny", "Ask in the terminal"]),
        ("codex-bash", ["Allow once", "Deny", "Ask in the terminal"]),
        ("cursor-shell", ["Allow once", "Deny", "Ask in the terminal"]),
        ("gemini-shell", ["Let it through", "Deny"]),
        ("copilot-request", ["Allow once", "Deny", "Ask in the terminal"]),
        ("opencode-permission", ["Allow once", "Always allow", "Deny", "Ask in the terminal"]),
        ("acp-request", ["Allow once", "Always allow", "Reject"]),
    ],
)
def test_the_choices_are_those_of_the_agent(name: str, labels: list[str]) -> None:
    """Nobody is offered what the agent could not do, and silence is never consent."""
    inquiry = load(name.partition("-")[0]).read(recorded(name))
    assert inquiry
    question = inquiry.questions[0]

    assert [option.label for option in question.options] == labels
    assert question.details.kind is TaskKind.PERMISSION
    assert not any(option.recommended for option in question.options)


def test_suggestions_that_allow_nothing_are_not_offered() -> None:
    """What would deny, remove or go to an unknown place is no meaning of always."""
    event = recorded("claude-bash")
    rule = event["permission_suggestions"][0]
    event["permission_suggestions"] = [
        {**rule, "behavior": "deny"},
        {**rule, "type": "removeRules"},
        {**rule, "destination": "elsewhere"},
        {**rule, "rules": [{"ruleContent": "*"}, "Bash"]},
        "setMode",
        None,
    ]
    inquiry = load("claude").read(event)

    assert inquiry
    assert [option.value for option in inquiry.questions[0].options] == ["once", "deny", "terminal"]


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("claude-questions", "claude PreToolUse"),
        ("claude-questions-request", "claude PermissionRequest"),
    ],
)
def test_claudes_own_questions_are_answered_by_their_text(name: str, schema: str) -> None:
    """Labels as they were written, several joined by commas, and the questions as they came."""
    said = reply(name, Answer(("0",)), Answer(("0", "2"), "and sessions"))
    output = said["hookSpecificOutput"]
    given = output.get("updatedInput") or output["decision"]["updatedInput"]

    check(schema, said)
    assert given["questions"] == recorded(name)["tool_input"]["questions"]
    assert given["answers"] == {
        "Which database should the shop use?": "PostgreSQL (Recommended)",
        "Which parts shall be cached?": "Prices, Stock, and sessions",
    }


def test_one_question_for_the_terminal_leaves_all_of_them_there() -> None:
    """Half an answer is none."""
    assert reply("claude-questions", Answer(("0",)), TERMINAL) is None


def test_questions_that_have_their_answers_are_not_asked_again() -> None:
    """The hook before this one has asked them."""
    event = recorded("claude-questions-request")
    event["tool_input"]["answers"] = {"Which database should the shop use?": "SQLite"}

    assert load("claude").read(event) is None


@pytest.mark.parametrize(
    ("answers", "action"),
    [
        (
            (Answer(("1",)), Answer((), " 3 "), Answer(("0",))),
            {"action": "accept", "content": {"stage": "live", "replicas": 3, "announce": True}},
        ),
        (
            (Answer(("0",)), Answer((), "9"), Answer(("leave-out",))),
            {"action": "accept", "content": {"stage": "test", "replicas": 9}},
        ),
        ((Answer(("0",)), Answer(("decline",)), Answer(("0",))), {"action": "decline"}),
        ((Answer(("0",)), Answer((), "ten"), Answer(("0",))), None),
        ((Answer(("0",)), Answer((), "10"), Answer(("0",))), None),
        ((Answer((), "live"), Answer((), "3"), Answer(("0",))), None),
        ((Answer(("0",)), Answer((), "3"), TERMINAL), None),
    ],
)
def test_a_form_is_filled_in_field_by_field(answers: tuple[Answer, ...], action: dict[str, Any] | None) -> None:
    """With values of the schema's kinds; what does not fit it is left to Claude Code's own form."""
    said = reply("claude-elicitation", *answers)

    if action is None:
        assert said is None
    else:
        check("claude Elicitation", said)
        assert said == {"hookSpecificOutput": {"hookEventName": "Elicitation", **action}}


@pytest.mark.parametrize(("option", "action"), [("0", "accept"), ("1", "decline")])
def test_an_address_is_opened_only_with_consent(option: str, action: str) -> None:
    """The whole address is shown."""
    said = reply("claude-elicitation-url", Answer((option,)))
    inquiry = load("claude").read(recorded("claude-elicitation-url"))

    assert said["hookSpecificOutput"]["action"] == action
    assert inquiry
    assert "https://deploy.example/login?for=ada" in inquiry.questions[0].prompt


@pytest.mark.parametrize(
    ("name", "schema", "output"),
    [
        ("claude-stop", "claude Stop", {"decision": "block", "reason": "Use make"}),
        ("cursor-stop", "cursor stop", {"followup_message": "Use make"}),
        ("copilot-stop", "copilot agentStop", {"decision": "block", "reason": "Use make"}),
    ],
)
def test_an_agent_that_has_finished_goes_on_with_what_is_written(name: str, schema: str, output: Any) -> None:
    """Choosing that this was all lets it stop."""
    check(schema, reply(name, WORDS))
    assert reply(name, WORDS) == output
    assert reply(name, Answer(("That is all",), "thanks")) is None


def test_a_question_of_opencode_is_answered_by_labels() -> None:
    """One list for each question."""
    said = reply("opencode-question", Answer(("1",)))

    check("opencode question", said)
    assert said == posted("/question/que_01/reply", {"answers": [["Vue"]]})


@pytest.mark.parametrize("name", ["claude-notification", "codex-notify"])
def test_a_notice_waits_for_nothing(name: str) -> None:
    """It goes away by itself."""
    inquiry = load(name.partition("-")[0]).read(recorded(name))

    assert inquiry
    assert inquiry.reply is None
    assert inquiry.questions[0].timeout == 60


@pytest.mark.parametrize(
    ("agent", "name", "change"),
    [
        ("claude", "claude-bash", {"permission_mode": "bypassPermissions"}),
        ("claude", "claude-bash", {"permission_mode": "dontAsk"}),
        ("claude", "claude-bash", {"hook_event_name": "SomethingNew"}),
        ("claude", "claude-bash", {"hook_event_name": "PreToolUse"}),
        ("claude", "claude-bash", {"hook_event_name": ["PermissionRequest"]}),
        ("claude", "claude-notification-permission", {}),
        ("claude", "cursor-loads-claude", {}),
        ("claude", "copilot-request-snake", {}),
        ("codex", "codex-bash", {"permission_mode": "bypassPermissions"}),
        ("codex", "codex-bash", {"hook_event_name": "PreToolUse"}),
        ("cursor", "cursor-stop", {"status": "aborted"}),
        ("cursor", "cursor-shell", {"hook_event_name": "afterShellExecution"}),
        ("gemini", "gemini-shell", {"hook_event_name": "AfterTool"}),
        ("copilot", "copilot-request", {"hookName": "postToolUse"}),
        ("opencode", "opencode-permission", {"type": "permission.replied"}),
    ],
)
def test_these_events_ask_nothing(agent: str, name: str, change: dict[str, Any]) -> None:
    """What nobody is to be asked about, what another hook asks, and what is not known."""
    assert load(agent).read({**recorded(name), **change}) is None


MALFORMED: list[Any] = [None, True, 7, -1.5, "text", "", [], ["a", {}], {}, {"command": ["rm", 1]}, {"command": {}}]


@pytest.mark.parametrize("agent", AGENTS)
def test_no_field_of_another_kind_allows_anything(agent: str) -> None:
    """Each field of each event replaced by whatever JSON has: a question, nothing or Unreadable, and no other error."""
    hook = load(agent)
    for name in names_of(agent):
        event = recorded(name)
        for field in list(event):
            for value in MALFORMED:
                for inner in ({**event, field: value}, {other: event[other] for other in event if other != field}):
                    try:
                        inquiry = hook.read(inner)
                    except Unreadable:
                        continue
                    assert inquiry is None or inquiry.questions


@pytest.mark.parametrize("agent", AGENTS)
def test_silence_never_allows(agent: str) -> None:
    """Neither about an event nor about what could not be read."""
    hook = load(agent)
    for event in (None, {}, *(recorded(name) for name in names_of(agent))):
        said = json.dumps(hook.silence(event))
        assert "allow" not in said
        assert said in {"null", '{"permission": "ask"}', '{"outcome": {"outcome": "cancelled"}}'}


@pytest.mark.parametrize("agent", AGENTS)
def test_the_same_event_has_the_same_key_and_another_has_another(agent: str) -> None:
    """A hook that runs twice asks once; parallel calls of a session do not meet."""
    keys: dict[str, str] = {}
    for name in names_of(agent):
        for inquiry in (load(agent).read(recorded(name)), load(agent).read(recorded(name))):
            for at, question in enumerate(inquiry.questions if inquiry else ()):
                assert keys.setdefault(f"{name} {at}", question.key) == question.key
                assert len(question.key) <= 200

    assert len(set(keys.values())) == len(keys) > 0


def names_of(agent: str) -> list[str]:
    return [name for name in NAMES if name.startswith(f"{agent}-")]


NAMES = [
    *("claude-bash", "claude-edit", "claude-write", "claude-mcp", "claude-plan", "claude-questions"),
    *("claude-questions-request", "claude-elicitation", "claude-elicitation-url", "claude-notification"),
    *("claude-notification-permission", "claude-stop", "codex-bash", "codex-patch", "codex-notify", "cursor-shell"),
    *("cursor-mcp", "cursor-stop", "gemini-shell", "gemini-replace", "copilot-request", "copilot-request-snake"),
    *("copilot-before", "copilot-stop", "opencode-permission", "opencode-permission-v2", "opencode-question"),
    "acp-request",
]
