"""The tools as an agent meets them, over the SDK's own client."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.core.mcp.conftest import MODES, run

from deskbell.errors import InvalidAnswer
from deskbell.settings import Settings
from deskbell.task import Answer, Attachment, Draft, TaskKind

if TYPE_CHECKING:
    from mcp_types import CallToolResult
    from tests.core.mcp.conftest import McpDesk

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def text_of(result: CallToolResult) -> str:
    assert result.content[0].type == "text"
    return result.content[0].text


@pytest.mark.parametrize("mode", MODES)
def test_the_answer_comes_back_as_text_and_as_values(mcp_desk: McpDesk, mode: str) -> None:
    """What was chosen and written, and who it was."""

    async def ask() -> None:
        async with mcp_desk.client(mode) as client:
            arguments = {"question": "Which index?", "options": ["Trigram", {"label": "Full text", "value": "fts"}]}
            result = await mcp_desk.call_and_answer(client, "ask_human", arguments, "fts", text="Small first")

        assert text_of(result) == "The person chose: Full text\n\nThe person wrote: Small first"
        assert result.structured_content["answered_by"] == "person"
        assert result.structured_content["status"] == "completed"
        assert result.structured_content["options"] == ["fts"]
        assert result.structured_content["text"] == "Small first"
        assert not result.is_error

    run(ask())


def test_pictures_and_files_come_back_with_the_answer(mcp_desk: McpDesk) -> None:
    """Pictures as pictures, texts as texts, everything else as bytes."""
    files = (
        Attachment("shot.png", "image/png", PIXEL),
        Attachment("notes.txt", "text/plain", b"Mind the gap"),
        Attachment("data.bin", "application/octet-stream", b"\xff\x00"),
    )

    async def ask() -> None:
        async with mcp_desk.client() as client:
            result = await mcp_desk.call_and_answer(client, "ask_human", {"question": "Show me"}, attachments=files)

        picture, text, blob = result.content[1:]
        assert picture.type == "image"
        assert (picture.mime_type, base64.b64decode(picture.data)) == ("image/png", PIXEL)
        assert text.type == "resource"
        assert text.resource.text == "Mind the gap"
        assert blob.type == "resource"
        assert base64.b64decode(blob.resource.blob) == b"\xff\x00"
        assert result.structured_content["files"] == ["shot.png", "notes.txt", "data.bin"]

    run(ask())


def test_the_window_learns_who_asks(mcp_desk: McpDesk) -> None:
    """The client's name for people, and what the header says of project, branch, session and process."""
    source = json.dumps({"project": "läden", "branch": "main", "session": "s-1", "pid": 42})

    async def ask() -> None:
        async with mcp_desk.client(name="claude-code", deskbell_source=source) as client:
            call = asyncio.ensure_future(client.call_tool("ask_human", {"question": "?"}))
            asked = (await mcp_desk.question()).details.source
            await mcp_desk.answer(text="!")
            await call

        assert (asked.agent, asked.project, asked.branch, asked.session, asked.pid) == (
            "Claude Code",
            "läden",
            "main",
            "s-1",
            42,
        )

    run(ask())


@pytest.mark.parametrize("mode", MODES)
def test_a_call_that_has_waited_long_enough_says_how_to_go_on(mcp_desk: McpDesk, mode: str) -> None:
    """It is pending with the task's id; wait_for_answer brings the answer."""

    async def ask() -> None:
        async with mcp_desk.client(mode) as client:
            pending = await client.call_tool("ask_human", {"question": "Which?", "wait_s": 0.05})
            task_id = pending.structured_content["task_id"]
            result = await mcp_desk.call_and_answer(client, "wait_for_answer", {"task_id": task_id}, text="This one")

        assert pending.structured_content["status"] == "pending"
        assert pending.structured_content["answered_by"] is None
        assert f'wait_for_answer with task_id "{task_id}"' in text_of(pending)
        assert not pending.is_error
        assert result.structured_content["text"] == "This one"

    run(ask())


