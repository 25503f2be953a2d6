"""Nothing is answered that a person did not see and mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDesktopServices, QInputMethodEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier
NEVER = 5000  # ms that no test waits for
SOON = 60


@pytest.fixture
def unarmed(make_stage: Callable[..., Any]) -> Any:
    """A window whose options do not count yet."""
    return make_stage(arm_milliseconds=NEVER)


@pytest.fixture
def arming(make_stage: Callable[..., Any]) -> Any:
    """A window whose options count a moment after they appear."""
    return make_stage(arm_milliseconds=SOON)


def _wait_until_armed(stage: Any) -> None:
    stage.wait_for(lambda: stage.question.options.is_armed)


def test_tab_and_escape_work_before_arming(unarmed: Any) -> None:
    """What does not press a button is let through at once."""
    unarmed.ask("Deploy?", "Yes", "No")
    unarmed.activate()
    unarmed.card("Yes").setFocus()
    unarmed.key(Qt.Key.Key_Tab)

    assert unarmed.card("No").hasFocus()


@pytest.mark.parametrize("multiple", [False, True])
def test_clicks_before_arming_do_nothing(unarmed: Any, multiple: bool) -> None:
    """Clicks and double clicks on a question that has just appeared neither answer nor tick."""
    task = unarmed.ask("Deploy?", "Yes", "No", multiple=multiple)
    for card in unarmed.cards:
        QTest.mouseClick(card, LEFT)
        QTest.mouseDClick(card, LEFT)
        assert not card.isDown()
        assert not card.isChecked()

    assert unarmed.is_open(task)


@pytest.mark.parametrize("multiple", [False, True])
@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_1])
def test_keys_before_arming_do_nothing(unarmed: Any, key: Qt.Key, multiple: bool) -> None:
    """Space, Enter and numbers do nothing yet, not even on a card that has the focus."""
    task = unarmed.ask("Deploy?", "Yes", "No", multiple=multiple)
    for place in (unarmed.window, unarmed.cards[0]):
        place.setFocus()
        unarmed.key(key)

    assert unarmed.is_open(task)
    assert unarmed.question.options.ticked_values == ()


def test_send_before_arming_does_nothing(unarmed: Any) -> None:
    """Send, by click or by Ctrl+Enter, waits for arming as well."""
    task = unarmed.ask("What?")
    unarmed.type("x")
    unarmed.click(unarmed.question.composer.send)
    unarmed.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert unarmed.is_open(task)


def test_a_card_answers_once_it_is_armed(arming: Any) -> None:
    """After the arming time one click is enough."""
    task = arming.ask("Deploy?", "Yes", "No")
    _wait_until_armed(arming)
    arming.click(arming.cards[0])

    assert arming.answer(task).options == ("Yes",)


@pytest.mark.parametrize("multiple", [False, True])
def test_a_mouse_button_pressed_too_early_and_released_later_does_nothing(arming: Any, multiple: bool) -> None:
    """A press that began before the options counted is no click, whatever the pointer does meanwhile."""
    task = arming.ask("Deploy?", "Yes", multiple=multiple)
    card = arming.cards[0]
    QTest.mousePress(card, LEFT)
    _wait_until_armed(arming)
    _drag_a_little(card)
    QTest.mouseRelease(card, LEFT)

    assert arming.is_open(task)
    assert not card.isChecked()


@pytest.mark.parametrize("multiple", [False, True])
def test_a_press_does_not_outlive_its_question(arming: Any, multiple: bool) -> None:
    """A button pressed on one question and released on the next answers neither."""
    one = arming.ask("One?", "Yes", multiple=multiple)
    two = arming.ask("Two?", "Yes", multiple=multiple)
    _wait_until_armed(arming)
    card = arming.cards[0]
    QTest.mousePress(card, LEFT)
    arming.desk.cancel(one.task_id)
    arming.shows(two)
    _wait_until_armed(arming)
    _drag_a_little(card)
    QTest.mouseRelease(card, LEFT)

    assert arming.is_open(two)
    assert not card.isChecked()


def test_a_press_on_send_does_not_outlive_its_question(arming: Any) -> None:
    """Send pressed on one question and released on the next sends neither."""
    one = arming.ask("One?")
    two = arming.ask("Two?")
    _wait_until_armed(arming)
    arming.window.switch_to(1)
    arming.shows(two)
    arming.type("two")
    arming.window.switch_to(0)
    arming.shows(one)
    arming.type("one")
    _wait_until_armed(arming)
    send = arming.question.composer.send
    QTest.mousePress(send, LEFT)
    arming.desk.cancel(one.task_id)
    arming.shows(two)
    _wait_until_armed(arming)
    _drag_a_little(send)
    QTest.mouseRelease(send, LEFT)

    assert arming.is_open(two)


@pytest.mark.parametrize("multiple", [False, True])
@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_1])
def test_a_key_held_down_from_before_does_nothing(arming: Any, key: Qt.Key, multiple: bool) -> None:
    """A key that was down when the question appeared does nothing while it repeats nor when it is let go."""
    task = arming.ask("Deploy?", "Yes", multiple=multiple)
    arming.cards[0].setFocus()
    QTest.keyPress(arming.cards[0], key)
    _wait_until_armed(arming)
    arming.hold_key(key)
    QTest.keyRelease(arming.cards[0], key)

    assert arming.is_open(task)
    assert not arming.cards[0].isChecked()


def test_repeating_keys_do_nothing(stage: Any) -> None:
    """Numbers, Space, Esc and Ctrl+Enter that repeat are nobody's wish."""
    task = stage.ask("Deploy?", "Yes")
    for place in (stage.window, stage.cards[0]):
        place.setFocus()
        for key in (Qt.Key.Key_1, Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Escape):
            stage.hold_key(key)

    assert stage.is_open(task)
    assert not stage.window.isMinimized()


