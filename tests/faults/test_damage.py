"""Whatever has happened to the journal's file, there is a desk again, and it has all that can still be read."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from deskbell.desk import Desk
from deskbell.errors import JournalError
from deskbell.http.conversion import task_out
from deskbell.journal import Journal, Query, writer
from deskbell.journal.files import Files
from deskbell.journal.store import Store
from deskbell.task import Answer, Attachment, Draft, TaskDetails
from stage.waiting import until

if TYPE_CHECKING:
    from tests.conftest import LogWatch

OPEN = 4
ENDED = 40
FILE = Attachment("plan.txt", "text/plain", b"Step 1")
DETAILS = TaskDetails(attachments=(FILE,))
DRAFT = Draft(text="half an answer")

FLIP_SEEDS = 40
CUTS = 20


@dataclass
class Restarted:
    """A desk on a journal that something has happened to, and what the person was told."""

    desk: Desk
    folder: Path
    troubles: list[str] = field(default_factory=list)

    @property
    def kept_beside(self) -> list[Path]:
        return sorted(self.folder.glob("journal.damaged-*.db"))

    def close(self) -> None:
        self.desk.close()


Restart = Callable[[], Restarted]


@pytest.fixture(autouse=True)
def _what_was_to_be_expected(log_watch: LogWatch) -> Iterator[None]:
    """What the journal says of its damage is no surprise."""
    yield
    log_watch.messages[:] = [text for text in log_watch.messages if " deskbell.journal." not in text]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a desk that was killed: some questions have ended, some are open, and part of it is in the log."""
    folder = tmp_path_factory.mktemp("template")
    live = folder / "live"
    patch = pytest.MonkeyPatch()
    patch.setattr(writer, "IDLE_SECONDS", 1e9)
    desk = Desk()
    desk.open_journal(Journal(live))
    for number in range(ENDED):
        asked = desk.ask(f"Ended {number}? {'word ' * (40 * (number % 7))}", ["Yes", "No"], details=DETAILS)
        desk.answer(asked.task.task_id, Answer(("Yes",), f"because {number}")).result(5)
    _work_in(desk)
    for number in range(OPEN):
        task = desk.ask(f"Open {number}?", ["Yes", "No"], timeout=200, key=f"key-{number}").task
        desk.set_draft(task.task_id, DRAFT)
    desk.ask("Last?").kept.result(5)  # the notes before it are kept as well
    shutil.copytree(live, folder / "killed")
    desk.close()
    patch.undo()
    return folder / "killed"


def _work_in(desk: Desk) -> None:
    assert desk._journal is not None
    assert desk._journal._writer is not None
    store: Store = desk._journal._writer._store
    store.checkpoint()


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """A copy of the template, for a test to damage."""
    return Path(shutil.copytree(template, tmp_path / "journal"))


@pytest.fixture
def restart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Restart]:
    """Starts a desk on the folder."""
    monkeypatch.setattr(writer, "IDLE_SECONDS", 0.01)
    started: list[Restarted] = []

    def start() -> Restarted:
        one = Restarted(Desk(), folder)
        journal = Journal(folder)
        journal.trouble = one.troubles.append
        started.append(one)
        one.desk.open_journal(journal)
        return one

    yield start
    for one in started:
        one.close()


def _use(one: Restarted) -> None:
    """Do all that a desk does; what is damaged may be refused, but only as such, and new questions are taken."""
    for task in one.desk.open_tasks():
        msgspec.json.encode(task_out(task))
        one.desk.answer(task.task_id, Answer((task.options and (task.options[0].value,)) or (), "go")).result(5)
    one.desk.ask("New?", ["Yes"]).kept.result(5)
    try:
        one.desk.search(Query("because"))
        for task in one.desk.search(Query()).tasks:
            msgspec.json.encode(task_out(task))
            one.desk.recall(task.task_id)
    except JournalError:
        pass  # what is wrong with the index is mended in the next idle moment
    until(lambda: one.desk._journal and one.desk._journal._has_mended_words, "an idle moment")


class _LaterVersion(Exception):
    """The file seems to be of a later version, which must not be touched."""


def _restart_or_not(restart: Restart) -> Restarted:
    try:
        return restart()
    except JournalError as error:
        if "later version" in str(error):
            raise _LaterVersion from error
        raise


def _check_whole(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "journal.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.execute("INSERT INTO words (words) VALUES ('integrity-check')")


def _check_told(one: Restarted, bytes_before: dict[str, bytes]) -> None:
    """The person was told if and only if the damaged files are beside, as they were."""
    assert bool([sentence for sentence in one.troubles if sentence]) == bool(one.kept_beside), one.troubles
    if one.kept_beside:
        damaged = one.kept_beside[0]
        assert damaged.read_bytes() == bytes_before["journal.db"]


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("journal.db*")}


def _titles(one: Restarted) -> set[str]:
    found, page = set(), one.desk.search(Query(limit=500))
    found.update(task.prompt.split("?")[0] for task in page.tasks)
    return found | {task.prompt.split("?")[0] for task in one.desk.open_tasks()}


