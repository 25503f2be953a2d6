"""Idempotency keys: which question an asker means when it asks again."""

from __future__ import annotations

import math
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from deskbell.task import Option, Task, TaskDetails


@dataclass(frozen=True, slots=True)
class Question:
    """What makes two questions the same. ``timeout`` is whole seconds, None for the person's default."""

    prompt: str
    options: tuple[Option, ...]
    timeout: float | None
    on_timeout: str
    details: TaskDetails

    def __post_init__(self) -> None:
        if self.timeout is not None:
            object.__setattr__(self, "timeout", math.ceil(self.timeout))

    @classmethod
    def of(cls, task: Task) -> Question:
        """The question that a task stands for."""
        timeout = task.auto_resubmit_timeout if task.explicit_timeout else None
        return cls(task.prompt, task.options, timeout, task.on_timeout, task.details)


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A question under its key, if it has one. ``settled`` once its task is on the desk or was refused.

    ``kept`` gives the task once that is on disk.
    """

    key: str | None
    task_id: str
    question: Question
    settled: threading.Event = field(default_factory=threading.Event)
    kept: Future[Task] = field(default_factory=Future)

    @classmethod
    def on(cls, task: Task) -> Claim:
        """The claim of a task that is on the desk and on disk."""
        claim = cls(task.key, task.task_id, Question.of(task))
        claim.settled.set()
        claim.kept.set_result(task)
        return claim


class Claims:
    """Who holds which key. Any thread may call."""

    def __init__(self) -> None:
        self._by_key: dict[str, Claim] = {}
        self._by_task: dict[str, Claim] = {}
        self._lock = threading.Lock()  # nobody may forget a key that somebody else has claimed anew meanwhile

    def take(self, claim: Claim) -> Claim:
        """The claim that holds the key: ``claim`` itself unless somebody was first."""
        assert claim.key is not None
        with self._lock:
            holder = self._by_key.setdefault(claim.key, claim)
            if holder is claim:
                self._by_task[claim.task_id] = claim
            return holder

    def forget(self, task_id: str) -> None:
        """Let go of the key of a task, if it holds one."""
        if task_id in self._by_task:
            with self._lock:
                claim = self._by_task.pop(task_id, None)
                if claim is not None and claim.key is not None:
                    del self._by_key[claim.key]
