"""The window as a person uses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QSystemTrayIcon, QWidget

from deskbell.errors import InvalidAnswer
from deskbell.settings import CountdownSettings
from deskbell.task import Answer, AnsweredBy, Attachment, Draft, Option, Source, TaskKind

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def with_tray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: True))


def test_a_question_is_shown_with_its_options_and_its_source(stage: Any) -> None:
    """The window comes up with the prompt, a card for each option, and where the question comes from."""
    stage.ask("Deploy **now**?", Option("Yes", description="40 s"), "No", title="Deploy")

    assert stage.window.isVisible()
    assert stage.window.windowTitle() == "Deploy — Deskbell"
    assert stage.question.prompt.toPlainText() == "Deploy now?"
    assert [card.accessibleName() for card in stage.cards] == ["Yes", "No"]
    assert stage.cards[0].accessibleDescription() == "40 s"
    shown = {label.text() for label in stage.window.header.findChildren(QWidget) if hasattr(label, "text")}
    assert {"Claude Code", "· shop-api · main", "just now"} <= shown


def test_one_click_answers_and_takes_the_text_along(stage: Any) -> None:
    """Clicking an option of a single choice sends it with what was typed."""
    task = stage.ask("Deploy?", "Yes", "No")
    stage.type("after lunch")
    stage.click(stage.card("No"))

    answer = stage.answer(task)
    assert (answer.options, answer.text, answer.answered_by) == (("No",), "after lunch", AnsweredBy.PERSON)


def test_several_are_ticked_and_then_sent(stage: Any) -> None:
    """Where several may be chosen, clicks tick and untick, and Send sends them in the asker's order."""
    task = stage.ask("Which?", "a", "b", "c", multiple=True)
    send = stage.question.composer.send
    assert not send.isEnabled()
    for label in ("c", "a", "b", "b"):
        stage.click(stage.card(label))
    assert stage.is_open(task)
    stage.click(send)

    assert stage.answer(task).options == ("a", "c")


def test_several_without_text_can_be_sent(stage: Any) -> None:
    """Send is there for several choices even where no text is taken."""
    task = stage.ask("Which?", "a", "b", multiple=True, allow_text=False)
    stage.click(stage.card("a"))
    assert not stage.edit.isVisible()
    stage.click(stage.question.composer.send)

    assert stage.answer(task).options == ("a",)


def test_text_alone_is_an_answer(stage: Any) -> None:
    """A question without options is answered by what is typed."""
    task = stage.ask("What should it say?")
    assert not stage.question.composer.send.isEnabled()
    stage.type("Hello")
    stage.click(stage.question.composer.send)

    assert (stage.answer(task).options, stage.answer(task).text) == ((), "Hello")


def test_control_enter_sends_and_enter_does_not(stage: Any) -> None:
    """Enter starts a line; Ctrl+Enter sends; blank text is not sent."""
    task = stage.ask("What should it say?")
    stage.type(" ")
    stage.key(Key.Key_Return, Modifier.ControlModifier)
    assert stage.is_open(task)
    stage.type("a")
    stage.key(Key.Key_Return)
    stage.type("b")
    assert stage.is_open(task)
    stage.key(Key.Key_Return, Modifier.ControlModifier)

    assert stage.answer(task).text == " a\nb"


@pytest.mark.parametrize("focus", ["window", "prompt", "card", "hold"])
def test_number_keys_choose_outside_the_text_field(stage: Any, focus: str) -> None:
    """A number answers wherever the focus is, except in the text field."""
    task = stage.ask("Deploy?", "Yes", "No")
    places = {
        "window": stage.window,
        "prompt": stage.question.prompt,
        "card": stage.cards[0],
        "hold": stage.window.countdown.findChild(QPushButton, "hold"),
    }
    stage.activate()
    places[focus].setFocus()
    stage.key(Key.Key_2)

    assert stage.answer(task).options == ("No",)


