"""The desk: what HTTP, MCP, hooks and the window all use. It knows nothing about transport."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from deskbell import waiting
from deskbell.clock import SYSTEM_CLOCK, Clock
from deskbell.errors import DeskbellError, DeskClosed, DeskFull, KeyConflict, TaskFinished, TaskNotFound
from deskbell.events import EventKind, Listener, TaskEvent
from deskbell.journal import Journal, Page, Query, Retention
from deskbell.keys import Claim, Claims, Question
from deskbell.question import check_answer, check_question
from deskbell.recording import Outcome, Settled
from deskbell.settings import HistorySettings, Settings
from deskbell.task import NO_DETAILS, Answer, Draft, HoldReason, Option, Task, TaskDetails, TaskKind, TaskStatus
from deskbell.task_queue import TaskQueue

_ID_ALPHABET: Final = "23456789abcdefghjkmnpqrstvwxyz"  # nothing that is misread when typed from a screen
_ID_LENGTH: Final = 12

KEY_SECONDS: Final = 24 * 60 * 60
"""How long after its end a task still stands for its key."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The task that stands for a question; ``created`` is False when its key had been used for it before.

    ``kept`` is done once the task is on disk, and raises JournalError when it cannot be: then the task is gone again.
    """

    task: Task
    created: bool
    kept: Future[Task]


class _Attempt(Protocol):
    def __call__(self, task_id: str, *, settled: Settled) -> bool: ...


class Desk:
    """Questions in, answers out. Any thread may call.

    Nothing waits for the disk but ``recall``, ``search`` and an ``ask`` whose key belongs to a task that has ended.

    With a journal, what is asked and how it ends is kept. A future tells when: an end takes effect, and waiters learn
    it, once it is on disk. Without a journal that is at once.

    Methods that name a task raise TaskNotFound for an id nobody knows and TaskFinished for one that has ended.
    After ``close`` asking raises DeskClosed.
    """

    def __init__(self, settings: Settings | None = None, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._settings = settings or Settings()
        self._queue = TaskQueue(self._settings.listener.max_open_tasks, clock=clock)
        self._clock = clock
        self._claims = Claims()
        self._closed = False
        self._paused = False
        self._summoners: list[Callable[[], None]] = []
        self._journal: Journal | None = None
        self._queue.register_listener(self._forget_key)
        self.apply_settings(self._settings)

    # -- asking and answering ----------------------------------------------------------------------------------

    def ask(
        self,
        prompt: str,
        options: Sequence[Option | str] = (),
        *,
        timeout: float | None = None,
        on_timeout: str | None = None,
        details: TaskDetails = NO_DETAILS,
        key: str | None = None,
    ) -> Asked:
        """Put a question on the desk.

        ``timeout`` is the countdown in seconds, None for the settings' default. ``on_timeout`` is ``submit``,
        ``expire`` or ``option:<value>``; a permission request always expires. The same ``key`` with the same question
        comes back to the same task until KEY_SECONDS after that has ended, if the journal keeps it; for that the
        journal is read when it knows the key. Raises InvalidQuestion, KeyConflict, DeskFull, DeskClosed or
        JournalError.
        """
        choices = tuple(Option.of(option) for option in options)
        check_question(prompt, choices, timeout, on_timeout, details)
        question = Question(prompt, choices, timeout, _on_timeout(on_timeout, details), details)
        claim = Claim(key or None, _new_id(), question)
        try:
            known = self._find_again(claim) if claim.key else None
            return known or Asked(self._add(claim), created=True, kept=claim.kept)
        except DeskbellError:
            self._claims.forget(claim.task_id)
            raise
        finally:
            claim.settled.set()

    def _find_again(self, claim: Claim) -> Asked | None:
        """Claim the key; the task that stands for the same question if somebody claimed it before."""
        while (holder := self._claims.take(claim)) is not claim:
            holder.settled.wait()
            task = self._queue.get_task(holder.task_id)
            if task:
                return _asked_again(claim, holder, task)
            self._claims.forget(holder.task_id)
        task = self._recall_key(str(claim.key))
        if task is None:
            return None
        self._claims.forget(claim.task_id)
        return _asked_again(claim, Claim.on(task), task)

    def _recall_key(self, key: str) -> Task | None:
        """The task that had this key and has ended, if that is not too long ago."""
        task = self._journal.find_key(key) if self._journal else None
        if task is None or task.completed_at is None:
            return None
        age = abs((self._clock.now() - task.completed_at).total_seconds())
        return task if age <= KEY_SECONDS else None

    def _add(self, asked: Claim) -> Task:
        question = asked.question
        if self._closed:
            raise DeskClosed
        fits = self._queue.add_task(
            asked.task_id,
            question.prompt,
            question.options or None,
            self._settings.countdown.default_seconds if question.timeout is None else question.timeout,
            on_timeout=question.on_timeout,
            details=question.details,
            explicit_timeout=question.timeout is not None,
            key=asked.key,
            settled=partial(self._on_kept, asked),
        )
        if not fits:
            raise DeskFull(self._queue.max_tasks)
        if self._closed:  # closed meanwhile: nobody will answer this one any more
            self._queue.cancel_task(asked.task_id)
            raise DeskClosed
        return self._queue.get_task(asked.task_id) or asked.kept.result()  # gone again: that says why

    def _on_kept(self, asked: Claim, outcome: Outcome) -> None:
        if isinstance(outcome, Exception):
            self._queue.remove_task(asked.task_id)
        _resolve(asked.kept, outcome)

    def answer(self, task_id: str, answer: Answer) -> Future[Task]:
        """Answer a task; the first answer wins. The future gives the task as it ended.

        Raises InvalidAnswer when it does not fit the question. The future raises TaskFinished when another end was on
        its way already, and JournalError when this one cannot be kept: then the task stays as it was.
        """
        check_answer(self._open_task(task_id), answer)
        result = answer.to_dict()

        def complete(task_id: str, *, settled: Settled) -> bool:
            return self._queue.complete_task(task_id, result, settled=settled)

        return self._end(task_id, complete, Future())

    def cancel(self, task_id: str) -> Future[Task]:
        """End a task without an answer, as its asker wishes; otherwise as ``answer``. Again it changes nothing."""
        task, ended = self.task(task_id), Future[Task]()
        if task.status == TaskStatus.CANCELLED:
            ended.set_result(task)
            return ended
        return self._end(task_id, self._queue.cancel_task, ended, TaskStatus.CANCELLED)

    def _end(
        self, task_id: str, attempt: _Attempt, ended: Future[Task], as_good: TaskStatus | None = None
    ) -> Future[Task]:
        """End a task, or wait for whoever is ending it: if that fails, it is tried again.

        A task that comes to stand ``as_good`` meanwhile is what the caller wanted.
        """

        def after(outcome: Outcome) -> None:
            try:
                if not isinstance(outcome, Task):
                    self._end(task_id, attempt, ended, as_good)
                elif outcome.status == as_good:
                    ended.set_result(outcome)
                else:
                    raise TaskFinished(outcome)
            except DeskbellError as error:
                ended.set_exception(error)

        while not attempt(task_id, settled=partial(_resolve, ended)):
            if self._queue.when_ended(task_id, after):
                break
            self._open_task(task_id)  # raises if it has ended meanwhile
        return ended

    # -- looking -----------------------------------------------------------------------------------------------

    def task(self, task_id: str) -> Task:
        """A copy of one task, finished ones included for a while. Raises TaskNotFound."""
        task = self._queue.get_task(task_id)
        if task is None:
            raise TaskNotFound(task_id)
        return task

    def tasks(self, status: str | None = None) -> list[Task]:
        """Copies of the known tasks in order of arrival, all or those of one status."""
        return [task for task in self._queue.get_all_tasks() if status is None or task.status == status]

    def open_tasks(self) -> list[Task]:
        """Copies of the tasks that wait for an answer, in order of arrival."""
        return [task for task in self._queue.get_all_tasks() if task.is_open]

    def counts(self) -> dict[str, int]:
        """How many tasks there are: ``total``, one count per status, ``held``, and ``max``."""
        return self._queue.get_task_count()

    # -- while a person is busy with it --------------------------------------------------------------------------

    def activate(self, task_id: str) -> Task:
        """Bring a task forward in the window."""
        return self._changed(task_id, self._queue.set_active_task(task_id))

    def hold(self, task_id: str) -> Task:
        """Stop a countdown until it is released."""
        return self._changed(task_id, self._queue.hold(task_id))

    def release(self, task_id: str) -> Task:
        """Let a countdown go on, with at least the settings' ``resume_seconds`` left."""
        self._queue.release(task_id, HoldReason.BUSY)
        return self._changed(task_id, self._queue.release(task_id))

    def touch(self, task_id: str) -> Task:
        """Somebody is busy with this task: its countdown stands still until ``busy_seconds`` pass without a touch."""
        seconds = self._settings.countdown.busy_seconds
        return self._changed(task_id, self._queue.hold(task_id, HoldReason.BUSY, seconds=seconds))

    def extend(self, task_id: str, seconds: float) -> Task:
        """Give a countdown ``seconds`` more; a task without a countdown stays as it is."""
        self._queue.extend(task_id, seconds)
        return self._open_task(task_id)

    def set_draft(self, task_id: str, draft: Draft | None) -> Task:
        """Keep what a person has typed, ticked or attached so far; None or an empty draft takes it away.

        Raises InvalidAnswer when it could not be sent as it is at zero.
        """
        draft = draft or None
        if draft:
            check_answer(self._open_task(task_id), draft)
        return self._changed(task_id, self._queue.set_draft(task_id, draft))

    @property
    def is_paused(self) -> bool:
        """Whether all countdowns stand still."""
        return self._paused

    def pause(self) -> None:
        """Stop all countdowns, also those of questions to come."""
        self._paused = True
        self._queue.pause()
        if self._journal:
            self._journal.set_paused(is_paused=True)

    def resume(self) -> None:
        """Let countdowns run again after ``pause``."""
        self._paused = False
        self._queue.resume()
        if self._journal:
            self._journal.set_paused(is_paused=False)

    # -- waiting and listening ---------------------------------------------------------------------------------

    def wait(self, task_id: str, timeout: float | None = None) -> Task:
        """Block until a task has ended, at most ``timeout`` seconds; the task as it then is."""
        return _known(waiting.wait(self._queue, task_id, timeout), task_id)

    async def wait_async(self, task_id: str, timeout: float | None = None) -> Task:
        """As ``wait`` for asyncio. Cancelling it keeps the task."""
        return _known(await waiting.wait_async(self._queue, task_id, timeout), task_id)

    def subscribe(self, listener: Listener) -> None:
        """Call ``listener`` with each event, in order, on whichever thread brought it about; it must return soon."""
        self._queue.register_listener(listener)

    def unsubscribe(self, listener: Listener) -> None:
        """Stop calling ``listener``; an event under way may still reach it."""
        self._queue.unregister_listener(listener)

    def on_summons(self, callback: Callable[[], None]) -> None:
        """Call ``callback``, on any thread, when somebody asks for the window to be shown."""
        self._summoners.append(callback)

    def summon(self) -> None:
        """Ask whoever shows the desk to show it."""
        for callback in tuple(self._summoners):
            callback()

    # -- what is kept --------------------------------------------------------------------------------------------

    def open_journal(self, journal: Journal) -> None:
        """Put back what ``journal`` has kept, and keep everything from now on. Waits for the disk; once, at the start.

        Raises JournalError; then the desk goes on without.
        """
        journal.retention = _retention(self._settings.history)
        journal.open_tasks = self.open_tasks
        kept = journal.open()
        if kept.is_paused:
            self._paused = True
            self._queue.pause()
        elif self._paused:  # by a person who did not wait for this
            journal.set_paused(is_paused=True)
        for task in kept.tasks:
            if task.key:
                self._claims.take(Claim.on(task))
        self._queue.restore(kept.tasks, journal)
        self._journal = journal

    def recall(self, task_id: str) -> Task:
        """A task that the journal keeps, long after it has ended. Waits for the disk. Raises JournalError too."""
        return _known(self._journal.find(task_id) if self._journal else None, task_id)

    def search(self, query: Query) -> Page:
        """Tasks that have ended, newest first. Waits for the disk. Raises JournalError."""
        return self._journal.search(query) if self._journal else Page((), None)

    # -- settings and the end ----------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def apply_settings(self, settings: Settings) -> None:
        """Use other settings from now on, also for countdowns in progress whose asker chose none.

        One that would be over at once by another default gets ``resume_seconds``: nobody saw it run out.
        """
        before, self._settings = self._settings.countdown, settings
        self._queue.max_tasks = settings.listener.max_open_tasks
        self._queue.timeout_text = settings.countdown.timeout_text
        self._queue.resume_seconds = settings.countdown.resume_seconds
        if self._journal:
            self._journal.retention = _retention(settings.history)
        if settings.countdown.default_seconds != before.default_seconds:
            self._queue.update_auto_resubmit_timeout_for_all(
                settings.countdown.default_seconds, grace=settings.countdown.resume_seconds
            )

    @property
    def is_closed(self) -> bool:
        """Whether ``close`` was called: nothing more will be answered here."""
        return self._closed

    def close(self) -> None:
        """Take no more questions. Idempotent.

        The journal keeps the open ones for the next start; without one they are cancelled, so that no asker waits for
        nothing. Whoever waits within this process gets its task as it is.
        """
        self._closed = True
        if self._journal is None:
            for task in self.open_tasks():
                self._queue.cancel_task(task.task_id)
        self._queue.stop_cleanup()
        if self._journal is not None:
            self._journal.close()
        self._queue.dismiss_waiters()

    def _open_task(self, task_id: str) -> Task:
        task = self.task(task_id)
        if not task.is_open:
            raise TaskFinished(task)
        return task

    def _why_not(self, task_id: str) -> TaskFinished:
        return TaskFinished(self.task(task_id))

    def _changed(self, task_id: str, done: bool) -> Task:
        if not done:
            raise self._why_not(task_id)
        return self.task(task_id)

    def _forget_key(self, event: TaskEvent) -> None:
        if event.kind is EventKind.REMOVED:
            self._claims.forget(event.task.task_id)


def _new_id() -> str:
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def _asked_again(claim: Claim, holder: Claim, task: Task) -> Asked:
    if holder.question != claim.question:
        raise KeyConflict(str(claim.key))
    return Asked(task, created=False, kept=holder.kept)


def _resolve(future: Future[Task], outcome: Outcome) -> None:
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


def _retention(settings: HistorySettings) -> Retention:
    return Retention(settings.keep_questions, settings.keep_days, settings.keep_megabytes * 2**20)


def _on_timeout(wish: str | None, details: TaskDetails) -> str:
    if details.kind is TaskKind.PERMISSION:
        return "expire"
    return wish or "submit"


def _known(task: Task | None, task_id: str) -> Task:
    if task is None:
        raise TaskNotFound(task_id)
    return task
