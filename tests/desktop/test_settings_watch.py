"""The settings file is followed while the app runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QThreadPool
from pytestqt.qtbot import QtBot

from deskbell.settings import Loaded, Settings, read_settings
from deskbell_desktop.settings_watch import SettingsWatch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


@pytest.fixture
def watch(qtbot: QtBot, path: Path) -> Iterator[Callable[[], SettingsWatch]]:
    """Starts watching what is there now."""
    watches: list[SettingsWatch] = []

    def start() -> SettingsWatch:
        watches.append(SettingsWatch(path, read_settings(path)))
        return watches[-1]

    yield start
    for one in watches:
        one._settle.stop()
        QThreadPool.globalInstance().waitForDone()
        one.deleteLater()


def _write(path: Path, seconds: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[countdown]\ndefault_seconds = {seconds}\n")


def _seconds(loaded: Loaded) -> int:
    return loaded.settings.countdown.default_seconds


@pytest.mark.parametrize("folder", ["missing", "there"])
def test_a_file_that_comes_into_being_is_read(
    qtbot: QtBot, path: Path, watch: Callable[[], SettingsWatch], folder: str
) -> None:
    """The first settings file is noticed, even when its folder was missing at the start."""
    if folder == "there":
        path.parent.mkdir(parents=True)
    with qtbot.waitSignal(watch().loaded) as signal:
        _write(path, 100)

    assert _seconds(signal.args[0]) == 100


def test_a_changed_file_is_read_each_time(qtbot: QtBot, path: Path, watch: Callable[[], SettingsWatch]) -> None:
    """Every change is told, not only the first."""
    _write(path, 100)
    one = watch()
    for seconds in (110, 120, 130):
        with qtbot.waitSignal(one.loaded) as signal:
            _write(path, seconds)
        assert _seconds(signal.args[0]) == seconds


def test_a_replaced_file_is_read_each_time(qtbot: QtBot, path: Path, watch: Callable[[], SettingsWatch]) -> None:
    """Editors that write beside the file and rename are followed, time and again."""
    _write(path, 100)
    one = watch()
    for seconds in (110, 120, 130):
        beside = path.with_suffix(".new")
        _write(beside, seconds)
        with qtbot.waitSignal(one.loaded) as signal:
            beside.replace(path)
        assert _seconds(signal.args[0]) == seconds


def test_a_deleted_file_means_defaults(qtbot: QtBot, path: Path, watch: Callable[[], SettingsWatch]) -> None:
    """Without a file the defaults hold, and a new file is noticed again."""
    _write(path, 100)
    one = watch()
    with qtbot.waitSignal(one.loaded) as signal:
        path.unlink()
    assert signal.args == [Loaded(Settings())]
    with qtbot.waitSignal(one.loaded) as signal:
        _write(path, 90)

    assert _seconds(signal.args[0]) == 90


@pytest.mark.parametrize("content", ["seconds", "-5", '"ten"', "99999"])
def test_a_broken_file_tells_what_is_wrong(
    qtbot: QtBot, path: Path, watch: Callable[[], SettingsWatch], content: str
) -> None:
    """Problems come along with their line, and what was set before stays in force."""
    _write(path, 100)
    one = watch()
    with qtbot.waitSignal(one.loaded) as signal:
        _write(path, content)

    assert _seconds(signal.args[0]) == 100
    assert [problem.line for problem in signal.args[0].problems] == [2]


def test_a_file_saved_without_a_change_tells_nothing(
    qtbot: QtBot, path: Path, watch: Callable[[], SettingsWatch]
) -> None:
    """Saving the same settings is no news."""
    _write(path, 100)
    one = watch()
    with qtbot.assertNotEmitted(one.loaded):
        with qtbot.waitSignal(one._read):
            path.write_text(path.read_text() + "# a comment\n")
        qtbot.wait(0)