def test_the_undamaged_journal_is_all_there(restart: Restart) -> None:
    """What the other tests damage is sound, and nobody is told anything."""
    one = restart()
    assert len(_titles(one)) == ENDED + OPEN + 1
    assert [task.draft for task in one.desk.open_tasks()][:OPEN] == [DRAFT] * OPEN
    _use(one)
    assert (one.troubles, one.kept_beside) == ([], [])


@pytest.mark.parametrize("number", range(FLIP_SEEDS))
def test_flipped_bits(folder: Path, restart: Restart, seed: int, number: int) -> None:
    """From one to a thousand of them, in either file: the desk starts, works, and its journal is whole in the end."""
    chance = random.Random(f"{seed}-{number}")
    path = folder / chance.choice(("journal.db", "journal.db", "journal.db-wal"))
    data = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 1, 10, 100, 1000))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)
    before = _contents(folder)

    with contextlib.suppress(_LaterVersion):
        one = _restart_or_not(restart)
        _check_told(one, before)
        _use(one)
        one.close()
        _check_whole(folder)


@pytest.mark.parametrize("first", range(0, 100, 10))
def test_flipped_bits_in_the_head(template: Path, tmp_path: Path, restart: Restart, seed: int, first: int) -> None:
    """One in each byte: the desk starts and works, unless a later version seems to have written the file."""
    chance = random.Random(f"{seed}-{first}")
    folder = tmp_path / "journal"
    for place in range(first, first + 10):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template, folder)
        data = bytearray((folder / "journal.db").read_bytes())
        data[place] ^= 1 << chance.randrange(8)
        (folder / "journal.db").write_bytes(data)
        with contextlib.suppress(_LaterVersion):
            one = _restart_or_not(restart)
            _use(one)
            one.close()
            _check_whole(folder)


@pytest.mark.parametrize("number", range(CUTS))
def test_cut_off(folder: Path, restart: Restart, seed: int, number: int) -> None:
    """At any length of either file."""
    chance = random.Random(f"{seed}-{number}")
    path = folder / chance.choice(("journal.db", "journal.db-wal"))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.truncate(chance.choice((0, 1, 4095, 4096, size // 2, size - 1, chance.randrange(size))))
    before = _contents(folder)

    one = restart()
    _check_told(one, before)
    _use(one)
    one.close()
    _check_whole(folder)


def test_a_page_that_is_gone_takes_only_its_own_questions_along(folder: Path, restart: Restart) -> None:
    """What stands on the others is taken over: the open questions with their drafts, and most of the past."""
    path = folder / "journal.db"
    data = bytearray(path.read_bytes())
    spot = data.index(b"Ended 20?") // 4096 * 4096
    data[spot : spot + 4096] = bytes(4096)
    path.write_bytes(data)

    one = restart()
    assert len(one.kept_beside) == 1
    assert "damaged" in one.troubles[0]
    assert str(one.kept_beside[0]) in one.troubles[0]
    assert len(_titles(one)) > ENDED // 2
    assert [task.draft for task in one.desk.open_tasks()][:OPEN] == [DRAFT] * OPEN


@pytest.mark.parametrize("content", [b"", b"garbage", b"SQLite format 3\0" + bytes(100), bytes(8192)])
def test_something_else_in_its_place(folder: Path, restart: Restart, content: bytes) -> None:
    """An empty file is a new journal; anything else is kept beside."""
    for companion in ("", "-wal"):
        (folder / f"journal.db{companion}").unlink()
    (folder / "journal.db").write_bytes(content)

    one = restart()
    assert bool(one.kept_beside) == bool(one.troubles) == bool(content)
    _use(one)
    one.close()
    _check_whole(folder)


def test_the_log_is_gone_after_a_crash(folder: Path, restart: Restart) -> None:
    """What stood in the file is there, and the person is told that something may be missing."""
    (folder / "journal.db-wal").unlink()

    one = restart()
    assert "log is missing" in one.troubles[0]
    assert len(one.kept_beside) == 1
    assert len(_titles(one)) >= ENDED
    _use(one)


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_only_the_log_is_left(folder: Path, restart: Restart, harm: Callable[[Path], None]) -> None:
    """It is kept beside, and the person is told that something is missing."""
    log = (folder / "journal.db-wal").read_bytes()
    harm(folder / "journal.db")

    one = restart()
    assert "log is not" in one.troubles[0]
    assert [path.read_bytes() for path in folder.glob("journal.damaged-*.db-wal")] == [log]
    _use(one)


def test_a_file_with_the_same_stamp_is_not_overwritten(folder: Path, restart: Restart) -> None:
    """Damage twice in the same second leaves both of them."""
    for _ in range(2):
        (folder / "journal.db").write_bytes(b"garbage" * 1000)
        (folder / "journal.db-wal").unlink(missing_ok=True)
        one = restart()
        one.close()
    assert len(one.kept_beside) == 2


def test_files_of_a_salvaged_question_are_there(folder: Path, restart: Restart) -> None:
    """Also after the house was kept: what lies beside may still name files."""
    (folder / "journal.db-wal").unlink()
    one = restart()
    task = next(task for task in one.desk.search(Query()).tasks if task.prompt.startswith("Ended"))
    assert one.desk.recall(task.task_id).details.attachments == (FILE,)
    assert Files(folder / "files").keep(FILE.data)
