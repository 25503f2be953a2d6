"""Writes down what a journal of this version looks like: ``python tests/core/journal/released/dump.py``.

Run it when a version with a new format is released, and keep the file: every later version must still read it. Until
then it may be written anew.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deskbell.journal.files import Files
from deskbell.journal.records import Mark
from deskbell.journal.schema import MIGRATIONS
from deskbell.journal.store import Store
from deskbell.task import Answer, AnsweredBy, Attachment, Draft, Option, Source, Task, TaskDetails, TaskKind

HERE = Path(__file__).resolve().parent
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FILE = Attachment("plan.txt", "text/plain", b"Step 1")
DETAILS = TaskDetails(
    "Release", Source("Codex", "shop", "main", "s1", 42), TaskKind.PERMISSION, True, True, "Why?", (FILE,)
)

ENDED = (
    Task(
        "ended0person",
        "Deploy **now**?\n\n```sh\nmake deploy\n```",
        [Option("Yes", "y", "Takes a minute", recommended=True), Option("No")],
        120,
        AT,
        status="completed",
        result=Answer(("y",), "go; 要迁移数据库 'now'", {"n": [1, None]}, (FILE,), at=AT).to_dict(),
        completed_at=AT,
        on_timeout="expire",
        details=DETAILS,
        explicit_timeout=True,
        key="deploy-1",
    ),
    Task(
        "ended00timer",
        "Naïve?",
        created_at=AT,
        status="completed",
        result=Answer((), "Ask again", answered_by=AnsweredBy.TIMEOUT, at=AT + timedelta(minutes=4)).to_dict(),
        completed_at=AT + timedelta(minutes=4),
    ),
    Task("ended0cancel", "Withdrawn?", created_at=AT, status="cancelled", completed_at=AT + timedelta(minutes=5)),
)
OPEN = (
    Task("open00active", "First?", created_at=AT + timedelta(minutes=6), status="active"),
    Task(
        "open000draft",
        "Second?",
        [Option("Yes"), Option("No")],
        120,
        AT + timedelta(minutes=7),
        details=DETAILS,
        key="second",
        draft=Draft(("Yes",), "because\nof", {"x": "y"}, (FILE,)),
    ),
    Task("open0forever", "Third?", None, 0, AT + timedelta(minutes=8)),
)


def fill(store: Store) -> None:
    """Put everything that there is into a journal."""
    with store.transaction():
        for task in (*ENDED, *OPEN):
            store.add_task(task)
            store.set_draft(task)
            store.mark(task, Mark(90.5, 1_000.0, is_running=True, is_held=False))
        for task in ENDED:
            store.end_task(task)
        for name, value in (("alive_at", 1_010.0), ("paused", 1), ("running", 0), ("seen", "2026-11-24T09:40:00.000Z")):
            store.set_fact(name, value)


def lines(connection: sqlite3.Connection) -> Iterator[str]:
    """The statements that make a journal's file, the index told anew."""
    yield "PRAGMA auto_vacuum = INCREMENTAL;"
    yield f"PRAGMA user_version = {connection.execute('PRAGMA user_version').fetchone()[0]};"
    tables = [row for row in definitions(connection) if row[0] == "table"]
    yield from (f"{sql};" for _, _, sql in definitions(connection))
    for _, table, _ in tables:
        columns = [row["name"] for row in connection.execute(f"PRAGMA table_info({table})")]
        if table == "words":
            columns.insert(0, "rowid")
        quoted = " || ', ' || ".join(f"quote({column})" for column in columns)
        for row in connection.execute(f"SELECT {quoted} FROM {table}"):
            yield f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({row[0]});"


def definitions(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Kind, name and statement of all that a journal is made of, in an order in which they can be made."""
    rows = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'words!_%' ESCAPE '!' "
        "ORDER BY type DESC, name"
    )
    return [(row[0], row[1], row[2]) for row in rows.fetchall()]


def main() -> None:
    """Write the file of this version."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder, "journal.db"), Files(Path(folder, "files")))
        fill(store)
        text = "\n".join(lines(store.connection))
        store.close()
    (HERE / f"{len(MIGRATIONS)}.sql").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
