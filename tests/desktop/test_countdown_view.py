"""The foot of the window: what will happen and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from deskbell.clock import SystemClock
from deskbell.task import Draft, Hold, HoldReason, Pace, Task
from deskbell_desktop.theme import Theme
from deskbell_desktop.window import wording
from deskbell_desktop.window.countdown_view import CountdownBar, CountdownView, is_urgent, share_left


class StoppedClock(SystemClock):
    """A clock that stands at ``seconds``."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.monotonic = lambda: self.seconds


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def view(qtbot: QtBot, look: Theme) -> Iterator[CountdownView]:
    one = CountdownView(look)
    one.resize(400, 50)
    yield one
    one.close()
    one.deleteLater()


def _task(clock: StoppedClock, timeout: int = 100, **more: Any) -> Task:
    return Task("t", "Prompt?", ["Yes"], timeout, created_at_monotonic=1000.0, status="active", clock=clock, **more)


def _held(reason: HoldReason, since: float = 1000.0) -> Pace:
    return Pace(holds=(Hold(reason, 9999.0),), held_since=since)


def _label(view: CountdownView) -> QLabel:
    label = view.findChild(QLabel, "fate")
    assert label is not None
    return label


def _tone(view: CountdownView, x: int) -> QColor:
    """The colour of the bar at ``x`` px from the left."""
    bar = view.findChild(CountdownBar)
    assert bar is not None
    return QColor(bar.grab().toImage().pixelColor(x, 1))


def test_the_last_ten_seconds_are_urgent(view: CountdownView, clock: StoppedClock, look: Theme) -> None:
    """In the last ten seconds text and bar turn to the danger colour."""
    view.show_task(_task(clock), None)
    view.show()
    for gone, urgent in ((0, False), (89, False), (90, True), (99, True)):
        clock.seconds = 1000.0 + gone
        view.refresh()

        assert _label(view).property("urgent") is urgent
        if gone < 99:
            assert _tone(view, 0) == (look.palette.danger if urgent else look.palette.accent)


def test_the_bar_is_as_long_as_what_is_left(view: CountdownView, clock: StoppedClock, look: Theme) -> None:
    """Half the time leaves half the bar."""
    clock.seconds = 1050.0
    view.show_task(_task(clock), None)
    view.show()

    assert [_tone(view, x) for x in (190, 210)] == [look.palette.accent, look.palette.line]


def test_a_held_countdown_is_muted(view: CountdownView, clock: StoppedClock, look: Theme) -> None:
    """On hold the bar loses its colour and is never urgent."""
    task = _task(clock, pace=_held(HoldReason.BUSY, since=1095.0))
    clock.seconds = 1200.0
    view.show_task(task, None)
    view.show()

    assert _tone(view, 0) == look.palette.muted
    assert not is_urgent(task)


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (HoldReason.PERSON, "On hold until you resume it"),
        (HoldReason.BUSY, "Paused while you are at it"),
        (HoldReason.PAUSED, "All countdowns are paused"),
    ],
)
def test_a_held_countdown_says_why(clock: StoppedClock, reason: HoldReason, text: str) -> None:
    """Each reason to stand still has its sentence."""
    assert wording.fate(_task(clock, pace=_held(reason)), None) == text


def test_the_sentence_depends_on_the_draft(clock: StoppedClock) -> None:
    """With a draft the asker gets that, without it the request to ask again."""
    task = _task(clock, 240)

    assert wording.fate(task, None) == "Answers “ask again” in 4:00"
    assert wording.fate(task, Draft(text=" ")) == "Answers “ask again” in 4:00"
    assert wording.fate(task, Draft(text="x")) == "Sends what you entered in 4:00"


def test_braces_in_a_label_are_text(clock: StoppedClock) -> None:
    """An option's label can hold any character and is cut where it is long."""
    task = replace(_task(clock), predefined_options=["{left} {x} " * 9], on_timeout="option:" + "{left} {x} " * 9)

    assert wording.fate(task, None) == "Answers “{left} {x} {left} {x} {left…” in 1:40"


def test_share_left(clock: StoppedClock) -> None:
    """The share runs from 1 to 0, stays within that when time is granted, and is 1 without a countdown."""
    task = _task(clock)
    shares = []
    for clock.seconds in (1000.0, 1025.0, 1100.0, 2000.0):
        shares.append(share_left(task))

    assert shares == [1.0, 0.75, 0.0, 0.0]
    assert share_left(_task(clock, 0)) == 1.0
    clock.seconds = 1000.0
    assert share_left(_task(clock, pace=Pace(granted_seconds=60))) == 1.0


def test_the_window_wakes_nobody_while_hidden(stage: Any) -> None:
    """With open questions and the window out of sight, no timer of the window runs."""
    stage.ask("One?", "Yes")
    stage.window.hide()
    stage.settle()

    assert not [timer for timer in stage.window.findChildren(QTimer) if timer.isActive()]
