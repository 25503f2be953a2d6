"""Questions that an agent has itself, with choices of its own: any number of them, answered together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from deskbell.hooks.inquiry import Json, Question, Unreadable, objects_in, text_in
from deskbell.hooks.page import block, page, sendable, title
from deskbell.origin import one_line
from deskbell.question import MAX_LABEL_CHARACTERS
from deskbell.task import Answer, Option, Source, TaskDetails

TERMINAL: Final = "terminal"
_RECOMMENDED: Final = "(recommended)"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question with its choices; options are known by their place in the list."""

    text: str
    heading: str
    labels: tuple[str, ...]
    descriptions: tuple[str, ...] = ()
    previews: tuple[str, ...] = ()
    multiple: bool = False
    allow_text: bool = True
    extra: tuple[Option, ...] = ()

    @classmethod
    def read(cls, raw: Json, *, multiple: str, allow_text: bool = True) -> Ask:
        """A question as Claude Code and opencode write it; ``multiple`` is what they call that. Raises Unreadable."""
        text, options = text_in(raw, "question"), objects_in(raw, "options")
        labels = tuple(text_in(option, "label") for option in options)
        if not text.strip() or not all(label.strip() for label in labels):
            raise Unreadable("A question without words, or an option without a label.")
        return cls(
            text,
            text_in(raw, "header"),
            labels,
            tuple(text_in(option, "description") for option in options),
            tuple(text_in(option, "preview") for option in options),
            multiple=raw.get(multiple) is True,
            allow_text=allow_text,
        )

    def question(self, source: Source, key: str) -> Question:
        """As the desk shows it."""
        details = TaskDetails(
            title=title(self.heading or self.text),
            source=source,
            multiple=self.multiple,
            allow_text=self.allow_text,
        )
        back = Option("Answer in the terminal", TERMINAL, f"{source.agent} asks there")
        return Question(self._prompt(), (*self._options(), *self.extra, back), details, key)

    def chosen(self, answer: Answer) -> list[str] | None:
        """The labels that were chosen and the text, as the agent wrote them; None to answer in the terminal."""
        labels = [self.labels[int(value)] for value in answer.options if value.isdecimal()]
        text = answer.text.strip()
        if TERMINAL in answer.options or not (labels or text):
            return None
        return [*labels, text] if text else labels

    def _prompt(self) -> str:
        shown = [f"{one_line(sendable(self.labels[at]))}\n\n{text}" for at, text in enumerate(self.previews) if text]
        return page(sendable(self.text), *(block(text) for text in shown))

    def _options(self) -> list[Option]:
        options = []
        for at, label in enumerate(self.labels):
            about = self.descriptions[at] if at < len(self.descriptions) else ""
            name, recommended = _plain_label(label)
            options.append(Option(name, str(at), one_line(sendable(about), MAX_LABEL_CHARACTERS), recommended))
        return options


def _plain_label(label: str) -> tuple[str, bool]:
    name = one_line(sendable(label), MAX_LABEL_CHARACTERS)
    short = name[: -len(_RECOMMENDED)].rstrip()
    recommended = name.lower().endswith(_RECOMMENDED) and bool(short)
    return (short if recommended else name) or "(no name)", recommended