def test_a_key_that_the_platform_repeats_by_letting_go_does_nothing(arming: Any) -> None:
    """A press in the very instant of a release is the same key still held down, as X11 repeats it."""
    task = arming.ask("Deploy?", "Yes")
    _wait_until_armed(arming)
    for moment in (100, 133, 166):
        for kind in (QEvent.Type.KeyRelease, QEvent.Type.KeyPress):
            event = QKeyEvent(kind, Qt.Key.Key_1, Qt.KeyboardModifier.NoModifier, "1")
            event.setTimestamp(moment)
            QApplication.sendEvent(arming.window, event)

    assert arming.is_open(task)


@pytest.mark.parametrize("multiple", [False, True])
@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_a_held_key_that_the_platform_repeats_by_letting_go_presses_no_card(
    arming: Any, key: Qt.Key, multiple: bool
) -> None:
    """Nor does such a key press a card that has the focus, however long it is held."""
    task = arming.ask("Deploy?", "Yes", multiple=multiple)
    card = arming.cards[0]
    card.setFocus()
    _send_key(card, QEvent.Type.KeyPress, key, 67)
    _wait_until_armed(arming)
    for moment in (100, 133, 166):
        for kind in (QEvent.Type.KeyRelease, QEvent.Type.KeyPress):
            _send_key(card, kind, key, moment)
    _send_key(card, QEvent.Type.KeyRelease, key, 180)

    assert arming.is_open(task)
    assert not card.isChecked()


def test_ctrl_enter_that_the_platform_repeats_by_letting_go_sends_nothing(stage: Any) -> None:
    """Ctrl+Enter held down from elsewhere does not send what is in the text field."""
    task = stage.ask("What?")
    stage.type("x")
    control = Qt.KeyboardModifier.ControlModifier
    for moment in (100, 133):
        for kind in (QEvent.Type.KeyRelease, QEvent.Type.KeyPress):
            _send_key(stage.edit, kind, Qt.Key.Key_Return, moment, control)

    assert stage.is_open(task)


@pytest.mark.parametrize("focus", ["window", "card", "text"])
def test_pasted_lines_answer_nothing(stage: Any, focus: str) -> None:
    """A paste of "y" and a line's end answers nothing wherever it goes; in the text field it is text."""
    task = stage.ask("Deploy?", "Yes", "No")
    stage.activate()
    QApplication.clipboard().setText("y\n")
    {"window": stage.window, "card": stage.cards[0], "text": stage.edit}[focus].setFocus()
    stage.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    stage.key(Qt.Key.Key_Insert, Qt.KeyboardModifier.ShiftModifier)
    QApplication.clipboard().clear()

    assert stage.is_open(task)
    assert stage.edit.toPlainText() == ("y\ny\n" if focus == "text" else "")


@pytest.mark.parametrize("focus", ["window", "text"])
def test_lines_typed_like_a_paste_answer_nothing(stage: Any, focus: str) -> None:
    """What a terminal would take for an answer, a letter and Enter at full speed, is none here."""
    task = stage.ask("Deploy?", "y", "Yes")
    stage.activate()
    {"window": stage.window, "text": stage.edit}[focus].setFocus()
    for key in (Qt.Key.Key_Y, Qt.Key.Key_Return, Qt.Key.Key_Enter):
        stage.key(key)

    assert stage.is_open(task)


def test_pasting_with_the_middle_button_answers_nothing(stage: Any) -> None:
    """The buttons that paste or open a menu press no card."""
    task = stage.ask("Deploy?", "Yes")
    for button in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
        QTest.mouseClick(stage.cards[0], button)

    assert stage.is_open(task)


