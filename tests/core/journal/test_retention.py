"""What is forgotten, what stays, and that room on the disk comes back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.core.conftest import FakeClock

from deskbell.journal import Journal, Query, Retention, retention
from deskbell.journal.store import STALE
from deskbell.recording import settle_at_once
from deskbell.settings import HistorySettings, Settings
from deskbell.task import Answer, Attachment, Task, TaskDetails

if TYPE_CHECKING:
    from tests.core.journal.conftest import Shelf, StartDesk

DAY = timedelta(days=1)
EVERYTHING = Retention(10**9, 36_500, 10**15)


class LeapingClock(FakeClock):
    """A clock whose wall time a test can set apart from the time that passes."""

    def __init__(self) -> None:
        super().__init__()
        self.leap = timedelta()

    def now(self) -> datetime:
        return super().now() + self.leap


class Keeper:
    """A journal on a test's clock, with its idle moments at command."""

    _number = 0

    def __init__(self, folder: Path, clock: LeapingClock, keep: Retention) -> None:
        self.clock = clock
        self.journal = Journal(folder, keep=keep, clock=clock)
        self.journal.open()

    def end(self, prompt: str, *files: Attachment) -> str:
        """Ask a question that ends at once; its id."""
        Keeper._number += 1
        task_id = f"id-{Keeper._number}"
        task = Task(task_id, prompt, auto_resubmit_timeout=0, created_at=self.clock.now(), clock=self.clock)
        task.details = TaskDetails(attachments=files)
        self.journal.task_added(task, settle_at_once)
        ended = task.copy()
        ended.status, ended.completed_at = "cancelled", self.clock.now()
        kept = threading.Event()
        self.journal.task_ending(ended, lambda _outcome: kept.set())
        assert kept.wait(20)
        return task_id

    def rest(self, seconds: float = 5) -> None:
        """Let nothing happen for a while, so that the house is kept."""
        self.clock.advance(seconds)

    def left(self) -> list[str]:
        """The prompts that can still be found, the oldest first."""
        return [task.prompt for task in reversed(self.journal.search(Query(limit=500)).tasks)]


@pytest.fixture
def make_keeper(folder: Path) -> Iterator[Callable[..., Keeper]]:
    """Open the journal anew, on the clock of the one before if there was one; only one at a time."""
    keepers: list[Keeper] = []

    def make(keep: Retention = EVERYTHING) -> Keeper:
        clock = LeapingClock()
        if keepers:
            keepers[-1].journal.close()
            clock.jump(keepers[-1].clock.monotonic() - clock.monotonic())
            clock.leap = keepers[-1].clock.leap
        keepers.append(Keeper(folder, clock, keep))
        return keepers[-1]

    yield make
    keepers[-1].journal.close()


def files_in(folder: Path) -> set[bytes]:
    return {path.read_bytes() for path in (folder / "files").glob("*/*")}


def purge(shelf: Shelf, keep: Retention, today: datetime | None = None) -> None:
    while retention.purge(shelf.store, keep, today or shelf.at):
        pass


def test_so_many_are_kept(make_keeper: Callable[..., Keeper]) -> None:
    """The oldest are forgotten when the desk has nothing else to do, and cannot be found or read any more."""
    keeper = make_keeper(Retention(tasks=3))
    ids = [keeper.end(str(number)) for number in range(10)]
    assert len(keeper.left()) == 10
    keeper.rest()

    assert keeper.left() == ["7", "8", "9"]
    assert keeper.journal.search(Query("0")).tasks == ()
    assert keeper.journal.find(ids[0]) is None
    assert keeper.journal.find(ids[9]) is not None


def test_a_change_of_settings_counts_from_the_next_idle_moment(start_desk: StartDesk) -> None:
    """Desk and journal agree on what the settings say."""
    desk = start_desk(settings=Settings(history=HistorySettings(keep_questions=5, keep_days=7, keep_megabytes=10)))
    assert desk._journal is not None
    assert desk._journal.retention == Retention(5, 7, 10 * 2**20)
    desk.apply_settings(Settings(history=HistorySettings(keep_questions=0)))

    assert desk._journal.retention == Retention(0, 365, 500 * 2**20)