def test_numbers_without_an_option_and_with_modifiers_choose_nothing(stage: Any) -> None:
    """0, a number past the last option, and Alt with a number leave the question alone."""
    task = stage.ask("Deploy?", "Yes", "No")
    stage.window.setFocus()
    for key, modifiers in (
        (Key.Key_0, Modifier.NoModifier),
        (Key.Key_3, Modifier.NoModifier),
        (Key.Key_1, Modifier.AltModifier),
    ):
        stage.key(key, modifiers)

    assert stage.is_open(task)


def test_numbers_typed_as_text_choose_nothing(stage: Any) -> None:
    """In the text field 1…9 are text."""
    task = stage.ask("How many?", *"abcdefghi")
    stage.type("123456789")

    assert stage.is_open(task)
    assert stage.edit.toPlainText() == "123456789"


def test_nothing_is_preselected(stage: Any) -> None:
    """No card has the focus or a tick, also when one is recommended, and Enter or Space answer nothing."""
    for multiple in (False, True):
        task = stage.ask("Deploy?", Option("Yes", recommended=True), "No", multiple=multiple)
        stage.activate()
        assert stage.window.focusWidget() is stage.window
        for key in (Key.Key_Return, Key.Key_Enter, Key.Key_Space):
            stage.key(key)
        assert not any(card.hasFocus() or card.isChecked() or card.isDown() for card in stage.cards)
        assert stage.is_open(task)
        stage.desk.cancel(task.task_id)
        stage.wait_for(lambda: not stage.question.task_id)


# -- putting it away -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["escape", "escape in the text", "close"])
def test_putting_the_window_away_hides_it_where_there_is_a_tray(stage: Any, with_tray: None, how: str) -> None:
    """Esc and the window's close button hide the window; the question stays open."""
    task = stage.ask("Deploy?", "Yes")
    if how == "close":
        stage.window.close()
    else:
        (stage.edit if how == "escape in the text" else stage.window).setFocus()
        stage.key(Key.Key_Escape)

    assert not stage.window.isVisible()
    assert stage.is_open(task)


@pytest.mark.parametrize("how", ["escape", "close"])
def test_without_a_tray_the_window_is_minimised(stage: Any, how: str) -> None:
    """Where nothing could bring it back, the window goes to the task bar instead."""
    stage.ask("Deploy?", "Yes")
    stage.window.close() if how == "close" else stage.key(Key.Key_Escape)

    assert stage.window.isVisible()
    assert stage.window.isMinimized()


def test_a_new_question_brings_a_hidden_window_back(stage: Any, with_tray: None) -> None:
    """A window that was put away comes back when somebody rings."""
    stage.ask("One?", "Yes")
    stage.window.close()
    stage.ask("Two?", "Yes")

    assert stage.window.isVisible()


def test_a_window_told_to_stay_away_does(make_stage: Callable[..., Any]) -> None:
    """With come_forward off, a question only shows up in the window."""
    stage = make_stage(come_forward=False)
    stage.ask("One?", "Yes")

    assert not stage.window.isVisible()
    assert stage.question.prompt.toPlainText() == "One?"


def test_after_the_last_answer_a_window_that_came_by_itself_goes(stage: Any, with_tray: None) -> None:
    """The window that a question brought up leaves with the last answer."""
    one, two = stage.ask("One?", "Yes"), stage.ask("Two?", "Yes")
    stage.click(stage.cards[0])
    stage.answer(one)
    stage.shows(two)
    assert stage.window.isVisible()
    stage.click(stage.cards[0])

    stage.wait_for(lambda: not stage.window.isVisible())


def test_a_window_that_was_called_stays(stage: Any, with_tray: None) -> None:
    """A window that a person brought up stays after the last answer and shows that nobody asks."""
    stage.window.summon()
    stage.ask("One?", "Yes")
    stage.click(stage.cards[0])

    stage.wait_for(stage.window.empty.isVisible)
    assert stage.window.isVisible()


def test_between_two_questions_the_window_neither_empties_nor_goes(stage: Any, with_tray: None) -> None:
    """While one question has ended and the next has not come forward yet, the window keeps still."""
    one, two = stage.ask("One?", "Yes"), stage.ask("Two?", "Yes")
    events: list[Any] = []
    stage.bridge.eventsArrived.disconnect(stage.inbox.take)
    stage.desk.subscribe(events.append)
    stage.desk.answer(one.task_id, Answer(("Yes",)))
    for event in events:
        stage.inbox.take((event,))
        assert stage.window.isVisible()
        assert not stage.window.empty.isVisible()

    stage.shows(two)