def test_a_link_is_not_opened_before_arming(arming: Any, opened: list[str]) -> None:
    """A click aimed at what was there before opens no page, wherever its button is let go."""
    arming.ask("[read](https://example.org/)", "Yes")
    prompt = arming.question.prompt
    QTest.mouseClick(prompt.viewport(), LEFT, pos=QPoint(8, 10))
    QTest.mousePress(prompt.viewport(), LEFT, pos=QPoint(8, 10))
    _wait_until_armed(arming)
    QTest.mouseRelease(prompt.viewport(), LEFT, pos=QPoint(8, 10))
    assert opened == []
    QTest.mouseClick(prompt.viewport(), LEFT, pos=QPoint(8, 10))

    assert opened == ["https://example.org/"]


def test_a_held_key_opens_no_link(stage: Any, opened: list[str]) -> None:
    """Enter that repeats on a link opens nothing; a press of its own does."""
    stage.ask("[read](https://example.org/)", "Yes")
    stage.question.prompt.setFocus()
    stage.key(Qt.Key.Key_Tab)
    stage.hold_key(Qt.Key.Key_Return)
    assert opened == []
    stage.key(Qt.Key.Key_Return)

    assert opened == ["https://example.org/"]


def test_a_double_click_answers_one_question_only(arming: Any) -> None:
    """The second click of a double click does not hit the next question, which comes to the same place."""
    one, two = arming.ask("One?", "Yes", "No"), arming.ask("Two?", "Yes", "No")
    _wait_until_armed(arming)
    card = arming.cards[0]
    QTest.mouseClick(card, LEFT)
    QTest.mouseDClick(card, LEFT)
    arming.answer(one)
    arming.shows(two)
    QTest.mouseDClick(card, LEFT)
    QTest.mouseClick(card, LEFT)

    assert arming.is_open(two)


def test_a_switch_arms_anew(arming: Any) -> None:
    """Right after a switch, by tab, by key or by the asker, clicks do not count."""
    one, two = arming.ask("One?", "Yes"), arming.ask("Two?", "Yes")
    for number, task in ((1, two), (0, one)):
        _wait_until_armed(arming)
        arming.window.switch_to(number)
        arming.shows(task)
        arming.click(arming.cards[0])

        assert arming.is_open(task)


def test_the_window_arms_anew_when_it_comes_into_sight(make_stage: Callable[..., Any]) -> None:
    """What a person has not had in sight cannot be clicked, however long ago it arrived."""
    stage = make_stage(arm_milliseconds=SOON, come_forward=False)
    task = stage.ask("One?", "Yes")
    _wait_until_armed(stage)
    stage.window.summon()
    stage.click(stage.cards[0])

    assert stage.is_open(task)


def test_a_notice_that_moves_the_options_arms_anew(arming: Any) -> None:
    """When a message pushes the options down under the pointer, clicks do not count for a moment."""
    task = arming.ask("One?", "Yes", "No")
    _wait_until_armed(arming)
    arming.window.show_notice("Something has happened.")
    arming.click(arming.cards[0])

    assert arming.is_open(task)


def test_a_new_question_changes_nothing_in_the_one_shown(stage: Any) -> None:
    """While a person reads, further questions move, rewrite and refocus nothing."""
    stage.ask("One?\n\n" + "text\n\n" * 5, "Yes", "No", "Maybe")
    stage.activate()
    stage.type("typing")
    before = _picture(stage)
    for number in range(20):
        stage.ask(f"Another one, {number}?", "x", "y", title="Another title of some length")

    assert _picture(stage) == before
    assert stage.question.options.is_armed


def test_a_new_question_does_not_disarm_the_one_shown(arming: Any) -> None:
    """A click on the question in sight counts although another one arrives that very moment."""
    task = arming.ask("One?", "Yes")
    _wait_until_armed(arming)
    arming.ask("Two?", "No")
    arming.click(arming.cards[0])

    assert arming.answer(task).options == ("Yes",)


def _send_key(
    widget: QWidget, kind: QEvent.Type, key: Qt.Key, moment: int, modifiers: Qt.KeyboardModifier = PLAIN
) -> None:
    event = QKeyEvent(kind, key, modifiers, "")
    event.setTimestamp(moment)
    QApplication.sendEvent(widget, event)


def _picture(stage: Any) -> list[object]:
    view = stage.question
    parts = (view, view.prompt, view.options, view.composer, stage.edit, *stage.cards)
    places = [stage.place_of(part).getRect() for part in parts]
    texts = [view.prompt.toPlainText(), stage.edit.toPlainText(), *(card.accessibleName() for card in stage.cards)]
    return [places, texts, stage.window.focusWidget(), stage.window.windowTitle()]


