"""Agents that ask, wait, withdraw and answer over HTTP, whatever happens to the desk, and remember all of it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from deskbell.client import DeskClient, RemoteTask
from deskbell.errors import DeskUnreachable, TaskFinished
from deskbell.task import Answer, Attachment, TaskDetails
from rig.hands import LEAVE_ALONE

OPTIONS = ("Yes", "No", "Later")
RIVAL = "Rival"
"""The option that no click chooses."""

PATIENCE = 40.0

_PAUSE = 0.03
_LONG = "lorem ipsum " * 3_000
_FILE = "plan.txt"

T = TypeVar("T")

Outcome = tuple[str, tuple[str, ...], str, str]
"""How a task ended: status, options, text, who answered."""


@dataclass
class Question:
    """A question, and what its askers know of it."""

    key: str
    prompt: str
    timeout: int
    on_timeout: str
    details: TaskDetails
    acknowledged: set[str] = field(default_factory=set)  # ids
    outcomes: list[Outcome] = field(default_factory=list)
    rival_answers: list[str] = field(default_factory=list)
    accepted_answers: list[str] = field(default_factory=list)
    is_withdrawn: bool = False


class Crowd:
    """Asks until it is dismissed; then ends what it has begun. What a client should not have met is in ``failures``."""

    def __init__(self, name: str, seed: int, clients: int) -> None:
        self.questions: list[Question] = []
        self.failures: list[str] = []
        self._name = name
        self._lock = threading.Lock()
        self._is_dismissed = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask_on, args=(number, random.Random(f"{seed}-{number}")))
            for number in range(clients)
        ]

    def start(self) -> None:
        """Let everybody begin."""
        for thread in self._threads:
            thread.start()

    def dismiss(self) -> None:
        """Let everybody end; AssertionError if somebody cannot."""
        self._is_dismissed.set()
        deadline = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        assert not any(thread.is_alive() for thread in self._threads), "somebody still waits"

    def abandon(self) -> None:
        """Let nobody begin anything anew."""
        self._is_dismissed.set()

    def acknowledged(self) -> dict[str, Question]:
        """The questions whose askers have been told that they are on the desk, by the id of their task."""
        return {task_id: question for question in self.asked().values() for task_id in tuple(question.acknowledged)}

    def asked(self) -> dict[str, Question]:
        """Everything that has been asked, by its key."""
        with self._lock:
            return {question.key: question for question in self.questions}

    def _ask_on(self, client: int, chance: random.Random) -> None:
        number = 0
        while not self._is_dismissed.is_set():
            number += 1
            question = _question(f"{self._name}-{client}-{number}", chance)
            with self._lock:
                self.questions.append(question)
            askers = [self._asker(question, chance.random()) for _ in range(chance.choice((1, 1, 1, 2)))]
            for asker in askers:
                asker.start()
            for asker in askers:
                asker.join()

    def _asker(self, question: Question, mood: float) -> threading.Thread:
        return threading.Thread(target=self._pursue, args=(question, mood))

    def _pursue(self, question: Question, mood: float) -> None:
        try:
            client = DeskClient(start_desktop=False)
            task = _insist(lambda: _ask(client, question))
            question.acknowledged.add(task.task_id)
            if mood < 0.12:
                self._withdraw(client, question, task)
            elif mood < 0.3:
                self._rival(client, question, task)
            question.outcomes.append(outcome_of(_insist(lambda: client.wait(task.task_id, PATIENCE))))
        except Exception as error:
            self.failures.append(f"{question.key}: {error!r}")

    def _withdraw(self, client: DeskClient, question: Question, task: RemoteTask) -> None:
        question.is_withdrawn = True
        try:
            client.cancel(task.task_id)
        except (DeskUnreachable, TaskFinished):
            return

    def _rival(self, client: DeskClient, question: Question, task: RemoteTask) -> None:
        """Answer what one has asked; whether it was taken may remain unknown."""
        question.rival_answers.append(RIVAL)
        try:
            client.answer(task.task_id, Answer((RIVAL,)))
        except (DeskUnreachable, TaskFinished):
            return
        question.accepted_answers.append(RIVAL)


def outcome_of(task: RemoteTask) -> Outcome:
    """How a task ended, for a client."""
    answer = task.answer
    if answer is None:
        return (str(task.status), (), "", "")
    return (str(task.status), answer.options, answer.text, str(answer.answered_by))


def _question(key: str, chance: random.Random) -> Question:
    is_left = chance.random() < 0.12
    prompt = f"{LEAVE_ALONE if is_left else 'Deploy'} {key}?"
    files = (Attachment(_FILE, "text/plain", f"Step {key}".encode()),) if chance.random() < 0.15 else ()
    return Question(
        key,
        f"{prompt} {_LONG}" if chance.random() < 0.1 else prompt,
        1 if is_left else chance.choice((0, 240)),
        chance.choice(("submit", "expire", "option:No")) if is_left else "submit",
        TaskDetails(attachments=files),
    )


def _ask(client: DeskClient, question: Question) -> RemoteTask:
    return client.ask(
        question.prompt,
        (*OPTIONS, RIVAL),
        timeout=question.timeout,
        on_timeout=question.on_timeout,
        details=question.details,
        key=question.key,
    )


def _insist(call: Callable[[], T]) -> T:
    """Call until there is a desk."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except DeskUnreachable:
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE)
