"""Real keys and clicks that were meant for something else: none of them may answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stage.typewriter import Typewriter
from stage.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stage.desktop import DesktopApp

ARMING = 1000  # ms; long enough for a click to come too early on a busy machine


@pytest.fixture
def slow_app(idle_app: DesktopApp) -> DesktopApp:
    """An app whose options take a second to count."""
    idle_app.settings(window={"arm_milliseconds": ARMING})
    idle_app.start()
    return idle_app


@pytest.fixture
def typewriter(idle_app: DesktopApp) -> Iterator[Typewriter]:
    """Somebody else's window, which has the keyboard."""
    with Typewriter(idle_app.display) as window:
        yield window


def _is_open(app: DesktopApp, task_id: str) -> bool:
    return app.api.task(task_id)["status"] == "active"


def _click_here(app: DesktopApp) -> None:
    app.display.xdotool("click", "1")


def test_a_double_click_on_what_was_there_before_answers_nothing(slow_app: DesktopApp) -> None:
    """When the window comes up between the clicks of a double click on another one, the second click is wasted."""
    slow_app.api.call("DELETE", f"/v1/tasks/{slow_app.api.ask('Where?', 'Yes', 'No')}")
    slow_app.api.show()
    place = slow_app.place()
    slow_app.close_window()
    slow_app.wait_hidden()
    with Typewriter(slow_app.display, place) as other:
        x, y = place.left + place.width // 2, place.top + place.height // 5
        slow_app.display.click(x, y)
        until(lambda: other.clicks == 1, "the first click to arrive")
        task_id = slow_app.api.ask("Ship it?\n\n" + "line  \n" * 3, "Yes", "No")
        card = slow_app.cards_at_once(3)[0]
        slow_app.display.click(*card.middle)
        _click_here(slow_app)
        assert other.clicks == 1

        slow_app.display.park_pointer()
        slow_app.cards(3)
        assert _is_open(slow_app, task_id)


@pytest.mark.parametrize("before", ["hidden", "empty", "replaced"])
def test_a_question_that_arrives_under_the_pointer_is_not_clicked(slow_app: DesktopApp, before: str) -> None:
    """A click that falls on a question the moment it comes does nothing; once it has been in sight it answers."""
    first = slow_app.api.ask("First?", "Yes", "No")
    slow_app.display.xdotool("mousemove", *map(str, slow_app.cards(3)[0].middle))
    if before == "replaced":
        task_id = slow_app.api.ask("Second?", "Yes", "No")
    if before == "empty":
        slow_app.close_window()
        slow_app.wait_hidden()
        slow_app.api.show()  # a window that was asked for stays
        slow_app.window()
    slow_app.api.call("DELETE", f"/v1/tasks/{first}")
    if before == "hidden":
        slow_app.wait_hidden()
    if before != "replaced":
        task_id = slow_app.api.ask("Second?", "Yes", "No")
    until(lambda: slow_app.is_shown() and "Second" in slow_app.title(), "the second question")

    _click_here(slow_app)
    _click_here(slow_app)
    slow_app.display.park_pointer()
    slow_app.cards(3)
    assert _is_open(slow_app, task_id)

    slow_app.choose(0, count=3)
    assert slow_app.api.task(task_id, wait=5)["answer"]["options"] == ["Yes"]


def test_keys_typed_elsewhere_answer_nothing(app: DesktopApp) -> None:
    """While another window has the keyboard no key answers, though the window is in sight and was in use before."""
    task_id = app.api.ask("Ship it?", "1", "2", timeout=290)
    text = app.cards(3)[2]
    app.display.click(*text.middle)
    app.display.type_text("draft")
    until(lambda: app.api.task(task_id)["remaining"], "the question")
    with Typewriter(app.display) as other:
        app.display.press("1", "Return", "space", "ctrl+Return", "KP_Enter")
        until(lambda: len(other.typed) >= 6, "the keys to be typed")
        app.api.ask("Another?", "1", "2", timeout=290)
        app.display.press("2", "Return", "space", "ctrl+Return", "Escape")
        until(lambda: len(other.typed) >= 12, "the keys to be typed")
        assert other.has_focus()

    assert [task["status"] for task in app.api.open_tasks()] == ["active", "pending"]
    assert app.is_shown()


@pytest.mark.parametrize("key", ["Return", "space"])
def test_a_key_held_while_the_window_comes_back_presses_no_option(
    slow_app: DesktopApp, typewriter: Typewriter, key: str
) -> None:
    """Though an option had the focus when the window went, a key that is down when it comes back does not press it."""
    display = slow_app.display
    slow_app.settings(window={"arm_milliseconds": 100})
    task_id = slow_app.api.ask("Ship it?", "Yes", "No", timeout=290)
    slow_app.cards(3)
    display.click(*slow_app.place().middle)
    display.press("Tab", "Escape")
    slow_app.wait_hidden()
    typewriter.focus()
    display.xdotool("keydown", key)
    try:
        until(lambda: typewriter.typed, "the key to be down")
        slow_app.api.show()
        window = slow_app.window()
        until(lambda: display.active_window() == window.id, "the window to have the keyboard")
        slow_app.cards(3)
    finally:
        display.xdotool("keyup", key)
    slow_app.cards(3)

    assert _is_open(slow_app, task_id)


def test_digits_wait_for_a_sign_when_the_window_takes_the_keyboard(
    idle_app: DesktopApp, typewriter: Typewriter
) -> None:
    """Typing that runs on into a window that took the keyboard chooses nothing, also once its options count."""
    idle_app.settings(window={"take_focus": True, "arm_milliseconds": 50})
    idle_app.start()
    task_id = idle_app.api.ask("Ship it?", "Yes", "No")
    window = idle_app.window()
    until(lambda: idle_app.display.active_window() == window.id, "the window to have the keyboard")
    idle_app.cards(3)
    idle_app.display.press("1", "2", "Return", "space", "y", "Return")
    idle_app.cards(3)
    assert _is_open(idle_app, task_id)

    idle_app.display.press("Tab", "2")
    assert idle_app.api.task(task_id, wait=5)["answer"]["options"] == ["No"]