def _drag_a_little(widget: QWidget) -> None:
    """Move the pointer out and in again with the button down."""
    for spot in (QPoint(-20, -20), QPoint(5, 5), widget.rect().center()):
        there, everywhere = QPointF(spot), QPointF(widget.mapToGlobal(spot))
        nothing, plain = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(QMouseEvent.Type.MouseMove, there, everywhere, nothing, LEFT, plain)
        QApplication.sendEvent(widget, event)


PASTES = {
    "y and a line end": "y\n",
    "a number and a line end": "1\n",
    "many": "y\n1\r\nyes\n\n",
}


@pytest.mark.parametrize("keys", [QKeySequence.StandardKey.Paste, "Shift+Ins"])
@pytest.mark.parametrize("text", PASTES.values(), ids=PASTES.keys())
@pytest.mark.parametrize("multiple", [False, True])
def test_a_paste_answers_nothing(stage: Any, text: str, multiple: bool, keys: Any) -> None:
    """Pasted text with line ends goes into the text field, if that has the keyboard, and is not sent by that."""
    task = stage.ask("Deploy?", "y", "n", multiple=multiple)
    stage.activate()
    QApplication.clipboard().setText(text)
    for place in (stage.window, stage.cards[0], stage.window.tabs, stage.question.prompt):
        place.setFocus()
        _press(place, keys)
        assert stage.edit.toPlainText() == ""
    stage.edit.setFocus()
    _press(stage.edit, keys)

    assert stage.edit.toPlainText() == text.replace("\r\n", "\n")
    assert stage.is_open(task)
    assert stage.question.options.ticked_values == ()


@pytest.mark.parametrize("text", PASTES.values(), ids=PASTES.keys())
def test_an_input_method_answers_nothing(stage: Any, text: str) -> None:
    """What an input method or a text expander commits is text, not keys: it chooses nothing and sends nothing."""
    task = stage.ask("Deploy?", "y", "n")
    stage.activate()
    for place in (stage.window, stage.cards[0], stage.edit):
        place.setFocus()
        event = QInputMethodEvent()
        event.setCommitString(text)
        QApplication.sendEvent(place, event)

    assert stage.is_open(task)


@pytest.mark.parametrize("place", ["window", "edit", "prompt", "tabs"])
def test_typing_y_and_enter_answers_nothing(stage: Any, place: str) -> None:
    """The habit of terminals, y and Enter, is no answer wherever the keyboard is when a question comes."""
    task = stage.ask("Deploy?", "y", "n")
    stage.ask("Another?", "y", "n")
    stage.activate()
    places = {"window": stage.window, "edit": stage.edit, "prompt": stage.question.prompt, "tabs": stage.window.tabs}
    places[place].setFocus()
    for key in (Qt.Key.Key_Y, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
        stage.key(key)

    assert stage.is_open(task)


@pytest.mark.parametrize("button", [Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton, Qt.MouseButton.BackButton])
def test_other_buttons_answer_nothing(stage: Any, button: Qt.MouseButton) -> None:
    """Only the first mouse button chooses: the middle one pastes elsewhere."""
    task = stage.ask("Deploy?", "y", "n")
    stage.activate()
    stage.type("text")
    for part in (*stage.cards, stage.question.composer.send):
        QTest.mouseClick(part, button)
        QTest.mouseDClick(part, button)

    assert stage.is_open(task)


def test_dropped_text_answers_nothing(stage: Any) -> None:
    """Text with line ends that is dropped on the text field becomes text there; cards take none."""
    task = stage.ask("Deploy?", "y", "n")
    stage.activate()
    data = QMimeData()
    data.setText("y\n")
    stage.edit.insertFromMimeData(data)

    assert stage.edit.toPlainText() == "y\n"
    assert not any(card.acceptDrops() for card in (*stage.cards, stage.window))
    assert stage.is_open(task)


def test_a_link_that_has_just_appeared_is_not_followed(arming: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A click aimed at what was there before opens no address; once the options count, links do."""
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    arming.ask("[here](https://example.org/)", "Yes")
    arming.activate()
    prompt = arming.question.prompt
    spot = prompt.cursorRect().center() + QPoint(6, 0)
    assert prompt.anchorAt(spot)
    arming.question.arm(NEVER)
    QTest.mouseClick(prompt.viewport(), LEFT, pos=spot)
    assert opened == []

    arming.question.arm(0)
    _wait_until_armed(arming)
    QTest.mouseClick(prompt.viewport(), LEFT, pos=spot)
    assert opened == ["https://example.org/"]


def _press(widget: QWidget, keys: Any) -> None:
    combination = QKeySequence(keys)[0]
    QTest.keyClick(widget, combination.key(), combination.keyboardModifiers())
