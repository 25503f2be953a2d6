"""The tables, and how a journal of an earlier version becomes one of this version."""

from __future__ import annotations

import sqlite3
from typing import Final

from deskbell.journal.failures import Nonsense, is_wrong_schema

MIGRATIONS: tuple[str, ...] = (
    # Narrow columns come first: a search that looks at them need not read the long ones behind.
    """
    CREATE TABLE task (
        number INTEGER PRIMARY KEY,
        task_id TEXT NOT NULL UNIQUE,
        status TEXT NOT NULL,
        ended_at TEXT,
        position INTEGER, -- in the order in which tasks ended, whatever the clock said
        bytes INTEGER, -- what it takes on the disk once it has ended, about
        agent TEXT NOT NULL,
        project TEXT NOT NULL,
        branch TEXT NOT NULL,
        session TEXT NOT NULL,
        pid INTEGER,
        created_at TEXT NOT NULL,
        key TEXT,
        kind TEXT NOT NULL,
        multiple INTEGER NOT NULL,
        allow_text INTEGER NOT NULL,
        timeout INTEGER NOT NULL,
        explicit_timeout INTEGER NOT NULL,
        on_timeout TEXT NOT NULL,
        remaining REAL,
        marked_at REAL NOT NULL,
        is_running INTEGER NOT NULL,
        is_held INTEGER NOT NULL,
        answered_by TEXT,
        title TEXT NOT NULL,
        placeholder TEXT NOT NULL,
        options TEXT NOT NULL,
        prompt TEXT NOT NULL,
        answer TEXT
    );
    CREATE INDEX task_open ON task (number) WHERE ended_at IS NULL;
    CREATE INDEX task_ended ON task (position, bytes) WHERE position IS NOT NULL;
    CREATE INDEX task_when ON task (ended_at, position) WHERE ended_at IS NOT NULL;
    CREATE INDEX task_key ON task (key) WHERE key IS NOT NULL;
    CREATE TABLE draft (
        task INTEGER PRIMARY KEY REFERENCES task ON DELETE CASCADE,
        content TEXT NOT NULL
    );
    CREATE TABLE attachment (
        task INTEGER NOT NULL REFERENCES task ON DELETE CASCADE,
        role TEXT NOT NULL,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        media_type TEXT NOT NULL,
        digest TEXT NOT NULL,
        size INTEGER NOT NULL,
        PRIMARY KEY (task, role, position)
    ) WITHOUT ROWID;
    CREATE INDEX attachment_digest ON attachment (digest, size);
    CREATE TABLE event (
        number INTEGER PRIMARY KEY,
        task INTEGER NOT NULL REFERENCES task ON DELETE CASCADE,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        by TEXT NOT NULL
    );
    CREATE INDEX event_task ON event (task);
    -- Its rows have the numbers of positions, so that the newest come first without being sorted.
    CREATE VIRTUAL TABLE words USING fts5 (
        question, answer, source, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
    );
    CREATE TABLE fact (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    """,
)
"""Step N leads from version N to N + 1. A step that was released is never changed."""

_NO_VERSION: Final = 1_000  # nobody will ever get there
_ANYTHING: Final = "SELECT 1 FROM sqlite_master LIMIT 1"

NEW_FILE: Final = ("PRAGMA page_size = 4096", "PRAGMA auto_vacuum = INCREMENTAL")
"""What must be said before the first table is made."""


class StepFailed(sqlite3.DatabaseError):
    """The journal could not be brought to this version, and is as it was."""


class TooNew(sqlite3.DatabaseError):
    """The journal was written by a later version of Deskbell."""


def check_version(connection: sqlite3.Connection) -> None:
    """Raise TooNew for a journal that this version does not understand, Nonsense for what no version has written."""
    version = version_of(connection)
    if not 0 <= version < _NO_VERSION or (version == 0 and connection.execute(_ANYTHING).fetchone()):
        raise Nonsense(f"its format is said to be {version}")
    if version > len(MIGRATIONS):
        path = connection.execute("PRAGMA database_list").fetchone()["file"]
        raise TooNew(
            f"a later version of Deskbell has written it (format {version}, this one knows {len(MIGRATIONS)}). "
            f"Install that version again, or move {path} away to begin a new record"
        )


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a journal to this version, or leave it as it is. Raises StepFailed and sqlite3.Error."""
    if version_of(connection) == len(MIGRATIONS):
        return
    connection.execute("PRAGMA foreign_keys = OFF")  # a table that is made anew must not take others with it
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in MIGRATIONS[version_of(connection) :]:
            for statement in step.split(";\n"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException as failure:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if is_wrong_schema(failure):
            raise StepFailed(str(failure)) from failure
        raise
    connection.execute("PRAGMA foreign_keys = ON")


def version_of(connection: sqlite3.Connection) -> int:
    """The version that a journal says it has; 0 for a new one."""
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found