# -- focus ---------------------------------------------------------------------------------------------------------


def test_the_window_comes_up_without_taking_the_keyboard(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question asks for no focus; the offscreen platform gives it to any window, so the asking is what counts."""
    asked: list[bool] = []
    monkeypatch.setattr(stage.window, "activateWindow", lambda: asked.append(True), raising=False)
    stage.ask("Deploy?", "Yes")

    assert stage.window.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert asked == []


def test_the_window_takes_the_keyboard_when_it_is_told_to(make_stage: Callable[..., Any]) -> None:
    """With take_focus the window is active when a question comes."""
    stage = make_stage(take_focus=True)
    stage.ask("Deploy?", "Yes")

    assert not stage.window.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    stage.wait_for(stage.window.isActiveWindow)


# -- several questions ---------------------------------------------------------------------------------------------


def test_the_empty_window_says_how_to_ring(stage: Any) -> None:
    """With nothing open the window names the command, and copies it on a click."""
    stage.window.summon()
    QApplication.clipboard().clear()
    stage.click(stage.window.empty.findChild(QPushButton))

    assert stage.window.empty.isVisible()
    assert not stage.window.tabs.isVisible()
    assert stage.fate == ""
    assert QApplication.clipboard().text().startswith("deskbell ask ")
    stage.window.empty._copied.stop()


def test_a_finished_task_goes_and_the_next_comes_forward(stage: Any) -> None:
    """The answered question's tab goes and the next question is shown."""
    one, two = stage.ask("One?", "Yes"), stage.ask("Two?", "Yes")
    stage.click(stage.cards[0])

    stage.answer(one)
    stage.shows(two)
    assert stage.window.tabs.task_ids == [two.task_id]
    assert stage.question.prompt.toPlainText() == "Two?"
    assert stage.cards[0].isEnabled()


def test_a_click_on_a_tab_switches(stage: Any) -> None:
    """A click on another question's tab shows it and makes it active at the desk."""
    stage.ask("One?", "Yes")
    two = stage.ask("Two?", "Yes")
    QTest.mouseClick(stage.window.tabs, Qt.MouseButton.LeftButton, pos=stage.window.tabs.tabRect(1).center())

    stage.shows(two)
    assert stage.desk.task(two.task_id).status == "active"


def test_keys_switch(stage: Any) -> None:
    """Ctrl+Tab goes round, Ctrl+Shift+Tab back, Ctrl+1…9 to a place; numbers without a tab do nothing."""
    tasks = [stage.ask(f"{number}?", "Yes") for number in range(3)]
    stage.activate()
    both = Modifier.ControlModifier | Modifier.ShiftModifier
    steps = (
        (Key.Key_Tab, Modifier.ControlModifier, 1),
        (Key.Key_Tab, Modifier.ControlModifier, 2),
        (Key.Key_Tab, Modifier.ControlModifier, 0),
        (Key.Key_Backtab, both, 2),
        (Key.Key_2, Modifier.ControlModifier, 1),
        (Key.Key_9, Modifier.ControlModifier, 1),
    )
    for key, modifiers, expected in steps:
        stage.key(key, modifiers)
        stage.shows(tasks[expected])


def test_keys_switch_from_within_the_text(stage: Any) -> None:
    """The switching keys work while the text field has the focus."""
    stage.ask("One?")
    two = stage.ask("Two?")
    stage.activate()
    stage.edit.setFocus()
    stage.key(Key.Key_Tab, Modifier.ControlModifier)

    stage.shows(two)


def test_an_arrow_key_in_the_tabs_switches_the_question_too(stage: Any) -> None:
    """The tab that looks chosen is always the question that is shown."""
    stage.ask("One?", "Yes")
    two = stage.ask("Two?", "Yes")
    stage.window.tabs.setFocus()
    stage.key(Key.Key_Right)

    stage.shows(two)
    assert stage.window.tabs.currentIndex() == 1


# -- drafts --------------------------------------------------------------------------------------------------------


def test_a_draft_survives_switching(stage: Any) -> None:
    """What was typed and ticked for a question is there when a person comes back to it."""
    one = stage.ask("One?", "a", "b", multiple=True)
    two = stage.ask("Two?")
    stage.type("half a th")
    stage.click(stage.card("b"))
    stage.window.switch_to(1)
    stage.shows(two)
    assert stage.edit.toPlainText() == ""
    stage.type("other")
    stage.window.switch_to(0)
    stage.shows(one)

    assert stage.edit.toPlainText() == "half a th"
    assert stage.question.options.ticked_values == ("b",)
    assert stage.desk.task(two.task_id).draft == Draft(text="other")


def test_a_draft_survives_hiding(stage: Any, with_tray: None) -> None:
    """Hiding the window keeps what was typed at the desk at once."""
    task = stage.ask("One?")
    stage.type("half")
    stage.window.close()

    assert stage.desk.task(task.task_id).draft == Draft(text="half")
    stage.window.summon()
    assert stage.edit.toPlainText() == "half"


def test_the_timeout_sends_the_draft(make_stage: Callable[..., Any]) -> None:
    """When time runs out, what was typed goes to the asker."""
    stage = make_stage(CountdownSettings(busy_seconds=1, resume_seconds=0))
    task = stage.ask("One?", timeout=1)
    stage.type("half")

    stage.qtbot.waitUntil(lambda: not stage.desk.task(task.task_id).is_open, timeout=8000)
    answer = stage.answer(task)
    assert (answer.text, answer.answered_by) == ("half", AnsweredBy.TIMEOUT)


def test_typing_stops_the_clock_also_right_after_a_switch(stage: Any) -> None:
    """One key is enough to hold a question, even if another one was touched a moment ago."""
    stage.ask("One?")
    two = stage.ask("Two?")
    stage.type("a")
    stage.window.switch_to(1)
    stage.shows(two)
    stage.type("b")

    assert stage.desk.task(two.task_id).is_held
    stage.wait_for(lambda: stage.fate == "Paused while you are at it")


# -- the countdown -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "fate"),
    [
        ({"timeout": 0}, "Waits until you answer"),
        ({"timeout": 240}, "Answers “ask again” in 4:00"),
        ({"timeout": 240, "on_timeout": "expire"}, "Closes without an answer in 4:00"),
        ({"timeout": 240, "on_timeout": "option:No"}, "Answers “No” in 4:00"),
        ({"timeout": 240, "kind": TaskKind.PERMISSION}, "Closes without an answer in 4:00"),
    ],
)
def test_what_happens_at_zero_is_written(stage: Any, asked: dict[str, Any], fate: str) -> None:
    """The foot of the window says beforehand what the end of the countdown brings."""
    stage.ask("One?", "Yes", "No", **asked)

    assert stage.fate in {fate, fate.replace("4:00", "3:59")}


