"""Desks that keep what happens in a folder, and can be started again on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deskbell.desk import Desk
from deskbell.journal import Journal
from deskbell.journal.archive import Archive
from deskbell.journal.files import Files
from deskbell.journal.journal import FILE_NAME
from deskbell.journal.store import Store
from deskbell.task import NO_DETAILS, Answer, Option, Task, TaskDetails

StartDesk = Callable[..., Desk]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "journal"


@pytest.fixture
def start_desk(folder: Path) -> Iterator[StartDesk]:
    """Starts a desk on the folder; one that was not closed has to be, by the test or at its end."""
    desks: list[Desk] = []

    def start(**options: Any) -> Desk:
        trouble = options.pop("trouble", None)
        desk = Desk(options.pop("settings", None))
        journal = Journal(folder, **options)
        if trouble is not None:
            journal.trouble = trouble
        desk.open_journal(journal)
        desks.append(desk)
        return desk

    yield start
    for desk in desks:
        desk.close()


class Shelf:
    """A journal's file without a desk: what ended is put into it directly."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.files = Files(folder / "files")
        self.store = Store(folder / FILE_NAME, self.files)
        self.archive = Archive(folder / FILE_NAME, self.files)
        self.at = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def ended(
        self,
        prompt: str,
        answer: Answer | None = None,
        *,
        at: datetime | None = None,
        options: Sequence[Option] = (),
        details: TaskDetails = NO_DETAILS,
    ) -> str:
        """Keep a question that ended, a minute after the one before; its id."""
        self.at += timedelta(minutes=1)
        at = at or self.at
        task = Task(
            f"{self._count():012}",
            prompt,
            list(options),
            created_at=at - timedelta(seconds=30),
            status="completed" if answer else "cancelled",
            result=replace(answer, at=at).to_dict() if answer else None,
            completed_at=at,
            details=details,
        )
        with self.store.transaction():
            self.store.add_task(task)
            self.store.end_task(task)
        return task.task_id

    def left(self) -> list[str]:
        """The prompts of what is kept, in the order in which it ended."""
        rows = self.store.connection.execute("SELECT prompt FROM task WHERE position IS NOT NULL ORDER BY position")
        return [row["prompt"] for row in rows.fetchall()]

    def close(self) -> None:
        self.archive.close()
        self.store.close()

    def _count(self) -> int:
        count: int = self.store.connection.execute("SELECT coalesce(max(number), 0) FROM task").fetchone()[0]
        return count


@pytest.fixture
def shelf(folder: Path) -> Iterator[Shelf]:
    shelf = Shelf(folder)
    yield shelf
    shelf.close()
