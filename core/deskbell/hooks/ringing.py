"""Puts an inquiry on the desk and waits, without ever making an agent wait for a desk that does not answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final, Generic, TypeVar

from deskbell.client import DeskClient, RemoteTask
from deskbell.errors import DeskbellError, DeskUnreachable, KeyConflict
from deskbell.hooks.inquiry import Inquiry, Json, Question
from deskbell.launch import start_unattended
from deskbell.task import Answer, TaskStatus

T = TypeVar("T")

DESK_SECONDS: Final = 0.5
"""How long a desk may take to take the questions, unless the caller says otherwise."""

GLANCE_SECONDS: Final = 0.5
"""How often to look whether the agent is still there."""

FAREWELL_SECONDS: Final = 0.5


class DeskSilent(Exception):
    """A desk is there and did not answer in time; it may still have heard the questions."""


class Errand(Generic[T]):
    """Work on a thread that is left to itself when it takes too long."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._done = threading.Event()
        self._results: list[T] = []
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="DeskbellHook", daemon=True).start()

    def result(self, seconds: float) -> T:
        """What came of it. Raises what the work raised, and TimeoutError when it takes longer than that."""
        if not self._done.wait(seconds):
            raise TimeoutError
        if self._error:
            raise self._error
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001,RUF100 - whoever waits raises it
            self._error = error
        finally:
            self._done.set()


def ring(inquiry: Inquiry, is_wanted: Callable[[], bool], desk_seconds: float = DESK_SECONDS) -> Json | None:
    """Ask, wait, and give what the agent reads; None when nobody has decided.

    ``is_wanted`` says whether the agent still waits; ``desk_seconds`` is how long the desk may take to take the
    questions. Whatever ends the waiting, an exception that a signal raised
    included, takes the questions back. Raises DeskbellError and DeskSilent when the desk did not take the questions.
    """
    asking = Errand(lambda: _ask_all(inquiry.questions))
    answers: list[Answer] | None = None
    try:
        tasks = _asked(asking, desk_seconds)
        if inquiry.reply is None:
            return None
        answers = _wait(tasks, is_wanted)
    except (DeskbellError, DeskSilent):
        raise
    except BaseException:
        _take_back(asking)
        raise
    if answers is None:
        _take_back(asking)
        return None
    return inquiry.reply(answers)


def recall(inquiry: Inquiry) -> None:
    """Take back questions that a slow desk may have heard from a hook that has gone. Waits as any client does."""
    client = DeskClient(start_desktop=False)
    for question in inquiry.questions:
        with suppress(DeskbellError):
            client.cancel(_ask(client, question, question.key).task_id)


def _asked(asking: Errand[list[RemoteTask]], seconds: float) -> list[RemoteTask]:
    try:
        return asking.result(seconds)
    except TimeoutError:
        raise DeskSilent("The desk does not answer.") from None
    except DeskUnreachable:
        with suppress(DeskbellError):
            start_unattended()
        raise


def _take_back(asking: Errand[list[RemoteTask]]) -> None:
    """Close what is still open, as well as can be done in a moment."""
    with suppress(DeskbellError, TimeoutError):
        task_ids = [task.task_id for task in asking.result(FAREWELL_SECONDS)]
        Errand(lambda: _cancel(task_ids)).result(FAREWELL_SECONDS)


def _ask_all(questions: Sequence[Question]) -> list[RemoteTask]:
    client = DeskClient(start_desktop=False)
    tasks: list[RemoteTask] = []
    try:
        tasks.extend(_ask_anew(client, question) for question in questions)
    except DeskbellError:
        _cancel([task.task_id for task in tasks])
        raise
    return tasks


def _ask_anew(client: DeskClient, question: Question) -> RemoteTask:
    """Ask, or join a hook that asks the same. An answer that was given before is none: the agent asks again."""
    with suppress(KeyConflict):
        task = _ask(client, question, question.key)
        if task.is_open:
            return task
    return _ask(client, question, None)


def _ask(client: DeskClient, question: Question, key: str | None) -> RemoteTask:
    return client.ask(
        question.prompt,
        question.options,
        timeout=question.timeout,
        on_timeout="expire",
        details=question.details,
        key=key,
    )


def _wait(tasks: Sequence[RemoteTask], is_wanted: Callable[[], bool]) -> list[Answer] | None:
    """An answer of a person to each; None as soon as one of them has ended without, or nobody wants to know."""
    ended: SimpleQueue[RemoteTask | None] = SimpleQueue()
    client = DeskClient()
    for task in tasks:
        Errand(lambda task_id=task.task_id: ended.put(_end_of(client, task_id)))  # type: ignore[misc]
    answers: dict[str, Answer] = {}
    while len(answers) < len({task.task_id for task in tasks}):
        try:
            task_now = ended.get(timeout=GLANCE_SECONDS)
        except Empty:
            if is_wanted():
                continue
            return None
        if task_now is None or not _is_decided(task_now) or not is_wanted():
            return None
        assert task_now.answer
        answers[task_now.task_id] = task_now.answer
    return [answers[task.task_id] for task in tasks]


def _end_of(client: DeskClient, task_id: str) -> RemoteTask | None:
    try:
        return client.wait(task_id)
    except DeskbellError:
        return None


def _is_decided(task: RemoteTask) -> bool:
    return task.status == TaskStatus.COMPLETED and task.answer is not None and not task.answered_by_timeout


def _cancel(task_ids: Sequence[str]) -> None:
    client = DeskClient(start_desktop=False)
    for task_id in task_ids:
        with suppress(DeskbellError):
            client.cancel(task_id)
