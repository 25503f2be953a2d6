"""Somebody damages, removes or locks up the journal's folder while the app runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from deskbell.client import DeskClient
from deskbell.task import Answer
from rig.app import Launcher, Start
from rig.settings import write_settings
from rig.verdict import JOURNAL
from stage.waiting import until

SOON = {"deskbell.journal.writer:RETRY_SECONDS": 0.1, "deskbell.journal.writer:IDLE_SECONDS": 0.1}


@pytest.fixture
def client(home: Path, launcher: Launcher) -> DeskClient:
    """A client of a running app."""
    write_settings(home, window={"arm_milliseconds": 0, "hide_when_done": False})
    launcher.start_listening(Start(str(home), constants=SOON))
    return DeskClient(start_desktop=False)


def _remove_file(journal: Path) -> None:
    journal.unlink()


def _remove_all_files(journal: Path) -> None:
    for path in journal.parent.glob("journal.db*"):
        path.unlink()


def _remove_folder(journal: Path) -> None:
    shutil.rmtree(journal.parent)


def _rename_folder(journal: Path) -> None:
    journal.parent.rename(journal.parent.with_name("elsewhere"))


def _another_file(journal: Path) -> None:
    part = journal.with_name("part")
    part.write_bytes(b"garbage" * 10_000)
    part.replace(journal)


def _garbage(journal: Path) -> None:
    with journal.open("r+b") as file:
        file.write(b"garbage " * (journal.stat().st_size // 8))


def _truncate(journal: Path) -> None:
    with journal.open("r+b") as file:
        file.truncate(5000)


def _truncate_to_nothing(journal: Path) -> None:
    with journal.open("r+b") as file:
        file.truncate(0)


def _truncate_log(journal: Path) -> None:
    with journal.with_name(journal.name + "-wal").open("r+b") as file:
        file.truncate(0)


def _remove_log(journal: Path) -> None:
    journal.with_name(journal.name + "-wal").unlink()


@pytest.mark.parametrize(
    "harm",
    [
        _remove_file,
        _remove_all_files,
        _remove_folder,
        _rename_folder,
        _another_file,
        _garbage,
        _truncate,
        _truncate_to_nothing,
        _truncate_log,
        _remove_log,
    ],
)
@pytest.mark.parametrize("is_idle", [True, False], ids=["idle", "busy"])
def test_open_questions_survive(
    home: Path, client: DeskClient, launcher: Launcher, harm: Callable[[Path], None], is_idle: bool
) -> None:
    """New questions are taken, the open ones can be answered, and both are there after a crash; the person is told."""
    first = client.ask("First?", ["Yes"])
    second = client.ask("Second?", ["Yes"], key="second")
    until(lambda: launcher.do("look")["shown"] == first.task_id, "the question")
    launcher.do("type", "half an answer")
    until(lambda: launcher.do("look")["draft"], "the draft")
    if is_idle:
        until(lambda: _is_worked_in(home), "an idle moment")

    harm(home / JOURNAL)

    third = client.ask("Third?", ["Yes"])
    client.answer(second.task_id, Answer(("Yes",)))
    fourth = client.ask("Fourth?", ["Yes"])
    launcher.kill()
    launcher.start_listening(Start(str(home), constants=SOON))

    assert [task.task_id for task in client.list()] == [first.task_id, third.task_id, fourth.task_id]
    answered = client.get(second.task_id).answer
    assert answered is not None
    assert answered.options == ("Yes",)
    until(lambda: launcher.do("look")["shown"] == first.task_id, "the question")
    assert launcher.do("look")["text"] == "half an answer"


def _is_worked_in(home: Path) -> bool:
    return b"half an answer" in (home / JOURNAL).read_bytes()
