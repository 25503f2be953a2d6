"""The window for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QWidget

from deskbell.task import Option


def _tree(item: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    yield item
    for index in range(item.childCount()):
        child = item.child(index)
        if child is not None and child.isValid() and not child.state().invisible:
            yield from _tree(child)


def _focusable(stage: Any) -> list[QAccessibleInterface]:
    return [item for item in _tree(QAccessible.queryAccessibleInterface(stage.window)) if item.state().focusable]


def _names(stage: Any) -> list[str]:
    return [item.text(QAccessible.Text.Name) for item in _focusable(stage) if item.object() is not stage.window]


def _single(stage: Any) -> None:
    stage.ask("Deploy?", Option("Yes", description="40 s", recommended=True), "No")
    stage.ask("Another?", "x")


def _several(stage: Any) -> None:
    stage.ask("Which?", "a", "b", multiple=True)


def _text(stage: Any) -> None:
    stage.ask("What?")


def _held(stage: Any) -> None:
    stage.desk.hold(stage.ask("Deploy?", "Yes").task_id)


def _paused(stage: Any) -> None:
    stage.ask("Deploy?", "Yes")
    stage.window.toggle_pause()


def _with_notice(stage: Any) -> None:
    stage.ask("Deploy?", "Yes")
    stage.window.show_notice("Something has happened.")


def _empty(stage: Any) -> None:
    stage.window.summon()


@pytest.mark.parametrize("state", [_single, _several, _text, _held, _paused, _with_notice, _empty])
def test_every_control_has_a_name(stage: Any, state: Any) -> None:
    """Whatever takes the keyboard tells a screen reader what it is."""
    state(stage)
    stage.settle()
    nameless = [item.object() for item in _focusable(stage) if not item.text(QAccessible.Text.Name).strip()]

    assert nameless == []


def test_options_tell_their_role_and_what_they_say(stage: Any) -> None:
    """A single choice is a button, one of several a check box; the description comes along."""
    _single(stage)
    yes = QAccessible.queryAccessibleInterface(stage.cards[0])
    assert yes.role() == QAccessible.Role.Button
    assert yes.text(QAccessible.Text.Description) == "40 s recommended"
    task = stage.ask("Which?", "a", multiple=True)
    stage.window.switch_to(2)
    stage.shows(task)

    assert QAccessible.queryAccessibleInterface(stage.cards[0]).role() == QAccessible.Role.CheckBox


def test_a_screen_reader_can_answer(stage: Any) -> None:
    """Pressing a card through the accessibility interface answers."""
    task = stage.ask("Deploy?", "Yes", "No")
    action = QAccessible.queryAccessibleInterface(stage.cards[1]).actionInterface()
    action.doAction(action.pressAction())

    assert stage.answer(task).options == ("No",)


def test_tab_reaches_everything(stage: Any) -> None:
    """The Tab key goes from the prompt over the options and the text to the foot, and round."""
    stage.ask("Deploy?", "Yes", "No")
    stage.activate()
    reached: list[QWidget] = []
    for _ in range(30):
        stage.window.focusNextChild()
        reached.append(stage.window.focusWidget())

    wanted = [stage.question.prompt, *stage.cards, stage.edit]
    assert [widget for widget in dict.fromkeys(reached) if widget in wanted] == wanted