def test_a_draft_changes_what_happens_at_zero(stage: Any) -> None:
    """With something entered, the foot says that it will be sent."""
    task = stage.ask("One?")
    stage.type("x")
    stage.desk.release(task.task_id)

    stage.wait_for(lambda: stage.fate.startswith("Sends what you entered in "))


def test_hold_and_resume(stage: Any) -> None:
    """Hold stops the countdown and turns into Resume, which lets it run."""
    task = stage.ask("One?", "Yes")
    hold = stage.window.countdown.findChild(QPushButton, "hold")
    stage.click(hold)
    stage.wait_for(lambda: hold.text() == "Resume")
    assert stage.desk.task(task.task_id).is_held
    assert stage.fate == "On hold until you resume it"
    stage.click(hold)

    stage.wait_for(lambda: hold.text() == "Hold")
    assert not stage.desk.task(task.task_id).is_held


def test_one_minute_more(stage: Any) -> None:
    """+1 min lengthens this countdown by a minute."""
    task = stage.ask("One?", "Yes", timeout=30)
    more = next(button for button in stage.window.countdown.findChildren(QPushButton) if button.text() == "+1 min")
    stage.click(more)

    assert 85 < stage.desk.task(task.task_id).get_remaining_time() <= 90
    stage.wait_for(lambda: "1:" in stage.fate)