def test_open_questions_are_never_forgotten(make_keeper: Callable[..., Keeper]) -> None:
    """Whatever is forgotten around them."""
    keeper = make_keeper(Retention(tasks=0, days=1, size=0))
    keeper.journal.task_added(
        Task("open", "Open?", auto_resubmit_timeout=0, created_at=keeper.clock.now() - 400 * DAY), settle_at_once
    )
    keeper.end("over")
    keeper.rest()

    assert keeper.left() == []
    assert keeper.journal.find("open") is not None


def test_for_so_many_days(make_keeper: Callable[..., Keeper]) -> None:
    """Counted from the end of a question, while the desk runs."""
    keeper = make_keeper(Retention(days=7))
    keeper.end("old")
    for _ in range(3):
        keeper.clock.jump(2 * 86_400)
        keeper.end("new")
        keeper.rest()
    assert "old" in keeper.left()
    for _ in range(26):
        keeper.clock.jump(3_600)
        keeper.end("later")
        keeper.rest()

    assert "old" not in keeper.left()
    assert "new" in keeper.left()


@pytest.mark.parametrize("years", [10, -10])
def test_a_clock_that_leaps_costs_nothing(make_keeper: Callable[..., Keeper], years: int) -> None:
    """Ten years ahead or back and back again, with much to tidy and a restart at every turn."""
    keep = Retention(days=7)
    keeper = make_keeper(keep)
    wanted = ["before", "before too"]
    for prompt in wanted:
        keeper.end(prompt)
    keeper.rest()
    for number, leap in enumerate((years * 365 * DAY, timedelta())):
        keeper.clock.leap = leap
        for turn in ("running", "restarted"):
            for step in range(10):
                wanted.append(f"{turn} {number} {step}")
                keeper.end(wanted[-1])
                keeper.rest(60)
            keeper = make_keeper(keep)
            keeper.rest()

    assert keeper.left() == wanted


@pytest.mark.parametrize("years", [10, -10])
def test_after_a_leap_the_days_go_on_counting(make_keeper: Callable[..., Keeper], years: int) -> None:
    """What ended before the leap is forgotten in its time; what ended during a leap back goes with it."""
    keeper = make_keeper(Retention(days=7))
    keeper.end("before")
    keeper.rest()
    keeper.clock.leap = years * 365 * DAY
    keeper.end("meanwhile")
    keeper.rest()
    keeper.clock.leap = timedelta()
    for _ in range(48):
        keeper.clock.jump(86_400 / 4)
        keeper.end("after")
        keeper.rest()

    assert "before" not in keeper.left()
    assert ("meanwhile" in keeper.left()) == (years > 0)
    assert "after" in keeper.left()


def test_a_desk_that_was_off_for_long_catches_up(make_keeper: Callable[..., Keeper]) -> None:
    """A day in each hour, so that a wrong clock is noticed before it costs anything."""
    keeper = make_keeper(Retention(days=7))
    keeper.end("old")
    keeper.rest()
    keeper.clock.jump(30 * 86_400)
    keeper = make_keeper(Retention(days=7))
    keeper.end("new")
    keeper.rest()
    assert keeper.left() == ["old", "new"]
    for number in range(8):
        keeper.clock.jump(3_600)
        keeper.end(f"later {number}")
        keeper.rest()

    assert "old" not in keeper.left()
    assert "new" in keeper.left()


def test_in_so_many_bytes(shelf: Shelf) -> None:
    """As many of the newest stay as fit, and not one less."""
    file = Attachment("a.bin", "application/octet-stream", b"x" * 100_000)
    for number in range(20):
        shelf.ended(
            f"{number}", details=TaskDetails(attachments=(Attachment("n", "text/plain", b"%d" % number * 50_000),))
        )
    purge(shelf, Retention(size=5 * 105_000))
    assert shelf.left() == ["15", "16", "17", "18", "19"]
    for number in range(20, 40):
        shelf.ended(f"{number}", details=TaskDetails(attachments=(file,)))
    purge(shelf, Retention(size=5 * 105_000))

    assert len(shelf.left()) == 24, "a file that many share takes its room once"
    assert len(files_in(shelf.store.path.parent)) == 5


