"""Starting, starting twice, and ending."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest

from stage.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.command import Command
    from stage.desktop import DesktopApp

    RunCommand = Callable[..., Command]


def test_a_second_start_shows_the_first_window(app: DesktopApp) -> None:
    """Started while it runs, the app shows the window that is there and the second process ends with 0."""
    assert not app.is_shown()

    second = subprocess.run([sys.executable, "-m", "deskbell_desktop"], env=app.environment, check=False, timeout=20)

    assert second.returncode == 0
    app.window()
    assert app.endpoint["pid"] == app.pid


def _quit_by_menu(app: DesktopApp) -> None:
    app.display.click(*app.display.tray_icons()[0].middle, button=3)
    menu = until(app.display.popups, "the tray's menu")[0]
    app.display.click(menu.left + menu.width // 2, menu.bottom - 18)  # its last line


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda app: app.signal(signal.SIGTERM), id="SIGTERM"),
        pytest.param(lambda app: app.signal(signal.SIGINT), id="SIGINT"),
        pytest.param(_quit_by_menu, id="menu"),
    ],
)
def test_an_app_that_ends_and_starts_again_goes_on(
    app: DesktopApp, run: RunCommand, end: Callable[[DesktopApp], None]
) -> None:
    """The app ends with 0 within three seconds and withdraws its endpoint; the next one answers whoever waits."""
    asking = [run("ask", f"Question {number}?", "-o", "Yes") for number in range(2)]
    until(lambda: len(app.api.open_tasks()) == 2, "two questions")
    app.window()

    end(app)

    assert app.exit_code() == 0
    assert not app.endpoint_path.exists()
    app.stop()
    app.start()
    for left in (2, 1):
        app.choose(0, count=2)
        until(lambda left=left: len(app.api.open_tasks()) < left, "the answer")
    assert [command.outcome().output for command in asking] == ["Yes", "Yes"]


def test_a_command_that_waits_starts_a_crashed_app_again(app: DesktopApp, run: RunCommand) -> None:
    """Killed in the middle of a question, the app comes back by itself with the question, and the click counts."""
    asking = run("ask", "Still there?", "-o", "Yes", "-o", "No", DESKBELL_NO_START="0")
    app.cards(3)
    app.signal(signal.SIGKILL)
    app.exit_code()
    try:
        app.choose(1, count=3)

        assert asking.outcome().output == "No"
    finally:
        _end(app)


def test_it_ends_every_time(app: DesktopApp) -> None:
    """Ten times in a row the app starts, shows a question and ends within three seconds."""
    codes = []
    for number in range(10):
        if number:
            app.start()
        app.api.ask("Ship it?", "Yes")
        if number % 2:
            app.window()
        app.signal(signal.SIGTERM)
        codes.append(app.exit_code())
        app.stop()

    assert codes == [0] * 10


def test_a_taken_port_is_no_hindrance(idle_app: DesktopApp, run: RunCommand) -> None:
    """Where somebody else has the port, the app takes a following one and commands find it there."""
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        taken = somebody.getsockname()[1]
        idle_app.settings(listener={"port": taken})
        idle_app.start()
        url = run("url").outcome().output
        asking = run("ask", "Ship it?", "-o", "Yes")
        idle_app.choose(0, count=2)

        assert taken < int(urlsplit(url).port or 0) <= taken + 50
        assert asking.outcome().output == "Yes"


def test_a_command_starts_the_app_and_waits_for_it(idle_app: DesktopApp, run: RunCommand) -> None:
    """With no app running, `deskbell ask` starts it, rings, and gets what is clicked; the app stays."""
    asking = run("ask", "Anybody there?", "-o", "Yes", "-o", "No", DESKBELL_NO_START="0")
    try:
        idle_app.choose(1, count=3)

        outcome = asking.outcome()
        assert (outcome.code, outcome.output) == (0, "No")
        assert idle_app.api.open_tasks() == []
    finally:
        _end(idle_app)


def test_many_commands_at_once_start_one_app(idle_app: DesktopApp, run: RunCommand) -> None:
    """Five askers that find no desk all ring the same one: who comes second waits for the first one's app."""
    asking = [run("ask", f"Question {number}", "--no-wait", DESKBELL_NO_START="0") for number in range(5)]
    try:
        outcomes = [command.outcome() for command in asking]

        assert [(outcome.code, outcome.complaint) for outcome in outcomes] == [(0, "")] * 5
        assert {task["task_id"] for task in idle_app.api.open_tasks()} == {outcome.output for outcome in outcomes}
    finally:
        _end(idle_app)


def test_without_an_app_a_command_says_how_to_start_it(idle_app: DesktopApp, run: RunCommand) -> None:
    """With no app running and none to be started, the command has an exit code of its own and names the remedy."""
    outcome = run("ask", "Anybody there?", "-o", "Yes").outcome()

    assert outcome.code == 5
    assert "deskbell desktop" in outcome.complaint


def _end(app: DesktopApp) -> None:
    """End an app that a command has started; whose child it is then depends on the machine."""
    try:
        process = psutil.Process(app.endpoint["pid"])
        process.terminate()
    except psutil.NoSuchProcess:
        return
    until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, "the app to end")
