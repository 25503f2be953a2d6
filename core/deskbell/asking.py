"""A question and its answer in one call, for programs: ``ask`` blocks, ``ask_async`` is awaited.

What comes back was said by a person or a rule, or is the option that the asker itself named for the end of the
countdown. Whatever else ends a question raises NotAnswered, so that silence cannot be read as an answer.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from deskbell.client import DeskClient, RemoteTask
from deskbell.countdown import OPTION_PREFIX
from deskbell.errors import DeskbellError, DeskUnreachable, TaskNotFound, TimedOut, Withdrawn
from deskbell.origin import source_here
from deskbell.task import NO_DETAILS, Answer, Attachment, Option, Source, TaskDetails, TaskKind, TaskStatus

if TYPE_CHECKING:
    from deskbell.client import AsyncDeskClient

Kind: TypeAlias = TaskKind | Literal["question", "permission"]


def ask(
    prompt: str,
    options: Sequence[Option | str] = (),
    *,
    timeout: float | None = None,
    on_timeout: str | None = None,
    kind: Kind = "question",
    multiple: bool = False,
    allow_text: bool = True,
    title: str = "",
    placeholder: str = "",
    attachments: Sequence[Attachment] = (),
    agent: str | None = None,
    project: str | None = None,
    branch: str | None = None,
    session: str = "",
    key: str | None = None,
) -> Answer:
    """Ask the person at the desk, wait, and return what they said.

    ``prompt`` may be Markdown. ``options`` are labels, or Options with a value of their own, which is what the answer
    names; unless ``allow_text`` is False the person may write something, too. ``timeout`` is the countdown in seconds,
    0 for none and None for the person's own default. ``on_timeout`` says what happens at its end: ``"submit"`` (what
    was typed goes out, the default), ``"expire"`` or ``"option:VALUE"``; a ``"permission"`` always expires. Agent,
    project and branch are found out as ``deskbell ask`` does, unless given. With a ``key`` asking can be repeated: the
    same key and question attach to the question that is there.

    Raises TimedOut when the countdown ended it, unless ``on_timeout`` names an option, which is returned then, with
    ``answered_by`` telling who chose it. Raises Withdrawn when somebody took the question back, InvalidQuestion,
    KeyConflict, DeskFull, and EndpointError when no desk can be reached or trusted. Ctrl-C, and whatever else is
    raised while it waits, takes the question back. Any thread may call it.
    """
    details = TaskDetails(
        title, _source(agent, project, branch, session), TaskKind(kind), multiple, allow_text, placeholder,
        tuple(attachments),
    )  # fmt: skip
    return put(Question(prompt, options, timeout, on_timeout, details, key or own_key()))


async def ask_async(
    prompt: str,
    options: Sequence[Option | str] = (),
    *,
    timeout: float | None = None,
    on_timeout: str | None = None,
    kind: Kind = "question",
    multiple: bool = False,
    allow_text: bool = True,
    title: str = "",
    placeholder: str = "",
    attachments: Sequence[Attachment] = (),
    agent: str | None = None,
    project: str | None = None,
    branch: str | None = None,
    session: str = "",
    key: str | None = None,
) -> Answer:
    """As ``ask``, awaited in asyncio. Cancelling it takes the question back."""
    details = TaskDetails(
        title, _source(agent, project, branch, session), TaskKind(kind), multiple, allow_text, placeholder,
        tuple(attachments),
    )  # fmt: skip
    return await put_async(Question(prompt, options, timeout, on_timeout, details, key or own_key()))


def own_key() -> str:
    """A key that no other question has."""
    return os.urandom(16).hex()


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask, with a key by which it is found again."""

    prompt: str
    options: Sequence[Option | str] = ()
    timeout: float | None = None
    on_timeout: str | None = None
    details: TaskDetails = NO_DETAILS
    key: str = field(default_factory=own_key)

    def __str__(self) -> str:
        return self.details.title or self.prompt

    def ask(self, client: DeskClient) -> RemoteTask:
        """Put it on the desk, or find it there."""
        return client.ask(
            self.prompt,
            self.options,
            timeout=self.timeout,
            on_timeout=self.on_timeout,
            details=self.details,
            key=self.key,
        )

    async def ask_async(self, client: AsyncDeskClient) -> RemoteTask:
        """Put it on the desk, or find it there."""
        return await client.ask(
            self.prompt,
            self.options,
            timeout=self.timeout,
            on_timeout=self.on_timeout,
            details=self.details,
            key=self.key,
        )

    def answer_in(self, task: RemoteTask) -> Answer:
        """The answer with which it ended. Raises TimedOut and Withdrawn when nobody gave one."""
        if task.answer is None:
            raise TimedOut(task) if task.status == TaskStatus.EXPIRED else Withdrawn(task)
        if task.answered_by_timeout and not (self.on_timeout or "").startswith(OPTION_PREFIX):
            raise TimedOut(task)
        return task.answer


def put(question: Question) -> Answer:
    """The whole round, blocking. Raises as ``ask`` does."""
    client = DeskClient()
    client.locate()  # may take as long as the app takes to start, and asks nothing yet
    task: RemoteTask | None = None
    try:
        task = question.ask(client)
        return question.answer_in(wait_for(client, task))
    except DeskbellError:
        raise
    except BaseException:
        _take_back(question, task)
        raise


async def put_async(question: Question, asked: Callable[[], None] | None = None) -> Answer:
    """The whole round, awaited. ``asked`` is called as soon as the question is on the desk. Raises as ``ask`` does."""
    import asyncio  # noqa: PLC0415 - those who block do without

    from deskbell.client import AsyncDeskClient  # noqa: PLC0415

    async with AsyncDeskClient() as client:
        await client.locate()
        task: RemoteTask | None = None
        try:
            task = await question.ask_async(client)
            if asked:
                asked()
            with kept(task):
                return question.answer_in(await client.wait(task.task_id))
        except DeskbellError:
            raise
        except BaseException:
            # On a thread, which goes on when whoever cancels does so again and again, as anyio's scopes do.
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, _take_back, question, task))
            raise


def wait_for(client: DeskClient, task: RemoteTask) -> RemoteTask:
    """Wait until a task has ended. Raises DeskUnreachable, which says how to go on, when the desk stays away."""
    with kept(task):
        return client.wait(task.task_id)


@contextlib.contextmanager
def kept(task: RemoteTask) -> Iterator[None]:
    """Say what has become of a question when a desk that was waited for stays away or does not know it."""
    try:
        yield
    except TaskNotFound as error:
        raise DeskUnreachable("The desk knows this question no more. Ask again.") from error
    except DeskUnreachable as error:
        raise DeskUnreachable(f"{error} The question is kept: deskbell show --wait {task.task_id}") from error


def take_back(asked: Iterable[RemoteTask]) -> None:
    """Cancel questions as well as can be; those that have ended stay as they are."""
    client = DeskClient(start_desktop=False)
    for task in asked:
        with contextlib.suppress(DeskbellError):
            client.cancel(task.task_id)


def _take_back(question: Question, task: RemoteTask | None) -> None:
    """Cancel a question; when it is not known whether it has arrived, its key finds it."""
    with contextlib.suppress(DeskbellError):
        take_back([task or question.ask(DeskClient(start_desktop=False))])


def _source(agent: str | None, project: str | None, branch: str | None, session: str) -> Source:
    return replace(source_here(agent, project, branch), session=session)
