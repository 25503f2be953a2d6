"""A new journal in place of one that is damaged, gone or out of reach."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from deskbell.errors import DiskFull, JournalUnusable
from deskbell.journal import salvage
from deskbell.journal.store import Store
from deskbell.task import Answer, Task

if TYPE_CHECKING:
    from pathlib import Path

    from tests.core.journal.conftest import StartDesk

    from deskbell.desk import Desk

ExpectLog = Callable[[str], None]


def no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def damage(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Lets the next end of a task find the file damaged."""
    end_task = Store.end_task
    malformed = sqlite3.DatabaseError("database disk image is malformed")
    malformed.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    to_come: list[Exception] = []

    def end_perhaps(store: Store, *, task: Task) -> None:
        if to_come:
            raise to_come.pop()
        end_task(store, task)

    monkeypatch.setattr(Store, "end_task", end_perhaps)
    return lambda: to_come.append(malformed)


def two_questions(desk: Desk) -> list[str]:
    return [desk.ask(prompt, ["Yes"]).kept.result(5).task_id for prompt in ("One?", "Two?")]


def test_nothing_is_lost_when_the_file_is_damaged(
    start_desk: StartDesk, folder: Path, damage: Callable[[], None], expect_log: ExpectLog
) -> None:
    """The answer that met the damage is kept, the other question is still open, and the person is told."""
    expect_log("was damaged")
    troubles: list[str] = []
    desk = start_desk(trouble=troubles.append)
    first, second = two_questions(desk)
    damage()
    ended = desk.answer(first, Answer(("Yes",))).result(5)
    assert ended.answer == desk.recall(first).answer
    assert "2 questions, was taken over" in troubles[0]
    assert len(list(folder.glob("journal.damaged-*.db"))) == 1
    desk.close()

    desk = start_desk()
    assert [task.task_id for task in desk.open_tasks()] == [second]
    assert desk.recall(first).answer == ended.answer


@pytest.mark.parametrize("obstacle", ["copying", "placing"])
def test_a_replacement_that_fails_is_begun_again(
    start_desk: StartDesk,
    folder: Path,
    damage: Callable[[], None],
    *,
    expect_log: ExpectLog,
    monkeypatch: pytest.MonkeyPatch,
    obstacle: str,
) -> None:
    """Until it succeeds the damaged file stays where it was; a full disk is not taken for an unreadable question."""
    expect_log("cannot be replaced")
    expect_log("was damaged")
    troubles: list[str] = []
    desk = start_desk(trouble=troubles.append)
    first, second = two_questions(desk)
    damage()
    with monkeypatch.context() as patch:
        if obstacle == "copying":
            patch.setattr(salvage, "_insert", no_room)
        else:
            patch.setattr(salvage, "set_aside", no_room)
        for _ in range(2):
            with pytest.raises(DiskFull):
                desk.answer(first, Answer(("Yes",))).result(5)
        assert not list(folder.glob("journal.damaged-*"))

    desk.answer(first, Answer(("Yes",))).result(5)
    assert len(list(folder.glob("journal.damaged-*.db"))) == 1
    assert desk.recall(first).answer
    assert desk.recall(second).is_open
    assert "was taken over" in troubles[-1]


def test_a_replacement_that_was_interrupted_at_the_end_is_finished(start_desk: StartDesk, folder: Path) -> None:
    """The next start puts the complete file where it belongs."""
    desk = start_desk()
    ids = two_questions(desk)
    desk.close()
    (folder / "journal.db").rename(folder / "journal.new.db")

    assert [task.task_id for task in start_desk().open_tasks()] == ids


def test_whoever_reads_meanwhile_does_not_stay_with_the_old_file(
    start_desk: StartDesk, damage: Callable[[], None], expect_log: ExpectLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends after that would never be found in it."""
    expect_log("was damaged")
    desk = start_desk(trouble=lambda _sentence: None)
    first, second = two_questions(desk)
    set_aside = salvage.set_aside

    def read_first(*arguments: Any) -> Path:
        desk.recall(second)
        return set_aside(*arguments)

    monkeypatch.setattr(salvage, "set_aside", read_first)
    damage()
    for task_id in (first, second):
        desk.answer(task_id, Answer(("Yes",))).result(5)

    assert desk.recall(second).answer


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_a_folder_that_others_can_reach_is_refused(start_desk: StartDesk, folder: Path, expect_log: ExpectLog) -> None:
    """Also when it becomes so while the desk runs; once that is mended the desk goes on."""
    expect_log("cannot be replaced")
    desk = start_desk(trouble=lambda _sentence: None)
    two_questions(desk)
    folder.chmod(0o755)
    for path in folder.glob("journal.db*"):
        path.unlink()
    with pytest.raises(JournalUnusable, match="chmod 700"):
        desk.ask("Three?").kept.result(5)
    folder.chmod(0o700)
    desk.ask("Four?").kept.result(5)
    desk.close()

    assert [task.prompt for task in start_desk().open_tasks()] == ["One?", "Two?", "Four?"]


def test_another_program_that_comes_and_goes_takes_no_log_along(start_desk: StartDesk, folder: Path) -> None:
    """It is not the last one to close the file: the desk holds locks that say so."""
    desk = start_desk()
    two_questions(desk)
    log = folder / "journal.db-wal"
    before = log.stat().st_ino
    script = f"import sqlite3; sqlite3.connect({str(folder / 'journal.db')!r}).execute('SELECT * FROM task').fetchall()"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=20)

    assert log.stat().st_ino == before
