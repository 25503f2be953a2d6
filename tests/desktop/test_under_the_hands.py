"""Questions that change while somebody is at them: nothing is answered by accident and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from deskbell.task import Answer, Draft

SOON = 60  # ms


@pytest.fixture
def arming(make_stage: Callable[..., Any]) -> Any:
    """A window whose options count a moment after they appear."""
    return make_stage(arm_milliseconds=SOON)


def _wait_until_armed(stage: Any) -> None:
    stage.wait_for(lambda: stage.question.options.is_armed)


def test_typing_on_into_the_next_question_answers_nothing(arming: Any) -> None:
    """When a question is withdrawn under typing hands, digits that follow do not choose in the one behind it."""
    first = arming.ask("Which port?")
    behind = arming.ask("Delete everything?", "Yes", "No")
    arming.activate()
    arming.edit.setFocus()
    arming.type("use port ")
    arming.desk.cancel(first.task_id)
    arming.shows(behind)
    _wait_until_armed(arming)
    arming.key(Qt.Key.Key_2)

    assert arming.is_open(behind)
    assert "use port" in arming.notice


def test_after_the_surprise_the_keys_work_again(arming: Any) -> None:
    """Once the person has moved on by Tab, digits choose."""
    first = arming.ask("Which port?")
    behind = arming.ask("Go on?", "Yes", "No")
    arming.activate()
    arming.edit.setFocus()
    arming.desk.cancel(first.task_id)
    arming.shows(behind)
    arming.card("Yes").setFocus(Qt.FocusReason.TabFocusReason)
    _wait_until_armed(arming)
    arming.key(Qt.Key.Key_2)

    assert arming.answer(behind).options == ("No",)


def test_keys_before_arming_make_it_take_longer(arming: Any) -> None:
    """A key that comes too early starts the waiting anew: somebody is still typing for something else."""
    task = arming.ask("Go on?", "Yes")
    arming.activate()
    options = arming.question.options
    options.arm_after(SOON)
    before = options._arming.currentTime()
    arming.wait_for(lambda: options._arming.currentTime() > before)
    arming.key(Qt.Key.Key_1)

    assert options._arming.currentTime() <= before
    assert arming.is_open(task)


def test_coming_to_the_front_arms_anew(arming: Any) -> None:
    """A window that was in sight but not in use may have been covered: raising it makes its options wait."""
    arming.ask("One?", "Yes")
    _wait_until_armed(arming)
    arming.window.isActiveWindow = bool
    arming.window.come_forward()

    assert not arming.question.options.is_armed


@pytest.mark.parametrize("change", ["appear", "grow", "close"])
def test_options_that_move_arm_anew(arming: Any, change: str) -> None:
    """Whatever a notice does to the place of the options, they wait before they count."""
    arming.ask("One?", "Yes")
    if change != "appear":
        arming.window.show_notice("short")
    arming.settle()
    _wait_until_armed(arming)
    arming.window.show_notice({"appear": "short", "grow": "long " * 60, "close": ""}[change])

    arming.wait_for(lambda: not arming.question.options.is_armed)


def test_a_press_on_send_before_arming_is_none(arming: Any) -> None:
    """A press on Send that began too early does not send when it is let go later."""
    task = arming.ask("One?")
    arming.desk.set_draft(task.task_id, Draft(text="half a sen"))
    arming.wait_for(arming.question.composer.send.isEnabled)
    arming.question.arm(SOON)
    QTest.mousePress(arming.question.composer.send, Qt.MouseButton.LeftButton)
    _wait_until_armed(arming)
    QTest.mouseRelease(arming.question.composer.send, Qt.MouseButton.LeftButton)

    assert arming.is_open(task)


def test_the_window_stays_with_what_was_typed(stage: Any) -> None:
    """A window that came by itself does not go away with the notice of what somebody had typed."""
    task = stage.ask("One?")
    stage.window._came_by_itself = True
    stage.type("hello")
    stage.desk.cancel(task.task_id)
    stage.wait_for(lambda: "hello" in stage.notice)

    assert stage.window.isVisible()
    assert not stage.window.isMinimized()


def test_sending_too_late_gives_the_text_back(stage: Any) -> None:
    """Send on a question that has ended a moment ago leaves the text in the notice."""
    task = stage.ask("One?")
    stage.type("my answer")
    stage.desk.answer(task.task_id, Answer(text="first"))
    stage.click(stage.question.composer.send)

    stage.wait_for(lambda: "my answer" in stage.notice)
    assert stage.answer(task).text == "first"


def test_a_draft_in_another_tab_is_given_back(stage: Any) -> None:
    """What was typed in a tab that is not in sight is not lost when its question is withdrawn."""
    one = stage.ask("One?")
    two = stage.ask("Two?")
    stage.type("for one")
    stage.window.switch_to(1)
    stage.shows(two)
    stage.desk.cancel(one.task_id)

    stage.wait_for(lambda: "for one" in stage.notice)


def test_an_own_answer_gives_nothing_back(stage: Any) -> None:
    """After an answer that was taken there is no notice, also when the saved draft was older than what was sent."""
    task = stage.ask("One?")
    stage.desk.set_draft(task.task_id, Draft(text="half"))
    stage.type("half of it")
    stage.click(stage.question.composer.send)
    stage.answer(task)
    stage.settle()

    assert stage.notice == ""


def test_a_draft_from_elsewhere_is_shown(stage: Any) -> None:
    """What would be sent at zero is in sight, also when another program left it."""
    task = stage.ask("One?", "Yes", "No", multiple=True)
    stage.desk.set_draft(task.task_id, Draft(options=("Yes",), text="and more"))

    stage.wait_for(lambda: stage.card("Yes").isChecked() and stage.edit.toPlainText() == "and more")
    assert stage.fate.startswith("Sends what you entered")


def test_hold_can_be_pressed_while_busy(stage: Any) -> None:
    """Typing pauses the countdown for a while; Hold is still there to stop it for good."""
    task = stage.ask("One?")
    hold = stage.window.countdown.findChild(QPushButton, "hold")
    stage.type("x")
    stage.wait_for(lambda: stage.fate.startswith("Paused"))
    assert hold.text() == "Hold"

    stage.click(hold)

    stage.wait_for(lambda: hold.text() == "Resume")
    assert stage.desk.task(task.task_id).is_held


def test_the_scroll_bar_holds(stage: Any) -> None:
    """Scrolling by the bar is being busy."""
    task = stage.ask("\n\n".join(f"line {number}" for number in range(400)), "Yes")
    bar = stage.question.prompt.verticalScrollBar()
    bar.triggerAction(bar.SliderAction.SliderPageStepAdd)

    stage.wait_for(lambda: stage.desk.task(task.task_id).is_held)