def test_an_answer_that_is_long_given_can_still_be_fetched(mcp_desk: McpDesk) -> None:
    """Waiting for it later returns at once."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            pending = await client.call_tool("ask_human", {"question": "Which?", "wait_s": 0})
            await mcp_desk.answer(text="This one")
            result = await client.call_tool("wait_for_answer", {"task_id": pending.structured_content["task_id"]})

        assert result.structured_content["text"] == "This one"

    run(ask())


def test_a_question_can_be_taken_back(mcp_desk: McpDesk) -> None:
    """It leaves the desk; taking it back again changes nothing, and one that has an answer keeps it."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            pending = await client.call_tool("ask_human", {"question": "Which?", "wait_s": 0})
            taken = [
                await client.call_tool("cancel_question", {"task_id": pending.structured_content["task_id"]})
                for _ in range(2)
            ]
            answered = await client.call_tool("ask_human", {"question": "And this?", "wait_s": 0})
            await mcp_desk.answer(text="Yes, that")
            kept = await client.call_tool("cancel_question", {"task_id": answered.structured_content["task_id"]})

        assert [result.structured_content["status"] for result in taken] == ["cancelled", "cancelled"]
        assert "no consent" in text_of(taken[0])
        assert mcp_desk.desk.open_tasks() == []
        assert kept.structured_content["text"] == "Yes, that"

    run(ask())


def test_a_message_is_shown_and_nobody_waits_for_it(mcp_desk: McpDesk) -> None:
    """It comes with one button, and goes by itself without saying that anybody agreed to anything."""

    async def tell() -> None:
        async with mcp_desk.client() as client:
            result = await client.call_tool("notify_human", {"message": "The build is done"})

        task = mcp_desk.desk.task(result.structured_content["task_id"])
        assert result.structured_content["status"] == "shown"
        assert (task.prompt, [option.label for option in task.options]) == ("The build is done", ["OK"])
        assert not task.details.allow_text
        assert task.on_timeout == "expire"

    run(tell())


@pytest.mark.parametrize(
    ("wished", "given"), [(None, 240), (1, 30), (29.5, 30), (-5, 30), (45, 45), (100_000, 290), (0, 0), ("60", 60)]
)
def test_timeouts_of_models_are_brought_within_reach(mcp_desk: McpDesk, wished: Any, given: int) -> None:
    """One that nobody could meet is made longer, one beyond the limit shorter; none at all stays none."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            await client.call_tool("ask_human", {"question": "Which?", "timeout_s": wished, "wait_s": 0})

        assert (await mcp_desk.question()).auto_resubmit_timeout == given

    run(ask())


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("Delete the branch?", ["Yes", "No"]),
        ("May I push to main?", []),
        ("Plan: drop the table.\n\nShould I go on?", ["Drop it", "Keep it"]),
        ("Deploy", ["approve", "deny"]),
        ("部署", ["允许", "拒绝"]),
    ],
)
def test_silence_never_grants_a_permission(mcp_desk: McpDesk, question: str, options: list[str]) -> None:
    """At zero such a question ends without an answer, even if something was ticked or typed."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            call = asyncio.ensure_future(client.call_tool("ask_human", {"question": question, "options": options}))
            task = await mcp_desk.question()
            mcp_desk.desk.set_draft(task.task_id, Draft(tuple(options[:1]), "" if options else "yes"))
            mcp_desk.desk._queue.update_auto_resubmit_timeout_for_all(1)
            result = await call

        assert task.details.kind is TaskKind.PERMISSION
        assert result.structured_content["status"] == "expired"
        assert result.structured_content["answered_by"] is None
        assert text_of(result) == mcp_desk.desk.settings.countdown.timeout_text

    run(ask())


