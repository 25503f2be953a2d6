"""How a question stands, told to a model: text, pictures and a structured result."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, Final

import mcp_types as types

from deskbell.mcp.forms import Form
from deskbell.task import Answer, AnsweredBy, Attachment, Task, TaskStatus

CLOSING: Final = "deskbell/closing"
"""In ``_meta`` of a result or ``data`` of an error: the desk is closing, so the same call is worth sending again."""

_PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_PENDING: Final = (
    'No answer yet; the question stays on the desk. Call wait_for_answer with task_id "{task_id}" to go on waiting. '
    "Until then take nothing for granted: no answer is no consent."
)
_PENDING_FEEDBACK: Final = (
    "No answer yet; the question stays on the desk. Call interactive_feedback again with the same arguments, or "
    'wait_for_answer with task_id "{task_id}", to go on waiting. No answer is no consent.'
)
_UNSENT: Final = (
    "The countdown ended before anybody pressed Send. This was ticked or typed but not sent, so it is no consent:"
)
_WITHDRAWN: Final = "The question was closed without an answer. This is no consent."
_NOTHING_SAID: Final = "The person sent an answer without words."


def result_of(
    task: Task, *, form: Form | None = None, timeout_text: str, closing: bool = False
) -> types.CallToolResult:
    """The result of ask_human, wait_for_answer and cancel_question."""
    answer = task.answer
    structured: dict[str, Any] = {
        "status": "pending" if task.is_open else str(task.status),
        "task_id": task.task_id,
        "answered_by": str(answer.answered_by) if answer else None,
        "options": list(answer.options) if answer else [],
        "text": answer.text if answer else "",
    }
    if form is not None and answer is not None:
        structured["fields"] = form.read(answer.options, answer.text)
        structured["missing"] = form.missing(structured["fields"])
    if answer is not None and answer.fields:
        structured["fields"] = {**structured.get("fields", {}), **answer.fields}
    if answer is not None and answer.attachments:
        structured["files"] = [file.name for file in answer.attachments]
    words = _words(task, timeout_text, _PENDING, ("The person chose: {}", "The person wrote: {}"))
    return _result(task, words, structured, closing)


def feedback_of(task: Task, *, timeout_text: str, closing: bool = False) -> types.CallToolResult:
    """The result of interactive_feedback, in the form that prompts written for other servers know."""
    answer = task.answer
    structured = {
        "status": "pending" if task.is_open else str(task.status),
        "task_id": task.task_id,
        "answered_by": str(answer.answered_by) if answer else None,
        "selected_options": _labels(task, answer) if answer else [],
        "user_input": answer.text if answer else "",
    }
    words = _words(task, timeout_text, _PENDING_FEEDBACK, ("Selected options: {}", "User input: {}"))
    if _is_silent(task, timeout_text):
        words += "\n\nCall interactive_feedback again to ask again."
    return _result(task, words, structured, closing)


def refusal_of(words: str) -> types.CallToolResult:
    """The result of a call that could not be carried out, for the model to mend."""
    return types.CallToolResult(content=[types.TextContent(text=words)], is_error=True)


def _result(task: Task, words: str, structured: dict[str, Any], closing: bool) -> types.CallToolResult:
    files = task.answer.attachments if task.answer else ()
    content: list[types.ContentBlock] = [types.TextContent(text=words), *map(_block, files)]
    result = types.CallToolResult(content=content, structured_content=structured)
    if closing:
        result.meta = {CLOSING: True}
    return result


def _words(task: Task, timeout_text: str, pending: str, phrases: tuple[str, str]) -> str:
    if task.is_open:
        return pending.format(task_id=task.task_id)
    if task.status == TaskStatus.CANCELLED:
        return _WITHDRAWN
    if _is_silent(task, timeout_text) or task.answer is None:
        return timeout_text
    return "\n\n".join(_said(task, task.answer, phrases))


def _said(task: Task, answer: Answer, phrases: tuple[str, str]) -> Iterator[str]:
    chose, wrote = phrases
    if answer.answered_by is AnsweredBy.TIMEOUT:
        yield _UNSENT
    labels = _labels(task, answer)
    if labels:
        yield chose.format(", ".join(labels))
    if answer.text.strip():
        yield wrote.format(answer.text)
    if answer.fields:
        yield "\n".join(f"{name}: {value}" for name, value in answer.fields.items())
    if answer.attachments:
        yield "Files: " + ", ".join(file.name for file in answer.attachments)
    if not (labels or answer.text.strip() or answer.fields or answer.attachments):
        yield _NOTHING_SAID


def _labels(task: Task, answer: Answer) -> list[str]:
    labels = {option.value: option.label for option in task.options}
    return [labels.get(value, value) for value in answer.options]


def _is_silent(task: Task, timeout_text: str) -> bool:
    """Whether the question ended and nobody had begun to answer it."""
    answer = task.answer
    if answer is None:
        return task.status == TaskStatus.EXPIRED
    return (
        answer.answered_by is AnsweredBy.TIMEOUT
        and answer.text == timeout_text
        and not (answer.options or answer.attachments)
    )


def _block(file: Attachment) -> types.ContentBlock:
    essence = file.media_type.partition(";")[0].strip().lower()
    data = base64.b64encode(file.data).decode("ascii")
    if essence in _PICTURES:
        return types.ImageContent(data=data, mime_type=essence)
    address = f"deskbell:///{file.name}"
    try:
        text = file.data.decode()
    except UnicodeDecodeError:
        return types.EmbeddedResource(resource=types.BlobResourceContents(uri=address, mime_type=essence, blob=data))
    return types.EmbeddedResource(resource=types.TextResourceContents(uri=address, mime_type=essence, text=text))