def test_text_takes_room_too(shelf: Shelf) -> None:
    """Half of the room holds half of the questions, however often the room is measured."""
    for number in range(600):
        shelf.ended(f"{number} " + f"word{number} " * 200)
    taken = shelf.store.connection.execute("SELECT sum(bytes) FROM task").fetchone()[0]
    shelf.store.checkpoint()
    assert 0.5 < taken / shelf.store.path.stat().st_size < 2
    purge(shelf, Retention(size=taken // 2))

    assert 290 < len(shelf.left()) < 310
    assert not retention.purge(shelf.store, Retention(size=taken // 2), shelf.at)


def test_files_of_forgotten_questions_go_and_shared_ones_stay(shelf: Shelf) -> None:
    """A file goes with the last question or answer that has it."""
    mine, ours, theirs = (Attachment(name, "text/plain", name.encode()) for name in ("mine", "ours", "theirs"))
    shelf.ended("Old?", Answer((), "ok", {}, (ours,)), details=TaskDetails(attachments=(mine, ours)))
    new = shelf.ended("New?", details=TaskDetails(attachments=(ours, theirs)))
    purge(shelf, Retention(tasks=1))
    assert files_in(shelf.store.path.parent) == {b"ours", b"theirs"}
    task = shelf.archive.find(new)
    assert task is not None
    assert task.details.attachments == (ours, theirs)
    purge(shelf, Retention(tasks=0))

    assert files_in(shelf.store.path.parent) == set()


def test_files_that_nobody_has_are_swept(make_keeper: Callable[..., Keeper], folder: Path) -> None:
    """What a crash between a file and its question left behind goes at the first idle moment; the rest stays."""
    keeper = make_keeper()
    keeper.end("Kept?", Attachment("kept", "text/plain", b"kept"))
    (folder / "files" / "ab").mkdir()
    (folder / "files" / "ab" / ("ab" * 32)).write_bytes(b"orphan")
    keeper = make_keeper()
    keeper.rest()

    assert files_in(folder) == {b"kept"}


def test_space_is_given_back(make_keeper: Callable[..., Keeper], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file shrinks in idle moments, a little at a time, the index and the log with it."""
    monkeypatch.setattr(retention, "SPARE_PAGES", 20)
    monkeypatch.setattr(retention, "_STALE_MINIMUM", 10)
    keeper = make_keeper()
    for number in range(300):
        keeper.end(" ".join(f"{number}x{word}" for word in range(300)))
    keeper.rest()
    database = folder / "journal.db"
    before = database.stat().st_size
    keeper.journal.retention = Retention(tasks=3)
    keeper.end("one more")
    keeper.rest(120)

    assert len(keeper.left()) == 3
    assert database.stat().st_size < before / 5
    assert keeper.journal.search(Query("299x29")).tasks != ()


def test_an_idle_journal_comes_to_rest(make_keeper: Callable[..., Keeper]) -> None:
    """Once there is nothing left to tidy nothing wakes its thread."""
    keeper = make_keeper(Retention(tasks=1))
    for number in range(5):
        keeper.end(str(number))
    keeper.rest(60)

    assert keeper.clock.timeouts[-1] is None


def test_words_of_forgotten_questions_leave_the_index(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only their rows: nobody shall read them from the file."""
    monkeypatch.setattr(retention, "_STALE_MINIMUM", 1)
    shelf.ended("The passphrase is xylophone")
    shelf.ended("Another?")
    purge(shelf, Retention(tasks=1))
    while retention.give_back_space(shelf.store):
        pass
    shelf.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    assert shelf.store.fact(STALE) == 0
    assert b"xylophone" not in shelf.store.path.read_bytes()
