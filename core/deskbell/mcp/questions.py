"""Questions asked on behalf of MCP clients, which come and go while a question stays."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from deskbell.clock import SYSTEM_CLOCK
from deskbell.errors import TaskNotFound
from deskbell.task import NO_DETAILS, AnsweredBy, Option, Task, TaskDetails

if TYPE_CHECKING:
    from deskbell.desk import Desk
    from deskbell.mcp.caller import Caller
    from deskbell.mcp.forms import Form

T = TypeVar("T")

PROGRESS_SECONDS: Final = 10.0
"""How often a client that asked for progress hears that its call goes on."""

REMEMBERED: Final = 1_000
"""How many questions are remembered that their askers have not been told the end of."""

FRESH: Final = timedelta(minutes=10)
"""How long an answer that its asker missed counts as the answer to the same question asked again."""

_KEY: Final = "mcp"


@dataclass(frozen=True, slots=True)
class Question:
    """What is put on the desk."""

    prompt: str
    options: tuple[Option, ...] = ()
    details: TaskDetails = NO_DETAILS
    timeout: float | None = None
    on_timeout: str | None = None
    form: Form | None = None

    def content(self, identity: str) -> str:
        """What makes two questions of one client the same."""
        parts = (identity, self.prompt, self.options, self.details, self.on_timeout, self.form)
        return hashlib.sha256(repr(parts).encode(errors="replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a question stands when its call is over. ``closing`` says that it is over only because the desk closes."""

    task: Task
    form: Form | None = None
    closing: bool = False


class Questions:
    """Asks, waits and remembers what nobody was told. It lives on one event loop.

    The same question of the same client comes back to the one that is open, or to an answer that the client missed. One
    whose end the client was told is asked anew: yesterday's yes is none today.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._untold: OrderedDict[str, str] = OrderedDict()  # ids of tasks by the content of their questions
        self._forms: OrderedDict[str, Form] = OrderedDict()  # by the ids of tasks

    async def ask(self, question: Question, caller: Caller, seconds: float) -> Outcome:
        """Put a question on the desk, or find it there, and wait at most ``seconds`` for its end.

        Raises what ``Desk.ask`` raises, and JournalError when the question cannot be kept.
        """
        content = question.content(caller.identity)
        task = self._open_twin(content) or await self._missed_answer(content)
        if task is None:
            asked = self._desk.ask(
                question.prompt,
                question.options,
                timeout=question.timeout,
                on_timeout=question.on_timeout,
                details=question.details,
                key=f"{_KEY}:{content}:{caller.call_id or secrets.token_hex(16)}",
            )
            task = asked.task
            _remember(self._untold, content, task.task_id)
            await asyncio.shield(asyncio.wrap_future(asked.kept))
        if question.form is not None:
            _remember(self._forms, task.task_id, question.form)
        return await self.wait(task.task_id, caller, seconds)

    async def wait(self, task_id: str, caller: Caller, seconds: float) -> Outcome:
        """Wait at most ``seconds`` for the end of a question, as long as its client is there. Raises TaskNotFound."""
        started = time.monotonic()
        while True:
            left = started + seconds - time.monotonic()
            piece = left if caller.report is None else min(left, PROGRESS_SECONDS)
            task = await self._wait_while_there(task_id, caller, max(0.0, piece))
            waited = time.monotonic() - started
            if not task.is_open or caller.gone.is_set() or waited >= seconds or self._desk.is_closed:
                return self._told(task, caller)
            if caller.report is not None:
                await caller.report(caller.waited_seconds + waited, "Waiting for the person at the desk")

    async def cancel(self, task_id: str) -> Outcome:
        """Take a question back. Raises TaskNotFound, TaskFinished and JournalError."""
        task = await asyncio.shield(asyncio.wrap_future(self._desk.cancel(task_id)))
        return Outcome(task)

    def _told(self, task: Task, caller: Caller) -> Outcome:
        content = _content_of(task)
        if task.is_open:
            if content:
                _remember(self._untold, content, task.task_id)
        elif not caller.gone.is_set() and self._untold.get(content) == task.task_id:
            del self._untold[content]
        return Outcome(task, self._forms.get(task.task_id), closing=task.is_open and self._desk.is_closed)

    def _open_twin(self, content: str) -> Task | None:
        return next((task for task in self._desk.open_tasks() if _content_of(task) == content), None)

    async def _missed_answer(self, content: str) -> Task | None:
        """The answer of a person to this very question, if its asker was not there to hear it."""
        task_id = self._untold.get(content)
        if task_id is None:
            return None
        try:
            task = await self._look(task_id)
        except TaskNotFound:
            return None
        answer = task.answer
        is_fresh = task.completed_at is not None and SYSTEM_CLOCK.now() - task.completed_at <= FRESH
        return task if is_fresh and answer is not None and answer.answered_by is not AnsweredBy.TIMEOUT else None

    async def _wait_while_there(self, task_id: str, caller: Caller, seconds: float) -> Task:
        if seconds == 0 or self._desk.is_closed:
            return await self._look(task_id)
        waiting = asyncio.ensure_future(self._wait(task_id, seconds))
        leaving = asyncio.ensure_future(caller.gone.wait())
        try:
            await asyncio.wait((waiting, leaving), return_when=asyncio.FIRST_COMPLETED)
            return waiting.result() if waiting.done() else self._desk.task(task_id)
        finally:
            waiting.cancel()
            leaving.cancel()
            await asyncio.gather(waiting, leaving, return_exceptions=True)

    async def _wait(self, task_id: str, seconds: float) -> Task:
        try:
            return await self._desk.wait_async(task_id, seconds)
        except TaskNotFound:
            return await self._look(task_id)

    async def _look(self, task_id: str) -> Task:
        try:
            return self._desk.task(task_id)
        except TaskNotFound:
            task = await asyncio.to_thread(self._desk.recall, task_id)
        if task.is_open:  # it was never acknowledged
            raise TaskNotFound(task_id)
        return task


def _content_of(task: Task) -> str:
    """What stands in the key of a question that was asked here; empty for all others."""
    kind, _, rest = (task.key or "").partition(":")
    return rest.partition(":")[0] if kind == _KEY else ""


def _remember(memory: OrderedDict[str, T], name: str, value: T) -> None:
    memory[name] = value
    memory.move_to_end(name)
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)
