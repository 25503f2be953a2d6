"""What the tools take, as models write it: lenient in form, strict in what it means."""

from __future__ import annotations

import json
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from deskbell.errors import InvalidQuestion
from deskbell.question import MAX_LABEL_CHARACTERS, MAX_LINE_CHARACTERS
from deskbell.task import Option

ArgumentsT = TypeVar("ArgumentsT", bound=Struct)

_LABEL_NAMES: Final = ("label", "text", "title", "value")
_RECOMMENDED_NAMES: Final = ("recommended", "default", "selected", "checked")
_YES: Final = frozenset({"true", "yes", "on", "1", "selected", "checked"})


class AskHuman(Struct, forbid_unknown_fields=True, frozen=True):
    """A question for the person at the desk."""

    question: str
    options: Any = None
    multiple: bool = False
    form: dict[str, Any] | None = None
    title: str | None = None
    timeout_s: float | None = None
    wait_s: float | None = None


class WaitForAnswer(Struct, forbid_unknown_fields=True, frozen=True):
    """Going on to wait."""

    task_id: str
    wait_s: float | None = None


class CancelQuestion(Struct, forbid_unknown_fields=True, frozen=True):
    """Taking a question back."""

    task_id: str


class NotifyHuman(Struct, forbid_unknown_fields=True, frozen=True):
    """Something to know, not to answer."""

    message: str


class InteractiveFeedback(Struct, frozen=True):
    """A question in the words of other feedback servers. What is not named here is accepted and ignored."""

    message: str | None = None
    summary: str | None = None
    prompt: str | None = None
    predefined_options: Any = None
    predefined_options_defaults: Any = None
    options: Any = None
    feedback_placeholder: str | None = None
    question_type: str | None = None
    header_label: str | None = None
    project_directory: str | None = None

    @property
    def text(self) -> str:
        """The question under whichever of its names it came; empty if there is none."""
        names = (self.message, self.summary, self.prompt)
        return next((text for text in names if text and text.strip()), "")


def read_arguments(kind: type[ArgumentsT], given: dict[str, Any] | None) -> ArgumentsT:
    """Arguments as they came with a call. Raises InvalidQuestion, which says what does not fit."""
    try:
        return msgspec.convert(given or {}, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidQuestion("arguments", f"The arguments do not fit: {error}.") from error


def read_options(given: Any, preferred: Any = None) -> list[Option]:
    """Choices as models write them: strings, objects, or a list written as JSON text.

    ``preferred`` is a list of flags beside the choices. Raises InvalidQuestion for what is no choice.
    """
    flags = preferred if isinstance(preferred, list) else []
    options: dict[str, Option] = {}
    for number, choice in enumerate(_listed(given)):
        option = _option(number, choice, _is_set(flags[number]) if number < len(flags) else False)
        options.setdefault(option.value, option)  # the same choice twice is one choice
    return list(options.values())


def one_line(text: str | None) -> str:
    """Text cut to what fits on a line of the window."""
    return " ".join((text or "").split())[:MAX_LINE_CHARACTERS]


def _listed(given: Any) -> list[Any]:
    if isinstance(given, str) and given.strip():
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            return [given]
    if isinstance(given, list):
        return given
    return [] if given is None or given == "" else [given]


def _option(number: int, choice: Any, preferred: bool) -> Option:
    if isinstance(choice, (int, float)) and not isinstance(choice, bool):
        choice = str(choice)
    if isinstance(choice, str) and choice.strip():
        return Option(choice.strip()[:MAX_LABEL_CHARACTERS], recommended=preferred)
    if isinstance(choice, dict):
        label = next((choice[name] for name in _LABEL_NAMES if isinstance(choice.get(name), str)), "").strip()
        if label:
            value, about = choice.get("value"), choice.get("description")
            return Option(
                label[:MAX_LABEL_CHARACTERS],
                value if isinstance(value, str) else "",
                about if isinstance(about, str) else "",
                preferred or any(_is_set(choice.get(name)) for name in _RECOMMENDED_NAMES),
            )
    raise InvalidQuestion(f"options[{number}]", f"Option {number + 1} is neither a text nor an object with a label.")


def _is_set(flag: Any) -> bool:
    return flag.strip().lower() in _YES if isinstance(flag, str) else flag is True or flag == 1
