"""The end of a turn: what has been done, and whether there is more to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from deskbell.hooks.inquiry import Inquiry, Json, Question, one
from deskbell.hooks.page import page, plain
from deskbell.task import Answer, Option, Source, TaskDetails

_PLACEHOLDER: Final = "What to do next"


def stopped(said: str, source: Source, key: str, go_on: Callable[[str], Json]) -> Inquiry:
    """Ask what comes next; ``go_on`` tells the agent what was written. Silence, and anything else, lets it stop."""
    details = TaskDetails(title=f"{source.agent} has finished", source=source, placeholder=_PLACEHOLDER)
    prompt = page(f"**{plain(source.agent)}** has finished.", said, "Is there more to do?")
    question = Question(prompt, (Option("That is all"),), details, key)

    def reply(answer: Answer) -> Json | None:
        text = answer.text.strip()
        return go_on(text) if text and not answer.options else None

    return one(question, reply)
