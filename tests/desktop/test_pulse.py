"""When the window looks at the clock."""

from __future__ import annotations

import time
from typing import Any

import pytest

from deskbell.task import Hold, HoldReason, Pace, Task
from deskbell_desktop.window.pulse import AGING_MILLISECONDS, COUNTING_MILLISECONDS, Pulse

HELD = Pace(holds=(Hold(HoldReason.PERSON, float("inf")),), held_since=time.monotonic())


@pytest.mark.parametrize(
    ("tasks", "can_be_seen", "milliseconds"),
    [
        ([], True, 0),
        ([Task("a", "?")], False, 0),
        ([Task("a", "?")], True, COUNTING_MILLISECONDS),
        ([Task("a", "?", None, 0)], True, AGING_MILLISECONDS),
        ([Task("a", "?", pace=HELD)], True, AGING_MILLISECONDS),
        ([Task("a", "?", pace=HELD), Task("b", "?")], True, COUNTING_MILLISECONDS),
    ],
)
def test_it_beats_as_often_as_needed(qapp: Any, tasks: list[Task], can_be_seen: bool, milliseconds: int) -> None:
    """Twice a second while something in sight runs, slowly while only ages grow, else never."""
    pulse = Pulse()
    pulse.follow(tasks, can_be_seen=can_be_seen)
    assert pulse.milliseconds == milliseconds

    pulse.follow([], can_be_seen=False)
    assert pulse.milliseconds == 0


def test_a_minimised_window_rests(stage: Any) -> None:
    """Neither a hidden nor a minimised window looks at the clock, whatever arrives."""
    stage.ask("One?", "Yes")
    stage.wait_for(lambda: stage.window.pulse.milliseconds == COUNTING_MILLISECONDS)
    stage.window.showMinimized()
    stage.wait_for(lambda: stage.window.pulse.milliseconds == 0)
    stage.window.showNormal()
    stage.wait_for(lambda: stage.window.pulse.milliseconds == COUNTING_MILLISECONDS)
    stage.window.hide()
    stage.wait_for(lambda: stage.window.pulse.milliseconds == 0)


def test_the_other_tabs_go_on_while_the_shown_one_is_held(stage: Any) -> None:
    """A countdown in the background is drawn although the question in sight stands still."""
    task = stage.ask("One?", "Yes")
    stage.ask("Two?", "Yes")
    stage.desk.hold(task.task_id)
    stage.wait_for(lambda: stage.fate.startswith("On hold"))

    assert stage.window.pulse.milliseconds == COUNTING_MILLISECONDS
