"""What the doctor sees of the journal and of the app's lock."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from deskbell.doctor.desk import LOCK_FILE, check_desk
from deskbell.doctor.finding import Finding, Status
from deskbell.folders import data_folder, state_folder
from deskbell.journal import Journal
from deskbell.journal.journal import FILE_NAME

NO_PROCESS = 2**22 + 1


def named(findings: Iterable[Finding], name: str) -> Finding:
    return next(finding for finding in findings if finding.name == name)


@pytest.fixture
def journal(home: Path) -> Path:
    """A journal that was closed in order."""
    data_folder().mkdir(parents=True, mode=0o700)
    made = Journal(data_folder() / "journal")
    made.open()
    made.close()
    return data_folder() / "journal" / FILE_NAME


def test_a_sound_journal_is_read_and_left_as_it_is(journal: Path) -> None:
    """No file appears beside it."""
    before = sorted(path.name for path in journal.parent.iterdir())
    finding = named(check_desk(), "journal")

    assert finding.status is Status.OK
    assert "is sound" in finding.says
    assert sorted(path.name for path in journal.parent.iterdir()) == before


def test_a_damaged_journal_is_a_failure(journal: Path) -> None:
    """The app will save what it can."""
    with journal.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 8000)

    assert named(check_desk(), "journal").status is Status.FAIL


def test_a_journal_of_a_later_version_is_a_failure(journal: Path) -> None:
    """With what it says itself."""
    with sqlite3.connect(journal) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    finding = named(check_desk(), "journal")

    assert finding.status is Status.FAIL
    assert "a later version of Deskbell has written it" in finding.says


def test_a_journal_left_by_a_crash_is_no_failure(journal: Path) -> None:
    """It is not even opened, because that would begin to take it up."""
    log = journal.with_name(f"{FILE_NAME}-wal")
    log.write_bytes(b"x" * 100)

    assert "the next start takes it up" in named(check_desk(), "journal").says


def test_a_full_disk_is_a_warning(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is a failure."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 2**20))  # type: ignore[attr-defined]

    assert named(check_desk(), "journal").says == "Only 1 MB are free where the journal is kept."


@pytest.mark.parametrize(
    ("content", "status"),
    [(f"{os.getpid()}\nx\n", Status.WARN), (f"{NO_PROCESS}\nx\n", Status.OK), ("nonsense", Status.WARN)],
)
def test_a_lock_without_a_desk(home: Path, content: str, status: Status) -> None:
    """Held by somebody who lives, by somebody who is gone, by nobody knows whom."""
    state_folder().mkdir(parents=True)
    (state_folder() / LOCK_FILE).write_text(content)

    assert named(check_desk(), "lock").status is status
