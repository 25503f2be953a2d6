"""Desks that keep what happens in a folder, and can be started again on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deskbell.desk import Desk
from deskbell.journal import Journal

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
