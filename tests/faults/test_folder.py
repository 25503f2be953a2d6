"""The journal's folder takes nothing, or is not there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deskbell.client import DeskClient
from rig.app import Launcher, Start
from rig.settings import write_settings
from rig.verdict import JOURNAL


def test_a_read_only_folder(home: Path, launcher: Launcher) -> None:
    """The app says why it does not start, instead of taking questions that it could not keep."""
    write_settings(home)
    launcher.start_listening(Start(str(home), disk_bytes=2**20))
    task = DeskClient(start_desktop=False).ask("Why?")
    launcher.kill()

    launcher.start(Start(str(home), disk_bytes=2**20, is_read_only=True))
    assert launcher.wait() == 1
    assert "journal cannot be used" in (home / "app.log").read_text()

    launcher.start_listening(Start(str(home), disk_bytes=2**20))
    assert [one.task_id for one in DeskClient(start_desktop=False).list()] == [task.task_id]


@pytest.mark.parametrize("place", [Path(), Path("data"), JOURNAL.parent])
def test_a_folder_that_is_gone_at_the_start(home: Path, launcher: Launcher, place: Path) -> None:
    """It is made anew, for its owner alone, and there is a desk."""
    write_settings(home)
    launcher.start_listening(Start(str(home)))
    launcher.stop()
    shutil.rmtree(home / place)

    launcher.start_listening(Start(str(home)))
    DeskClient(start_desktop=False).ask("Why?")
    assert (home / JOURNAL).parent.stat().st_mode & 0o777 == 0o700
    assert (home / JOURNAL).stat().st_mode & 0o077 == 0


def test_a_folder_that_others_can_read(home: Path, launcher: Launcher) -> None:
    """The app says how to mend it, and does so again once that is done."""
    write_settings(home)
    launcher.start_listening(Start(str(home)))
    launcher.stop()
    (home / JOURNAL).parent.chmod(0o755)

    launcher.start(Start(str(home)))
    assert launcher.wait() == 1
    assert f"chmod 700 {(home / JOURNAL).parent}" in (home / "app.log").read_text()

    (home / JOURNAL).parent.chmod(0o700)
    launcher.start_listening(Start(str(home)))
