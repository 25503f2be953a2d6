"""The journal's folder takes nothing, or is not there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deskbell.client import DeskClient
from deskbell.errors import DiskFull
from rig.app import Launcher, Start
from rig.settings import write_settings
from rig.verdict import JOURNAL
from rig.wire import post, problem
from stage.waiting import until

SOON = {"deskbell.journal.writer:RETRY_SECONDS": 0.1}


def test_a_folder_that_becomes_read_only(home: Path, launcher: Launcher) -> None:
    """Questions are refused with 507 and the window says why; what is on the desk stays, and all is well afterwards."""
    write_settings(home, window={"arm_milliseconds": 0, "hide_when_done": False})
    launcher.start_listening(Start(str(home), disk_bytes=2**20, constants=SOON))
    client = DeskClient(start_desktop=False)
    task = client.ask("Why?", ["Yes"])
    until(lambda: launcher.do("look")["shown"] == task.task_id, "the question")
    launcher.do("disk", "protect")

    assert problem(post("/v1/tasks", {"prompt": "Meanwhile?"})) == (507, "application/problem+json")
    with pytest.raises(DiskFull):
        client.ask("Meanwhile?")
    launcher.do("type", "because it rains")
    launcher.do("send")
    until(lambda: "cannot be used" in launcher.do("look")["notice"], "a word about it")
    until(lambda: launcher.do("look")["text"] == "because it rains", "what was typed")
    assert client.get(task.task_id).is_open

    launcher.do("disk", "unprotect")
    launcher.do("send")
    answer = client.wait(task.task_id, 10).answer
    assert answer is not None
    assert answer.text == "because it rains"


def test_a_folder_that_was_read_only_before(home: Path, launcher: Launcher) -> None:
    """The app says why it does not start, instead of taking questions that it could not keep."""
    write_settings(home)
    launcher.start_listening(Start(str(home), disk_bytes=2**20))
    task = DeskClient(start_desktop=False).ask("Why?")
    launcher.do("disk", "protect")
    launcher.kill()

    launcher.start(Start(str(home)))
    assert launcher.wait() == 1
    assert "journal cannot be used" in (home / "app.log").read_text()

    launcher.start_listening(Start(str(home), disk_bytes=2**20, is_writable_again=True))
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