@pytest.mark.parametrize(
    ("question", "options"), [("Which index?", ["Trigram", "Full text"]), ("What is the port?", []), ("Name it", [])]
)
def test_other_questions_end_with_what_was_begun(mcp_desk: McpDesk, question: str, options: list[str]) -> None:
    """The settings' way: at zero what was typed or ticked is sent, and it says so."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            await client.call_tool("ask_human", {"question": question, "options": options, "wait_s": 0})

        assert (await mcp_desk.question()).on_timeout == "submit"

    run(ask())


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        (["A", "B"], ["A", "B"]),
        ('["A", "B"]', ["A", "B"]),
        ("Just one", ["Just one"]),
        (["A", " A ", "B"], ["A", "B"]),
        ([1, 2.5], ["1", "2.5"]),
        ([{"text": "A"}, {"value": "B"}], ["A", "B"]),
        (None, []),
        ("", []),
    ],
)
def test_options_are_taken_as_models_write_them(mcp_desk: McpDesk, options: Any, labels: list[str]) -> None:
    """Texts, objects, numbers, and lists that were written as text."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            await client.call_tool("ask_human", {"question": "Which?", "options": options, "wait_s": 0})

        assert [option.label for option in (await mcp_desk.question()).options] == labels

    run(ask())


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "question"),
        ({"question": "  "}, "'question' is empty"),
        ({"question": 7.5, "options": []}, "question"),
        ({"question": "?", "quest": "x"}, "unknown field `quest`"),
        ({"question": "?", "options": [{}]}, "Option 1 is neither"),
        ({"question": "?", "options": ["a" * 1001, None]}, "Option 2 is neither"),
        ({"question": "?\0"}, "NUL"),
        ({"question": "?", "wait_s": "soon"}, "wait_s"),
        ({"question": "?", "form": {"type": "array"}}, "The form is not"),
        ({"question": "?", "form": {"properties": {"a": {"type": "object"}}}}, "Keep the form flat"),
    ],
)
def test_a_call_that_makes_no_sense_says_what_to_mend(
    mcp_desk: McpDesk, arguments: dict[str, Any], complaint: str
) -> None:
    """As a result that the model reads, not as a failure of the connection; nothing is put on the desk."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            result = await client.session.call_tool("ask_human", arguments)

        assert result.is_error
        assert complaint in text_of(result)
        assert mcp_desk.desk.open_tasks() == []

    run(ask())


def test_a_full_desk_says_so(mcp_desk: McpDesk) -> None:
    """As a result, with what to do."""

    async def ask() -> None:
        mcp_desk.desk._queue.max_tasks = 1
        async with mcp_desk.client() as client:
            await client.call_tool("ask_human", {"question": "First?", "wait_s": 0})
            result = await client.call_tool("ask_human", {"question": "Second?", "wait_s": 0})

        assert result.is_error
        assert text_of(result) == "1 questions are waiting already. Ask again when one has been answered."

    run(ask())


def test_an_unknown_task_is_named(mcp_desk: McpDesk) -> None:
    """Waiting for it or taking it back comes back as a result that says so."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            for tool in ("wait_for_answer", "cancel_question"):
                result = await client.call_tool(tool, {"task_id": "nonesuch"})

                assert result.is_error
                assert "'nonesuch'" in text_of(result)

    run(ask())


FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Service name"},
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "tls": {"type": "boolean", "description": "Encrypt"},
        "size": {"type": "string", "enum": ["s", "m"], "enumNames": ["Small", "Medium"]},
        "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}},
    },
    "required": ["name", "port"],
}


def test_a_form_is_asked_as_text_and_read_back(mcp_desk: McpDesk) -> None:
    """The fields are listed under the question; what can be read comes back typed, what is missing is named."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            call = asyncio.ensure_future(client.call_tool("ask_human", {"question": "Set up?", "form": FORM}))
            prompt = (await mcp_desk.question()).prompt
            await mcp_desk.answer(
                text="- Service name: shop\nport = 80000\ntls: yes\nSIZE: medium\ntags: a, C\nAnd thanks!"
            )
            result = (await call).structured_content

        assert "- **name** (Service name)\n- **port**: a whole number" in prompt
        assert "- **size**: one of: Small (s), Medium (m); optional" in prompt
        assert result["fields"] == {"name": "shop", "tls": True, "size": "m", "tags": ["a", "c"]}
        assert result["missing"] == ["port"]

    run(ask())


def test_a_form_of_one_choice_has_buttons(mcp_desk: McpDesk) -> None:
    """Clicking one of them fills the field."""
    form = {"type": "object", "properties": {"size": {"enum": ["s", "m"]}}, "required": ["size"]}

    async def ask() -> None:
        async with mcp_desk.client() as client:
            result = await mcp_desk.call_and_answer(client, "ask_human", {"question": "Size?", "form": form}, "m")

        assert result.structured_content["fields"] == {"size": "m"}
        assert result.structured_content["missing"] == []

    run(ask())


def test_a_form_is_still_read_when_somebody_else_waits(mcp_desk: McpDesk) -> None:
    """wait_for_answer gives the fields too."""
    form = {"type": "object", "properties": {"port": {"type": "integer"}}}

    async def ask() -> None:
        async with mcp_desk.client() as client:
            pending = await client.call_tool("ask_human", {"question": "Port?", "form": form, "wait_s": 0})
            again = {"task_id": pending.structured_content["task_id"]}
            result = await mcp_desk.call_and_answer(client, "wait_for_answer", again, text="8080")

        assert result.structured_content["fields"] == {"port": 8080}

    run(ask())


@pytest.mark.parametrize("name", ["message", "summary", "prompt"])
def test_feedback_is_asked_in_the_words_of_other_servers(mcp_desk: McpDesk, name: str) -> None:
    """Every alias of the question, options that can be chosen together, and the same result texts."""
    arguments = {
        name: "Done. Anything else?",
        "predefined_options": [{"label": "Tests", "default": True}, "Docs"],
        "project_directory": "/home/me/shop",
        "header_label": "Review",
        "feedback_placeholder": "Say what",
        "timeout": 600,
        "priority": "high",
        "whatever": [1],
    }

    async def ask() -> None:
        async with mcp_desk.client() as client:
            call = asyncio.ensure_future(client.call_tool("interactive_feedback", arguments))
            task = await mcp_desk.question()
            await mcp_desk.answer("Tests", "Docs", text="Both", attachments=(Attachment("a.png", "image/png", PIXEL),))
            result = await call

        assert text_of(result) == "Selected options: Tests, Docs\n\nUser input: Both\n\nFiles: a.png"
        assert result.content[1].type == "image"
        assert result.structured_content["selected_options"] == ["Tests", "Docs"]
        assert result.structured_content["user_input"] == "Both"
        assert task.details.multiple
        assert (task.details.title, task.details.placeholder) == ("Review", "Say what")
        assert task.details.source.project == "shop"
        assert [option.recommended for option in task.options] == [True, False]
        assert task.auto_resubmit_timeout == Settings().countdown.default_seconds

    run(ask())


def test_yes_or_no_feedback_brings_its_own_options(mcp_desk: McpDesk) -> None:
    """One of two, and never by silence."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            arguments = {"summary": "Is it done?", "question_type": "yesno"}
            result = await mcp_desk.call_and_answer(client, "interactive_feedback", arguments, "No")

        assert text_of(result) == "Selected options: No"

    run(ask())


