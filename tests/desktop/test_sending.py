"""What the window does while an answer is on its way to the disk, and when it does not get there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deskbell.journal import Journal
from deskbell.settings import CountdownSettings

FOREVER = 60.0


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[Callable[[], sqlite3.Connection]]:
    """Locks the journal as another program would; closing the connection lets go."""
    locks: list[sqlite3.Connection] = []

    def take() -> sqlite3.Connection:
        connection = sqlite3.connect(tmp_path / "journal" / "journal.db", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        locks.append(connection)
        return connection

    yield take
    for connection in locks:
        connection.close()


@pytest.fixture
def keeping(make_stage: Callable[..., Any], tmp_path: Path) -> Callable[[float], Any]:
    """A stage whose desk has a journal that waits so many seconds for a lock."""

    def make(lock_seconds: float) -> Any:
        stage = make_stage(CountdownSettings())
        journal = Journal(tmp_path / "journal", lock_seconds=lock_seconds)
        journal.trouble = stage.bridge.pass_on_trouble
        stage.desk.open_journal(journal)
        stage.window.summon()
        return stage

    return make


def ask(stage: Any, prompt: str, *options: str) -> Any:
    task = stage.ask(prompt, *options)
    stage.wait_for(lambda: stage.desk.recall(task.task_id))
    return task


def test_a_slow_disk_is_told(keeping: Callable[[float], Any], lock: Callable[[], sqlite3.Connection]) -> None:
    """The window says that it is sending, lives on, and moves on once the answer is kept."""
    stage = keeping(FOREVER)
    task = ask(stage, "Deploy?", "Yes", "No")
    with closing(lock()):
        stage.click(stage.card("Yes"))
        stage.wait_for(lambda: stage.fate == "Sending…")
        assert stage.is_open(task)
        other = stage.ask("Next?", "Yes")
        assert stage.window.tabs.task_ids == [task.task_id, other.task_id]

    assert stage.answer(task).options == ("Yes",)
    stage.shows(other)
    assert stage.fate.startswith("Answers")


def test_an_answer_that_is_not_kept_is_given_back(
    keeping: Callable[[float], Any], lock: Callable[[], sqlite3.Connection]
) -> None:
    """What was typed is still there, the window says what to do, and doing it again succeeds."""
    stage = keeping(0.2)
    task = ask(stage, "Deploy?", "Yes", "No")
    stage.type("with care")
    with closing(lock()):
        stage.click(stage.card("Yes"))
        stage.wait_for(lambda: "locked" in stage.notice)
        stage.wait_for(lambda: stage.question.options.is_armed and not stage.edit.isReadOnly())
        assert stage.is_open(task)
        assert stage.edit.toPlainText() == "with care"

    stage.click(stage.card("Yes"))
    answer = stage.answer(task)
    assert (answer.options, answer.text) == (("Yes",), "with care")
    assert stage.notice == ""


def test_a_question_that_is_not_kept_goes_again(
    keeping: Callable[[float], Any], lock: Callable[[], sqlite3.Connection]
) -> None:
    """Its asker is told to try again, so nobody is to answer it here."""
    stage = keeping(0.2)
    with closing(lock()):
        asked = stage.desk.ask("Deploy?")
        stage.wait_for(lambda: len(stage.inbox))
        stage.wait_for(asked.kept.done)

    assert "locked" in str(asked.kept.exception())
    stage.wait_for(lambda: not len(stage.inbox))
