"""Journals of other versions: earlier ones are taken over, later ones are left alone."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from tests.core.journal.released import dump

from deskbell.errors import JournalUnusable
from deskbell.journal import Journal, Query, schema
from deskbell.journal.files import Files
from deskbell.journal.store import connect

RELEASED = Path(dump.__file__).parent
VERSIONS = sorted(int(path.stem) for path in RELEASED.glob("*.sql"))


@pytest.fixture(params=VERSIONS)
def released(request: pytest.FixtureRequest, folder: Path) -> Path:
    """A journal as an earlier version left it, with its files."""
    folder.mkdir(mode=0o700)
    path = folder / "journal.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((RELEASED / f"{request.param}.sql").read_text(encoding="utf-8"))
        connection.commit()
    Files(folder / "files").keep(dump.FILE.data)
    return path


@pytest.fixture
def next_step(monkeypatch: pytest.MonkeyPatch) -> str:
    """A later version of the program, whose step makes the largest table anew and adds another."""
    with closing(sqlite3.connect(":memory:")) as connection:
        schema.migrate(connection)
        statements = {name: sql for _, name, sql in dump.definitions(connection)}
    step = ";\n".join(
        (
            statements["task"].replace("CREATE TABLE task (", "CREATE TABLE task_anew ( mood TEXT,"),
            "INSERT INTO task_anew SELECT 'calm', * FROM task",
            "DROP TABLE task",
            "ALTER TABLE task_anew RENAME TO task",
            *(sql for name, sql in statements.items() if name.startswith("task_")),
            "CREATE TABLE extra (x TEXT NOT NULL)",
            "INSERT INTO extra VALUES ('x')",
        )
    )
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, step))
    return step


@pytest.fixture
def later(released: Path) -> Iterator[Path]:
    """A journal of a later version, some of it still in the write-ahead log, as a crash leaves it."""
    beside = released.with_name("beside")
    with closing(connect(released)) as connection:
        connection.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
        connection.execute("CREATE TABLE unheard_of (x)")
        connection.execute("UPDATE task SET prompt = 'changed'")
        shutil.copytree(released.parent, beside)
    yield beside / released.name
    shutil.rmtree(beside)


def content(path: Path) -> list[str]:
    with closing(connect(path, read_only=True)) as connection:
        return [*dump.lines(connection)]


def check_content(folder: Path) -> None:
    """Open a journal and compare what it gives with what was put into it."""
    journal = Journal(folder)
    kept = journal.open()
    found = journal.search(Query()).tasks

    assert [task.task_id for task in kept.tasks] == [task.task_id for task in dump.OPEN]
    assert [task.status for task in kept.tasks] == ["active", "pending", "pending"]
    assert kept.is_paused
    for task, original in zip(kept.tasks, dump.OPEN, strict=True):
        for name in ("prompt", "options", "details", "on_timeout", "auto_resubmit_timeout", "key", "draft"):
            assert getattr(task, name) == getattr(original, name), name
    assert [task.task_id for task in found] == [task.task_id for task in reversed(dump.ENDED)]
    for original in dump.ENDED:
        task = journal.find(original.task_id)
        assert task is not None
        for name in ("prompt", "options", "details", "status", "answer", "completed_at", "created_at", "key"):
            assert getattr(task, name) == getattr(original, name), name
    assert [task.task_id for task in journal.search(Query("数据库 deploy", source="codex")).tasks] == ["ended0person"]
    assert [task.task_id for task in journal.search(Query(until=dump.AT + timedelta(minutes=1))).tasks] == [
        "ended0person"
    ]
    journal.close()


def test_nothing_of_an_earlier_journal_is_lost(released: Path) -> None:
    """Open questions come back with drafts and files, ended ones are found with their answers."""
    check_content(released.parent)


def test_later_steps_keep_what_there_is(released: Path, next_step: str) -> None:
    """A step may make tables anew without taking drafts, files and events with them, and is done once."""
    before = content(released)
    for _ in range(2):
        check_content(released.parent)

    with closing(connect(released)) as connection:
        assert schema.version_of(connection) == len(schema.MIGRATIONS)
        assert [row["x"] for row in connection.execute("SELECT x FROM extra")] == ["x"]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    kept = {line for line in before if line.startswith(("INSERT INTO draft", "INSERT INTO attachment"))}
    assert kept <= set(content(released))
    assert len(kept) == 5


def test_a_step_that_fails_changes_nothing(released: Path, next_step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even what it had done before it failed, and the next start of a program that can do it finds all."""
    before = content(released)
    good = schema.MIGRATIONS
    monkeypatch.setattr(schema, "MIGRATIONS", (*good, "CREATE TABLE more (x);\nDROP TABLE draft;\nDROP TABLE nowhere"))
    with pytest.raises(JournalUnusable, match="nowhere"):
        Journal(released.parent).open()
    assert content(released) == before
    assert list(released.parent.glob("*damaged*")) == []
    monkeypatch.setattr(schema, "MIGRATIONS", good)

    check_content(released.parent)


def test_a_later_journal_is_left_alone(later: Path) -> None:
    """It is refused with what to do, and not a byte of it changes: an older program knows nothing of what is in it."""
    before = {path.name: path.read_bytes() for path in later.parent.glob("journal.db*") if path.suffix != ".db-shm"}
    assert set(before) == {"journal.db", "journal.db-wal"}
    with pytest.raises(JournalUnusable) as refusal:
        Journal(later.parent).open()

    assert "Install that version again, or move" in str(refusal.value)
    assert str(later) in str(refusal.value)
    assert {name: (later.parent / name).read_bytes() for name in before} == before
    assert list(later.parent.glob("*damaged*")) == []


def test_the_newest_release_is_what_this_version_makes(tmp_path: Path) -> None:
    """A step that was released is never changed; until then ``released/dump.py`` writes its file anew."""
    written = sqlite3.connect(":memory:")
    written.executescript((RELEASED / f"{VERSIONS[-1]}.sql").read_text(encoding="utf-8"))
    made = connect(tmp_path / "journal.db")
    schema.migrate(made)

    assert VERSIONS[-1] == len(schema.MIGRATIONS)
    assert dump.definitions(written) == dump.definitions(made)
    written.close()
    made.close()