def test_feedback_without_a_question_says_what_is_missing(mcp_desk: McpDesk) -> None:
    """As a result that the model reads."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            result = await client.call_tool("interactive_feedback", {"summary": " "})

        assert result.is_error
        assert "'message' is empty" in text_of(result)

    run(ask())


def test_an_option_that_was_not_offered_is_no_answer(mcp_desk: McpDesk) -> None:
    """It is refused, the agent hears nothing of it, and the next answer counts."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            call = asyncio.ensure_future(client.call_tool("ask_human", {"question": "Which?", "options": ["A", "B"]}))
            task = await mcp_desk.question()
            with pytest.raises(InvalidAnswer):
                mcp_desk.desk.answer(task.task_id, Answer(("C",)))
            await mcp_desk.answer("B")
            result = await call

        assert result.structured_content["options"] == ["B"]

    run(ask())


def test_the_tools_are_described_as_they_are(mcp_desk: McpDesk) -> None:
    """Every argument that a tool takes is told, and nothing else."""
    from deskbell.mcp import tool_arguments  # noqa: PLC0415
    from deskbell.mcp.tools import TOOLS  # noqa: PLC0415

    structs = {
        "ask_human": tool_arguments.AskHuman,
        "wait_for_answer": tool_arguments.WaitForAnswer,
        "cancel_question": tool_arguments.CancelQuestion,
        "notify_human": tool_arguments.NotifyHuman,
        "interactive_feedback": tool_arguments.InteractiveFeedback,
    }
    told = {tool.name: set(tool.input_schema["properties"]) for tool in TOOLS}

    assert set(told) == set(structs)
    for name, struct in structs.items():
        if name == "interactive_feedback":
            assert set(struct.__struct_fields__) < told[name]
        else:
            assert set(struct.__struct_fields__) == told[name]


def test_an_answer_by_the_countdown_is_nobodys_consent(mcp_desk: McpDesk) -> None:
    """What was typed comes back with a warning, and silence with the settings' text."""
    del mcp_desk
    from deskbell.mcp.replies import feedback_of, result_of  # noqa: PLC0415
    from deskbell.task import AnsweredBy, Task, TaskStatus  # noqa: PLC0415

    def ended(**answer: Any) -> Task:
        result = Answer(answered_by=AnsweredBy.TIMEOUT, **answer).to_dict()
        return Task("x", "?", ["A", "B"], status=TaskStatus.COMPLETED, result=result)

    begun = result_of(ended(options=("A",), text="but"), timeout_text="Ask again.")
    silent = result_of(ended(text="Ask again."), timeout_text="Ask again.")
    expired = result_of(Task("x", "?", status=TaskStatus.EXPIRED), timeout_text="Ask again.")
    feedback = feedback_of(ended(text="Ask again."), timeout_text="Ask again.")

    assert text_of(begun).startswith("The countdown ended before anybody pressed Send.")
    assert text_of(begun).endswith("The person chose: A\n\nThe person wrote: but")
    assert begun.structured_content["answered_by"] == "timeout"
    assert text_of(silent) == "Ask again."
    assert (text_of(expired), expired.structured_content["status"]) == ("Ask again.", "expired")
    assert text_of(feedback) == "Ask again.\n\nCall interactive_feedback again to ask again."
