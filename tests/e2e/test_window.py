"""Where the window is, when it comes and goes, and what it leaves alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from stage.typewriter import Typewriter
from stage.waiting import always, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.command import Command
    from stage.desktop import DesktopApp
    from stage.display import VirtualDisplay

    RunCommand = Callable[..., Command]


def test_closing_hides_to_the_tray_and_a_click_on_the_tray_brings_it_back(app: DesktopApp) -> None:
    """The close button leaves the question open, and the tray icon shows the window again."""
    app.api.ask("Ship it?", "Yes")

    app.close_window()
    app.wait_hidden()
    assert app.display.app_windows() == []
    app.display.click(*app.display.tray_icons()[0].middle)

    app.cards(2)
    assert len(app.api.open_tasks()) == 1


def test_without_a_tray_closing_minimises(
    open_display: Callable[..., VirtualDisplay], make_app: Callable[[VirtualDisplay], DesktopApp]
) -> None:
    """Where there is no tray the close button leaves the window in the task bar."""
    app = make_app(open_display(tray=False))
    app.start()
    app.api.ask("Ship it?", "Yes")

    app.close_window()

    until(app.is_minimised, "the window to be minimised")
    app.api.show()
    app.cards(2)


def test_the_window_leaves_the_keyboard_where_it_is(app: DesktopApp) -> None:
    """Somebody who types elsewhere goes on typing there when the window comes up, and answers nothing."""
    with Typewriter(app.display) as typewriter:
        task_id = app.api.ask("Ship it?", "1", "2", timeout=290)
        app.cards(3)
        app.display.type_text("a1b2")
        app.display.press("Return", "space")

        until(lambda: len(typewriter.typed) >= 6, "the keys to be typed")
        assert typewriter.typed == "a1b2\r "
        assert typewriter.has_focus()
    assert app.api.task(task_id)["status"] == "active"


@pytest.mark.parametrize("key", ["Return", "space", "1"])
def test_a_key_that_is_down_when_the_window_comes_answers_nothing(idle_app: DesktopApp, key: str) -> None:
    """A key held since before the question came does nothing, though the window takes the keyboard and arms."""
    idle_app.settings(window={"take_focus": True})
    idle_app.start()
    display = idle_app.display
    with Typewriter(display) as typewriter:
        display.xdotool("keydown", key)
        try:
            until(lambda: typewriter.typed, "the key to be down")
            task_id = idle_app.api.ask("Ship it?", "Yes", "No")
            window = idle_app.window()
            until(lambda: display.active_window() == window.id, "the window to have the keyboard")
            idle_app.cards(3)
            always(lambda: idle_app.api.task(task_id)["status"] == "active", "the question is open", seconds=0.7)
        finally:
            display.xdotool("keyup", key)

    assert idle_app.api.task(task_id)["status"] == "active"


def test_a_click_before_the_options_are_armed_answers_nothing(idle_app: DesktopApp) -> None:
    """A click where an option has just appeared does nothing; the same click later answers."""
    idle_app.settings(window={"arm_milliseconds": 1500})
    idle_app.start()
    task_id = idle_app.api.ask("Ship it?", "Yes", "No")

    card = idle_app.cards_at_once(3)[0]
    idle_app.display.click(*card.middle)
    idle_app.display.park_pointer()
    assert idle_app.cards(3)[0] == card
    assert idle_app.api.task(task_id)["status"] == "active"

    idle_app.choose(0, count=3)
    assert idle_app.api.task(task_id, wait=5)["answer"]["options"] == ["Yes"]


def test_a_double_click_answers_one_question_only(app: DesktopApp) -> None:
    """The second half of a double click does not answer the question that comes up under the pointer."""
    first, second = (app.api.ask(f"Question {number}?", "Yes", "No") for number in (1, 2))

    before = app.cards(3)
    x, y = before[0].middle
    app.display.xdotool("mousemove", str(x), str(y), "click", "--repeat", "4", "--delay", "60", "1")
    app.display.park_pointer()

    until(lambda: "Question 2" in app.title(), "the second question")
    assert app.cards(3) == before
    assert [app.api.task(task_id)["status"] for task_id in (first, second)] == ["completed", "active"]


def test_the_window_comes_back_where_it_was(app: DesktopApp) -> None:
    """Moved, resized, closed and started anew, the window is where it was and as large as it was."""
    app.api.show()
    window = str(app.window().id)
    app.display.xdotool("windowsize", "--sync", window, "620", "540", "windowmove", "--sync", window, "150", "120")
    place = app.place()

    app.close_window()
    app.wait_hidden()
    app.api.show()
    again = app.place()
    app.close_window()
    app.wait_hidden()
    app.stop()
    app.start()
    app.api.show()

    assert (place.width, place.height) == (620, 540)
    assert again == place
    assert app.place() == place


def test_the_window_fits_on_a_smaller_screen(
    open_display: Callable[..., VirtualDisplay], make_app: Callable[[VirtualDisplay], DesktopApp]
) -> None:
    """A window that was large and far out on a screen lies wholly on a smaller one after a restart there."""
    app = make_app(open_display(size=(640, 520)))
    remembered = app.home / "state" / "window.json"
    remembered.parent.mkdir(parents=True)
    remembered.write_text(json.dumps([900, 500, 900, 700]))
    app.start()

    app.api.ask("Ship it?", "Yes")

    app.cards(2)
    place = app.place()
    assert place.left >= 0
    assert place.top >= 0
    assert place.right <= 640
    assert place.bottom <= 520
