"""The window's sentences about time and origin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import QCoreApplication

from deskbell.task import Draft, HoldReason, Source, Task
from deskbell_desktop.lookalikes import plain_name, plain_words

_MINUTE: Final = 60
_HOUR: Final = 3600
_LONG_LABEL: Final = 28
_LONG_TITLE: Final = 200  # characters, as many as an asker may give to a title


def _tr(text: str) -> str:
    return QCoreApplication.translate("wording", text)


def title(task: Task) -> str:
    """What a question is called, on one line and with nothing hidden in it."""
    heading = task.heading
    return plain_words(heading if len(heading) <= _LONG_TITLE else f"{heading[: _LONG_TITLE - 1]}…")


def place(source: Source) -> str:
    """Where a question comes from, with nothing hidden in the names."""
    return " · ".join(plain_name(part) for part in (source.project, source.branch) if part)


def origin(source: Source) -> str:
    """Who asks and where from, with nothing hidden in the names."""
    return " · ".join(filter(None, (plain_name(source.agent), place(source))))


def clock_time(seconds: int) -> str:
    """Seconds as ``m:ss``."""
    return f"{seconds // _MINUTE}:{seconds % _MINUTE:02d}"


def fate(task: Task, draft: Draft | None) -> str:
    """What happens to a task if nobody does anything, and when."""
    if not task.auto_resubmit_timeout:
        return _tr("Waits until you answer")
    if task.is_held:
        return _held(task)
    left = clock_time(task.get_remaining_time())
    return _at_zero(task, draft).format(left=left)


def _held(task: Task) -> str:
    if task.pace.is_held_for(HoldReason.PAUSED):
        return _tr("All countdowns are paused")
    if task.pace.is_held_for(HoldReason.PERSON):
        return _tr("On hold until you resume it")
    return _tr("Paused while you are at it")


def _at_zero(task: Task, draft: Draft | None) -> str:
    if task.on_timeout == "expire":
        return _tr("Closes without an answer in {left}")
    if task.on_timeout.startswith("option:"):
        return _tr("Answers “{choice}” in {left}").replace("{choice}", _label_of(task))
    if draft:
        return _tr("Sends what you entered in {left}")
    return _tr("Answers “ask again” in {left}")


def _label_of(task: Task) -> str:
    value = task.on_timeout.removeprefix("option:")
    label = next((option.label for option in task.options if option.value == value), value)
    short = plain_words(label if len(label) <= _LONG_LABEL else f"{label[: _LONG_LABEL - 1]}…").replace("\n", " ")
    return short.replace("{", "{{").replace("}", "}}")


def age(created_at: datetime) -> str:
    """How long ago a question came."""
    seconds = max(0, int((datetime.now(UTC) - created_at).total_seconds()))
    if seconds < _MINUTE:
        return _tr("just now")
    if seconds < _HOUR:
        return _tr("{n} min ago").format(n=seconds // _MINUTE)
    return _tr("{n} h ago").format(n=seconds // _HOUR)
