"""The desktop app as a whole, in this process, with a real listener."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from deskbell import endpoint, folders
from deskbell.errors import DeskUnreachable
from deskbell.settings import read_settings
from deskbell_desktop.app import DesktopApp


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_settings(**countdown: Any) -> None:
    path = folders.settings_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{name} = {value!r}" for name, value in countdown.items()]
    sections = [f"[listener]\nport = {_free_port()}", "[window]\narm_milliseconds = 0", "[countdown]", *lines]
    path.write_text("\n".join(sections) + "\n")


@pytest.fixture
def make_desktop(qtbot: QtBot, qapp: Any) -> Iterator[Callable[..., DesktopApp]]:
    made: list[DesktopApp] = []

    def make(**countdown: Any) -> DesktopApp:
        _write_settings(**countdown)
        made.append(DesktopApp(qapp, read_settings(folders.settings_path())))
        made[-1].listen()
        return made[-1]

    yield make
    for desktop in made:
        desktop.close()
        desktop.close()  # closing twice is harmless
        desktop.watch._settle.stop()
        for thing in (desktop.window, desktop.tray.menu, desktop.theme, desktop):
            thing.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def desktop(make_desktop: Callable[..., DesktopApp]) -> DesktopApp:
    return make_desktop()


@pytest.fixture
def http(desktop: DesktopApp) -> Iterator[httpx.Client]:
    found = endpoint.find_endpoint()
    headers = {"Authorization": f"Bearer {found.token}"}
    with httpx.Client(base_url=found.url, headers=headers, timeout=20, trust_env=False) as client:
        yield client


def _post(http: httpx.Client, prompt: str, *options: str, **more: Any) -> str:
    response = http.post("/v1/tasks", json={"prompt": prompt, "options": list(options), **more})
    assert response.status_code == 201, response.text
    return str(response.json()["task_id"])


def test_a_question_over_http_is_answered_by_a_click(qtbot: QtBot, desktop: DesktopApp, http: httpx.Client) -> None:
    """An agent posts a question and waits; a window appears, a click on an option answers, the agent has it."""
    task_id = _post(http, "Deploy to production?", "Yes", "No", source={"agent": "Codex"})
    with ThreadPoolExecutor(1) as agent:
        waiting = agent.submit(http.get, f"/v1/tasks/{task_id}", params={"wait": 15})
        question = desktop.window.question
        qtbot.waitUntil(lambda: desktop.window.isVisible() and question.task_id == task_id)
        assert question.prompt.toPlainText() == "Deploy to production?"
        QTest.mouseClick(question.options.cards[1], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(waiting.done)
        answer = waiting.result().json()["answer"]

    assert (answer["options"], answer["answered_by"]) == (["No"], "person")
    qtbot.waitUntil(desktop.window.empty.isVisible)


def test_the_tray_counts_and_pauses(qtbot: QtBot, desktop: DesktopApp, http: httpx.Client) -> None:
    """The tray knows how many wait, and its pause and the window's are the same."""
    pause = next(action for action in desktop.tray.menu.actions() if action.text() == "Pause countdowns")
    desktop.window.header.pauseToggled.emit()
    assert pause.isChecked()
    task_id = _post(http, "Deploy?", "Yes")
    qtbot.waitUntil(lambda: "1" in desktop.tray.icon.toolTip())
    assert desktop.desk.task(task_id).is_held
    pause.trigger()

    assert not pause.isChecked()
    assert not desktop.desk.is_paused


def test_the_tray_knows_of_a_pause_from_before(qtbot: QtBot, make_desktop: Callable[..., DesktopApp]) -> None:
    """An app that was paused is paused when it is started again, and says so before anything rings."""
    first = make_desktop()
    first.window.toggle_pause()
    first.close()
    desktop = make_desktop()
    pause = next(action for action in desktop.tray.menu.actions() if action.text() == "Pause countdowns")

    qtbot.waitUntil(pause.isChecked)
    assert desktop.desk.is_paused


def test_trouble_that_lasts_brings_the_window_up_once(
    qtbot: QtBot, desktop: DesktopApp, expect_log: Callable[[str], None]
) -> None:
    """Whoever has put it away knows; other trouble is news."""
    expect_log("is full")
    expect_log("is gone")
    desktop.bridge.pass_on_trouble("The disk is full.")
    assert desktop.window.isVisible()
    desktop.window.hide()
    desktop.bridge.pass_on_trouble("The disk is full.")
    assert not desktop.window.isVisible()

    desktop.bridge.pass_on_trouble("The disk is gone.")
    assert desktop.window.isVisible()