def test_without_a_countdown_there_is_nothing_to_hold(stage: Any) -> None:
    """Hold and +1 min are only there where something runs."""
    stage.ask("One?", "Yes", timeout=0)

    assert not any(button.isVisible() for button in stage.window.countdown.findChildren(QPushButton))


def test_ctrl_enter_sends_wherever_the_focus_is(stage: Any) -> None:
    """Ticked options go out with Ctrl+Enter although the text field has not the keyboard."""
    task = stage.ask("Which?", "a", "b", multiple=True)
    stage.activate()
    stage.card("b").setFocus()
    stage.key(Key.Key_Space)
    stage.key(Key.Key_Return, Modifier.ControlModifier)

    assert stage.answer(task).options == ("b",)


def test_hold_is_not_offered_while_everything_is_paused(stage: Any) -> None:
    """A Hold button that could do nothing is not there."""
    stage.ask("Deploy?", "Yes")
    hold = stage.window.countdown.findChild(QPushButton, "hold")
    assert hold.isVisibleTo(stage.window)

    stage.window.toggle_pause()

    stage.wait_for(lambda: not hold.isVisibleTo(stage.window))


def test_pause_all(stage: Any) -> None:
    """The pause button stops all countdowns, also of questions to come, and lets them run again."""
    one = stage.ask("One?", "Yes")
    pause = next(button for button in stage.window.header.findChildren(QPushButton) if "Pause" in button.toolTip())
    stage.click(pause)
    two = stage.ask("Two?", "Yes")
    assert stage.desk.task(one.task_id).is_held
    assert stage.desk.task(two.task_id).is_held
    stage.wait_for(lambda: stage.fate == "All countdowns are paused")
    assert pause.accessibleName() == "Let the countdowns run"
    stage.click(pause)

    assert not stage.desk.task(one.task_id).is_held
    stage.wait_for(lambda: stage.fate.startswith("Answers"))


# -- others are quicker --------------------------------------------------------------------------------------------


def test_an_answer_that_comes_too_late_is_said(stage: Any) -> None:
    """A click on a question that was answered elsewhere a moment ago says so; the first answer stands."""
    task = stage.ask("One?", "Yes", "No")
    stage.desk.answer(task.task_id, Answer(("No",)))
    stage.click(stage.card("Yes"))

    assert stage.answer(task).options == ("No",)
    stage.wait_for(lambda: "ended before" in stage.notice)


def test_text_typed_for_a_cancelled_question_is_given_back(stage: Any) -> None:
    """When the asker cancels while a person types, the window says so and the text can be copied."""
    task = stage.ask("One?")
    stage.type("half a thought")
    stage.desk.cancel(task.task_id)

    stage.wait_for(lambda: "half a thought" in stage.notice)
    assert stage.window.empty.isVisible()


def test_a_refused_answer_can_be_mended(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the desk refuses what was sent, the window says why and takes another answer."""
    task = stage.ask("One?", "Yes", "No")

    def refuse(*_: object) -> None:
        raise InvalidAnswer("text", "This text cannot be kept.")

    with monkeypatch.context() as patch:
        patch.setattr(stage.desk, "answer", refuse)
        stage.type("spoilt")
        stage.click(stage.card("Yes"))
    assert stage.notice == "This text cannot be kept."
    stage.wait_for(lambda: not stage.window._sent_timer.isActive())
    stage.edit.setPlainText("")
    stage.click(stage.card("No"))

    assert stage.answer(task).options == ("No",)


def test_attached_files_are_named(stage: Any) -> None:
    """Files that travel with a question are named below the prompt, hidden characters spelled out."""
    stage.ask("One?", "Yes", attachments=(Attachment("a\u202eb.txt", "text/plain", b"x"),))

    assert stage.question.files.text() == "a⟦U+202E⟧b.txt"


def test_an_asker_without_a_name_is_an_agent(stage: Any) -> None:
    """A question without a source still says that an agent asks."""
    stage.ask("One?", "Yes", source=Source())

    assert "An agent" in {label.text() for label in stage.window.header.findChildren(QWidget) if hasattr(label, "text")}
