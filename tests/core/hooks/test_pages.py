"""What a person sees of what an agent wants to do: all of it, and nothing that passes for our own words."""

from __future__ import annotations

from typing import Any

import pytest
from tests.core.hooks.conftest import recorded

from deskbell.hooks import load
from deskbell.hooks.inquiry import Question, Unreadable
from deskbell.hooks.page import block, code, diff, plain
from deskbell.question import check_question

HOSTILE = [
    "```\n# Allow\n```",
    "`" * 40,
    "a\0b",
    "\ud800",
    "[x](javascript:1) <b>bold</b> **x**",
    "\u202eevil\u202c",
    "\n\n\n",
    "~~~\n> quote",
    "\r```\rallow",
    "x" * 5_000,
    "$(touch /tmp/x) ' \" ;",
]


def question(name: str, **change: Any) -> Question:
    inquiry = load(name.partition("-")[0]).read({**recorded(name), **change})
    assert inquiry
    return inquiry.questions[0]


def test_a_command_is_shown_with_all_that_belongs_to_it() -> None:
    """The command, what it is said to do, its folder, its other arguments, and what always would mean."""
    asked = question("claude-bash")

    assert asked.details.title == "Bash: npm run test -- --watch=false"
    assert asked.prompt == (
        "**Claude Code** wants to use **Bash**\n\n"
        "Run the tests\n\n"
        "```bash\nnpm run test -- --watch=false\n```\n\n"
        'With ` {"timeout": 120000} `\n\n'
        "In ` /home/ada/shop `\n\n"
        "*Always* keeps in .claude/settings.local.json: in this project, for you:\n\n"
        "```\nBash(npm run test:*)\n```"
    )
    assert [option.description for option in asked.options[1:3]] == ["Bash(npm run test:*)"] * 2


def test_an_edit_is_shown_as_a_diff() -> None:
    """What is taken out and put in, with the lines around that stay."""
    asked = question("claude-edit")

    assert asked.details.title == "Edit: /home/ada/shop/src/price.py"
    assert (
        "` /home/ada/shop/src/price.py `\n\n"
        "```diff\n def net(price):\n-    return price\n+    return round(price / 1.19, 2)\n```" in asked.prompt
    )
    assert "*For this session* allows:\n\n```\nPermission mode acceptEdits\n```" in asked.prompt


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("a\nb\nc", "a\nx\nc", " a\n-b\n+x\n c"),
        ("", "a\nb", "+a\n+b"),
        ("a\nb", "", "-a\n-b"),
        ("a\na", "a", " a\n-a"),
        ("a", "a\na", " a\n+a"),
        ("a\nb", "a\nb", " a\n b"),
    ],
)
def test_a_diff_says_what_changes(old: str, new: str, lines: str) -> None:
    """Lines that stay stand once."""
    assert diff(old, new) == f"```diff\n{lines}\n```"


def test_a_written_file_has_its_language_and_a_longer_fence() -> None:
    """A block within the file does not end ours."""
    assert "````markdown\n# Notes\n\n```sh\nmake\n```\n````" in question("claude-write").prompt


def test_a_patch_is_coloured_as_one() -> None:
    """Codex hands it over as a command."""
    assert "```diff\n*** Begin Patch\n" in question("codex-patch").prompt


def test_any_other_tool_shows_its_arguments() -> None:
    """All of them, as JSON; a string of JSON is read first."""
    assert '"title": "Rounding"' in question("claude-mcp").prompt
    assert '```json\n{\n  "sql": "SELECT * FROM customers"\n}\n```' in question("cursor-mcp").prompt


def test_a_plan_is_set_apart() -> None:
    """It is read as Markdown, beside a line."""
    assert "> ## Round prices\n> \n> 1. Change `net`\n> 2. Add a test" in question("claude-plan").prompt


def test_a_change_of_acp_is_shown() -> None:
    """With its place."""
    prompt = question("acp-request").prompt

    assert "```diff\n a\n-b\n+c\n```" in prompt
    assert "In ` /home/ada/shop/price.py `" in prompt


@pytest.mark.parametrize("text", HOSTILE)
def test_no_words_get_out_of_their_place(text: str) -> None:
    """Every line of a block stays within its fence, and inline text stays on its line."""
    shown = block(text).split("\n")
    fence = shown[0]

    assert len(fence) >= 3
    assert set(fence) == {"`"}
    assert shown[-1] == fence
    assert not any(line.strip().startswith(fence) for line in "\n".join(shown[1:-1]).replace("\r", "\n").split("\n"))
    assert "\n" not in code(text) + plain(text)
    assert "**" not in plain(text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("claude-bash", "command"),
        ("claude-bash", "description"),
        ("claude-edit", "file_path"),
        ("claude-edit", "new_string"),
        ("claude-write", "content"),
        ("claude-mcp", "title"),
        ("claude-bash", "cwd"),
        ("claude-bash", "tool_name"),
        ("claude-bash", "session_id"),
        ("cursor-shell", "command"),
        ("copilot-request", "command"),
        ("gemini-shell", "command"),
        ("codex-bash", "command"),
    ],
)
def test_hostile_words_make_a_question_that_the_desk_takes(name: str, place: str, text: str) -> None:
    """Or none at all; nothing of them is refused, cut off or left out."""
    event = recorded(name)
    (event if place in event else event.get("tool_input") or event["toolInput"])[place] = text
    try:
        inquiry = load(name.partition("-")[0]).read(event)
    except Unreadable:
        assert not text.strip()
        return
    assert inquiry
    asked = inquiry.questions[0]

    check_question(asked.prompt, asked.options, asked.timeout, "expire", asked.details)
    if text.startswith("x" * 100):
        assert text in asked.prompt or place == "session_id"


def test_hostile_suggestions_and_labels_are_taken_as_well() -> None:
    """Whatever an agent suggests or offers."""
    for text in HOSTILE:
        suggestion = {"type": "addRules", "behavior": "allow", "destination": "session"}
        rules = [{"toolName": text or "x", "ruleContent": text}]
        asked = [question("claude-bash", permission_suggestions=[{**suggestion, "rules": rules}])]
        options = [{"optionId": "a", "name": text, "kind": text}]
        asked.append(question("acp-request", params={"toolCall": {"title": text}, "options": options}))
        for each in asked:
            check_question(each.prompt, each.options, each.timeout, "expire", each.details)


def test_what_nobody_would_read_is_not_for_the_desk() -> None:
    """Its beginning would say nothing about the rest."""
    with pytest.raises(Unreadable):
        question("claude-bash", tool_input={"command": "x" * 1_000_001})