def test_a_cancelled_question_goes(qtbot: QtBot, desktop: DesktopApp, http: httpx.Client) -> None:
    """What the asker takes back disappears from window and tray."""
    task_id = _post(http, "Deploy?", "Yes")
    qtbot.waitUntil(lambda: desktop.window.question.task_id == task_id)
    assert http.delete(f"/v1/tasks/{task_id}").is_success

    qtbot.waitUntil(desktop.window.empty.isVisible)
    assert desktop.tray.icon.toolTip() == "Deskbell"


def test_changed_settings_reach_countdowns_in_progress(qtbot: QtBot, desktop: DesktopApp, http: httpx.Client) -> None:
    """Saving another default shortens the countdown of an open question that chose none, in the window as well."""
    task_id = _post(http, "Deploy?", "Yes")
    qtbot.waitUntil(lambda: desktop.window.question.task_id == task_id)
    _write_settings(default_seconds=100)

    qtbot.waitUntil(lambda: desktop.desk.task(task_id).auto_resubmit_timeout == 100)
    label = desktop.window.countdown._label
    qtbot.waitUntil(lambda: "1:3" in label.text() or "1:40" in label.text())


def test_broken_settings_are_told(qtbot: QtBot, desktop: DesktopApp, expect_log: Callable[[str], None]) -> None:
    """A mistake in the file is said in the window with file and line; mending it takes the message away."""
    expect_log("default_seconds")
    desktop.window.summon()
    _write_settings(default_seconds=-1)
    qtbot.waitUntil(lambda: "default_seconds" in desktop.window.notice.text)
    assert f"{folders.settings_path()}:" in desktop.window.notice.text
    _write_settings(default_seconds=99)

    qtbot.waitUntil(lambda: not desktop.window.notice.isVisible())
    assert desktop.desk.settings.countdown.default_seconds == 99


def test_the_settings_entry_opens_a_file(qtbot: QtBot, desktop: DesktopApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings file makes the file if need be and opens it."""
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: not opened.append(url))
    folders.settings_path().unlink()
    desktop.tray.settingsRequested.emit()
    qtbot.waitUntil(lambda: bool(opened))

    assert [url.toLocalFile() for url in opened] == [str(folders.settings_path())]
    assert "default_seconds" in folders.settings_path().read_text()


@pytest.mark.parametrize("obstacle", ["no editor", "no folder"])
def test_a_settings_file_that_cannot_be_opened_is_said(
    qtbot: QtBot, desktop: DesktopApp, monkeypatch: pytest.MonkeyPatch, obstacle: str
) -> None:
    """Without a program for it, or without a folder to make it in, the window says what to do."""
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _url: False)
    if obstacle == "no folder":
        folders.settings_path().unlink()
        folders.config_folder().rmdir()
        folders.config_folder().write_text("a file in its place")
    desktop.tray.settingsRequested.emit()

    qtbot.waitUntil(lambda: str(folders.settings_path()) in desktop.window.notice.text)
    assert desktop.window.isVisible()


def test_other_notices_survive_a_settings_change(qtbot: QtBot, desktop: DesktopApp) -> None:
    """A settings file that is fine takes away what was said about it, and nothing else."""
    desktop.window.show_notice("You had typed: a lot")
    _write_settings(default_seconds=99)
    qtbot.waitUntil(lambda: desktop.desk.settings.countdown.default_seconds == 99)

    assert desktop.window.notice.text == "You had typed: a lot"


def test_a_summons_shows_the_window(qtbot: QtBot, desktop: DesktopApp) -> None:
    """What a second start asks for brings the window up."""
    desktop.desk.summon()

    qtbot.waitUntil(desktop.window.isVisible)


def test_a_new_token_is_for_the_next_start_too(desktop: DesktopApp, http: httpx.Client) -> None:
    """A client has the token replaced: the old one is refused, and the files have the new one."""
    assert http.post("/v1/token").status_code == 204

    assert http.get("/v1/tasks").status_code == 401
    found = endpoint.find_endpoint()
    assert http.get("/v1/tasks", headers={"Authorization": f"Bearer {found.token}"}).status_code == 200
    assert endpoint.load_or_create_token() == found.token


def test_quitting_closes_a_window_that_otherwise_steps_aside(desktop: DesktopApp, qapp: Any) -> None:
    """When the system asks the app to quit, the window lets itself be closed."""
    desktop.window.summon()
    qapp.quitRequested.emit()  # the event itself would end every event loop of this process for good
    desktop.window.close()

    assert not desktop.window.isVisible()


def test_closing_withdraws_and_keeps_what_is_open(
    desktop: DesktopApp, http: httpx.Client, make_desktop: Callable[..., DesktopApp]
) -> None:
    """At the end nobody finds a desk any more; the next start has the question again."""
    task_id = _post(http, "Deploy?", "Yes")
    desktop.close()

    assert not desktop.window.isVisible()
    with pytest.raises(DeskUnreachable):
        endpoint.find_endpoint()

    assert [task.task_id for task in make_desktop().desk.open_tasks()] == [task_id]
