"""Between the shapes that travel and the values of the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from msgspec import UNSET

from deskbell.http.schemas import AnswerOut, AttachmentOut, OptionOut, SourceOut, TaskOut
from deskbell.task import Answer, Attachment, Draft, Option, Source, TaskDetails, TaskKind, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deskbell.http.schemas import AnswerIn, AttachmentIn, OptionIn, QuestionIn, SourceIn
    from deskbell.task import Task


def option_of(choice: str | OptionIn) -> Option:
    """A choice as the core knows it."""
    if isinstance(choice, str):
        return Option(choice)
    return Option(choice.label, choice.value or "", choice.description, choice.recommended)


def details_of(question: QuestionIn) -> TaskDetails:
    """The parts of a question that the queue only carries."""
    return TaskDetails(
        title=question.title,
        source=_source_of(question.source),
        kind=TaskKind(question.kind),
        multiple=question.multiple,
        allow_text=question.allow_text,
        placeholder=question.placeholder,
        attachments=_attachments_of(question.attachments),
    )


def answer_of(answer: AnswerIn) -> Answer:
    """An answer that a person gave."""
    return Answer(tuple(answer.options), answer.text, answer.fields, _attachments_of(answer.attachments))


def draft_of(draft: AnswerIn) -> Draft:
    """What a person has not sent yet."""
    return Draft(tuple(draft.options), draft.text, draft.fields, _attachments_of(draft.attachments))


def task_out(task: Task, *, with_data: bool = True) -> TaskOut:
    """A task as it travels; ``with_data`` False leaves out what is in its files."""
    details = task.details
    return TaskOut(
        task_id=task.task_id,
        status=cast("Any", str(task.status)),
        prompt=task.prompt,
        title=details.title,
        options=[
            OptionOut(option.value, option.label, option.description, option.recommended) for option in task.options
        ],
        multiple=details.multiple,
        allow_text=details.allow_text,
        kind=cast("Any", str(details.kind)),
        source=_source_out(details.source),
        timeout=task.auto_resubmit_timeout,
        remaining=task.get_remaining_time(),
        held=task.is_held,
        held_by=[cast("Any", str(hold.reason)) for hold in task.pace.holds],
        on_timeout=task.on_timeout,
        attachments=_attachments_out(details.attachments, with_data),
        created_at=rfc3339(task.created_at),
        ended_at=rfc3339(task.completed_at) if task.completed_at else None,
        answer=_answer_out(task.answer, with_data),
    )


def _answer_out(answer: Answer | None, with_data: bool) -> AnswerOut | None:
    if answer is None:
        return None
    return AnswerOut(
        options=list(answer.options),
        text=answer.text,
        fields=dict(answer.fields),
        attachments=_attachments_out(answer.attachments, with_data),
        answered_by=cast("Any", str(answer.answered_by)),
        at=rfc3339(answer.at),
    )


def _source_of(source: SourceIn) -> Source:
    return Source(source.agent, source.project, source.branch, source.session, source.pid)


def _source_out(source: Source) -> SourceOut:
    return SourceOut(source.agent, source.project, source.branch, source.session, source.pid)


def _attachments_of(files: Iterable[AttachmentIn]) -> tuple[Attachment, ...]:
    return tuple(Attachment(file.name, file.media_type, file.data) for file in files)


def _attachments_out(files: Iterable[Attachment], with_data: bool) -> list[AttachmentOut]:
    return [AttachmentOut(file.name, file.media_type, file.data if with_data else UNSET) for file in files]
