"""A person who answers every question as a test says."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from deskbell.events import EventKind, TaskEvent
from deskbell.task import Answer, Task


@dataclass
class Person:
    """Gives answers in turn, or none to let a countdown run out, or closes the question; keeps what was asked.

    What is to be said about certain words is said about them whenever they come.
    """

    desk: Any
    answers: queue.SimpleQueue[Answer | str | None] = field(default_factory=queue.SimpleQueue)
    about: dict[str, Answer] = field(default_factory=dict)
    asked: list[Task] = field(default_factory=list)

    def will_say(self, *answers: Answer | Literal["close"] | None) -> None:
        for answer in answers:
            self.answers.put(answer)

    def on_event(self, event: TaskEvent) -> None:
        if event.kind is EventKind.ADDED:
            self.asked.append(event.task)
            known = [answer for words, answer in self.about.items() if words in event.task.prompt]
            answer = known[0] if known else self.answers.get_nowait()
            if answer == "close":
                self.desk.cancel(event.task.task_id)
            elif answer:
                self.desk.answer(event.task.task_id, answer)


@pytest.fixture
def person(running_desk: Any) -> Person:
    """Somebody at a real desk."""
    somebody = Person(running_desk.desk)
    running_desk.desk.subscribe(somebody.on_event)
    return somebody


@pytest.fixture
def says() -> Callable[..., Answer]:
    """An answer: the option's value, and words."""

    def says(option: str = "", text: str = "") -> Answer:
        return Answer((option,) if option else (), text)

    return says
