"""The disk gets full while somebody types, and has room again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from deskbell.client import DeskClient
from deskbell.errors import DiskFull
from rig.app import Launcher, Start
from rig.settings import write_settings
from rig.verdict import JOURNAL, copy_of
from rig.wire import post, problem
from stage.waiting import until

PROBLEM = "application/problem+json"
SOON = {"deskbell.journal.writer:RETRY_SECONDS": 0.1}

LONG = "Meanwhile? " * 2_000
REASON = "because it rains " * 1_000
"""Both are more than fits into what a full disk still has."""

Begin = Callable[..., DeskClient]


NEVER_IDLE = {"deskbell.journal.writer:IDLE_SECONDS": 1000.0}
"""An idle moment makes a little room: the log is worked in and begins anew."""


@pytest.fixture
def begin(home: Path, launcher: Launcher) -> Begin:
    """Starts the app on a small disk."""
    write_settings(home, window={"arm_milliseconds": 0, "hide_when_done": False})

    def start(**constants: float) -> DeskClient:
        launcher.start_listening(Start(str(home), disk_bytes=2**20, constants=SOON | constants))
        return DeskClient(start_desktop=False)

    return start


def _fill(launcher: Launcher, client: DeskClient) -> None:
    """Fill the disk, and what the journal had taken of it beforehand."""
    launcher.do("disk", "fill")
    until(lambda: not _fits(client), "the disk to be full")


def _fits(client: DeskClient) -> bool:
    try:
        client.cancel(client.ask("Still?").task_id)
    except DiskFull:
        return False
    return True


def _drafts(home: Path, launcher: Launcher) -> list[str]:
    with copy_of(launcher.seen_by_app(home / JOURNAL), home / "copy") as connection:
        return [row["content"] for row in connection.execute("SELECT content FROM draft")]


def _shown(launcher: Launcher, task_id: str) -> None:
    until(lambda: launcher.do("look")["shown"] == task_id, "the question")


def test_a_question_is_refused_until_there_is_room(begin: Begin, launcher: Launcher) -> None:
    """With 507 and a problem document; what is on the desk stays, the window says why, and the next try succeeds."""
    client = begin(**NEVER_IDLE)
    client.ask("Before?", ["Yes"])
    _fill(launcher, client)
    standing = [task.task_id for task in client.list() if task.is_open]

    assert problem(post("/v1/tasks", {"prompt": LONG})) == (507, PROBLEM)
    with pytest.raises(DiskFull):
        client.ask(LONG, key="k")
    assert [task.task_id for task in client.list() if task.is_open] == standing
    assert any("disk is full" in sentence for sentence in launcher.do("look")["said"])

    launcher.do("disk", "free")
    after = client.ask(LONG, key="k")
    until(lambda: not launcher.do("look")["notice"], "the word to go")
    launcher.kill()

    begin()
    assert [task.task_id for task in client.list()] == [*standing, after.task_id]


def test_an_answer_that_does_not_fit_on_the_disk_is_not_lost(begin: Begin, launcher: Launcher) -> None:
    """What was typed is in the field again, the question is open, and sending it again succeeds once there is room."""
    client = begin()
    task = client.ask("Why?", ["Yes"])
    _shown(launcher, task.task_id)
    launcher.do("paste", REASON)
    _fill(launcher, client)
    launcher.do("send")

    until(lambda: "disk is full" in launcher.do("look")["notice"], "a word about it")
    until(lambda: launcher.do("look")["text"] == REASON, "what was typed")
    assert client.get(task.task_id).is_open
    assert problem(post(f"/v1/tasks/{task.task_id}/answer", {"text": REASON})) == (507, PROBLEM)

    launcher.do("disk", "free")
    launcher.do("send")
    answer = client.wait(task.task_id, 10).answer
    assert answer is not None
    assert answer.text == REASON
    launcher.kill()

    begin()
    assert client.get(task.task_id).answer == answer


def test_a_draft_is_kept_once_there_is_room(begin: Begin, launcher: Launcher, home: Path) -> None:
    """What was typed on a full disk outlives a crash that comes after that."""
    client = begin()
    task = client.ask("Why?", ["Yes"])
    _shown(launcher, task.task_id)
    _fill(launcher, client)
    launcher.do("paste", REASON)
    until(lambda: launcher.do("look")["draft"], "the desk to be told")
    assert not _drafts(home, launcher)

    launcher.do("disk", "free")
    until(lambda: _drafts(home, launcher), "the draft on disk")
    launcher.kill()

    begin()
    _shown(launcher, task.task_id)
    assert launcher.do("look")["text"] == REASON
