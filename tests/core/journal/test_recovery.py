"""What a desk finds again when it is started anew."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from deskbell.desk import Desk
from deskbell.errors import KeyConflict, TaskFinished, TaskNotFound
from deskbell.journal import Journal
from deskbell.task import Answer, Attachment, Draft, Source, TaskDetails, TaskKind

if TYPE_CHECKING:
    from pathlib import Path

    from tests.core.journal.conftest import StartDesk

FILE = Attachment("plan.txt", "text/plain", b"Step 1")
DETAILS = TaskDetails(
    "Release", Source("Codex", "shop", "main", "s1", 42), TaskKind.PERMISSION, True, True, "Why?", (FILE,)
)


def test_open_questions_come_back(start_desk: StartDesk) -> None:
    """In their order, with every part, and with the one in front that was."""
    desk = start_desk()
    desk.ask("One?").kept.result(5)
    asked = desk.ask("Two?", ["Yes", "No"], timeout=120, on_timeout="expire", details=DETAILS, key="k")
    desk.ask("Three?", timeout=0).kept.result(5)
    desk.activate(asked.task.task_id)
    before = desk.open_tasks()
    desk.close()

    after = start_desk().open_tasks()
    assert [task.task_id for task in after] == [task.task_id for task in before]
    assert [task.status for task in after] == ["pending", "active", "pending"]
    for name in ("prompt", "options", "details", "on_timeout", "explicit_timeout", "auto_resubmit_timeout", "key"):
        assert getattr(after[1], name) == getattr(before[1], name), name
    assert after[2].auto_resubmit_timeout == 0


def test_a_draft_comes_back(start_desk: StartDesk) -> None:
    """Text, ticks and files."""
    draft = Draft(("Yes",), "because", {}, (FILE,))
    desk = start_desk()
    task_id = desk.ask("Deploy?", ["Yes", "No"]).task.task_id
    desk.set_draft(task_id, draft)
    desk.close()

    assert start_desk().task(task_id).draft == draft


def test_an_ended_question_does_not_come_back_but_can_be_read(start_desk: StartDesk) -> None:
    """By its id, with its answer and files, for as long as the history keeps it."""
    desk = start_desk()
    task_id = desk.ask("Deploy?", ["Yes", "No"], details=DETAILS).task.task_id
    answer = Answer(("Yes",), "go", {"n": [1, None, "x"]}, (FILE,))
    ended = desk.answer(task_id, answer).result(5)
    desk.close()

    again = start_desk()
    assert again.tasks() == []
    assert again.recall(task_id).answer == ended.answer
    assert again.recall(task_id).details == DETAILS
    with pytest.raises(TaskNotFound):
        again.recall("nobody")


def test_a_key_attaches_to_the_question_of_an_earlier_process(start_desk: StartDesk) -> None:
    """Open or answered meanwhile; another question with the same key is refused."""
    desk = start_desk()
    ids = {key: desk.ask("Deploy?", ["Yes"], key=key).task.task_id for key in ("open", "answered")}
    desk.answer(ids["answered"], Answer(("Yes",))).result(5)
    desk.close()

    desk = start_desk()
    for key, task_id in ids.items():
        again = desk.ask("Deploy?", ["Yes"], key=key)
        assert (again.created, again.task.task_id) == (False, task_id)
        with pytest.raises(KeyConflict):
            desk.ask("Undeploy?", ["Yes"], key=key)
    assert again.kept.result(0).answer is not None
    assert len(desk.open_tasks()) == 1


def test_a_pause_and_a_hold_come_back(start_desk: StartDesk) -> None:
    """Nobody was there to let the countdowns run again."""
    desk = start_desk()
    held, free = (desk.ask(prompt).task.task_id for prompt in ("Held?", "Free?"))
    desk.hold(held)
    desk.pause()
    desk.close()

    desk = start_desk()
    assert desk.is_paused
    desk.resume()
    assert desk.task(held).is_held
    assert not desk.task(free).is_held


def test_a_pause_outlasts_two_restarts(start_desk: StartDesk) -> None:
    """Its countdowns are not taken for running ones in between."""
    desk = start_desk()
    desk.ask("Deploy?").kept.result(5)
    desk.pause()
    desk.close()
    desk = start_desk()
    assert desk._journal is not None
    assert not desk._journal._is_running()
    desk.close()

    assert start_desk().is_paused


def test_a_pause_from_before_the_journal_was_open_is_kept(folder: Path) -> None:
    """A person may be faster than the disk."""
    for is_first in (True, False):
        desk = Desk()
        if is_first:
            desk.pause()
        desk.open_journal(Journal(folder))
        assert desk.is_paused
        desk.close()


def test_nothing_is_answered_twice(start_desk: StartDesk) -> None:
    """A second answer learns the first, also after a restart."""
    desk = start_desk()
    task_id = desk.ask("Deploy?", ["Yes", "No"]).task.task_id
    desk.answer(task_id, Answer(("Yes",))).result(5)
    with pytest.raises(TaskFinished):
        desk.answer(task_id, Answer(("No",)))
    desk.close()

    desk = start_desk()
    with pytest.raises(TaskNotFound):
        desk.answer(task_id, Answer(("No",)))
    answer = desk.recall(task_id).answer
    assert answer is not None
    assert answer.options == ("Yes",)


def test_an_old_answer_is_no_answer_to_the_same_question_now(start_desk: StartDesk, monkeypatch: Any) -> None:
    """A key stands for its task for a day after that has ended; then it is free for a new question."""
    desk = start_desk()
    first = desk.ask("Deploy?", ["Yes"], key="k").task.task_id
    desk.answer(first, Answer(("Yes",))).result(5)
    desk.close()

    desk = start_desk()
    assert not desk.ask("Deploy?", ["Yes"], key="k").created
    monkeypatch.setattr("deskbell.desk.KEY_SECONDS", -1)
    assert desk.ask("Deploy?", ["Yes"], key="k").created


def test_cancelling_while_it_is_being_cancelled_is_no_mistake(start_desk: StartDesk, folder: Path) -> None:
    """Whoever comes second gets the same; an answer that comes second learns that it is too late."""
    desk = start_desk()
    task_id = desk.ask("Deploy?", ["Yes"]).kept.result(5).task_id
    with closing(sqlite3.connect(folder / "journal.db", isolation_level=None)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        cancelling = [desk.cancel(task_id) for _ in range(2)]
        answering = desk.answer(task_id, Answer(("Yes",)))
        assert not any(future.done() for future in (*cancelling, answering))
        assert desk.task(task_id).is_open

    assert [future.result(5).status for future in cancelling] == ["cancelled", "cancelled"]
    with pytest.raises(TaskFinished, match="already cancelled"):
        answering.result(5)


def test_what_is_kept_is_for_its_owner_alone(start_desk: StartDesk, folder: Path) -> None:
    """Whatever the umask says: the folder, the journal, what SQLite makes beside it, and files."""
    desk = start_desk()
    desk.ask("Deploy?", details=DETAILS).kept.result(5)
    things = [folder, *folder.rglob("*")]

    assert {thing.name for thing in things} >= {"journal.db", "journal.db-wal", "journal.db-shm", "files"}
    assert [thing for thing in things if thing.stat().st_mode & 0o077] == []


def test_a_full_disk_at_the_end_is_not_taken_for_damage(
    start_desk: StartDesk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start finds a journal like that of a desk that has crashed, and nothing wrong with it."""

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    desk = start_desk(trouble=lambda _sentence: None)
    desk.ask("Deploy?").kept.result(5)
    with monkeypatch.context() as patch:
        patch.setattr("deskbell.journal.journal._say_goodbye", no_room)
        desk.close()
    troubles: list[str] = []

    assert [task.prompt for task in start_desk(trouble=troubles.append).open_tasks()] == ["Deploy?"]
    assert troubles == []
    assert not list(folder.glob("journal.damaged-*"))
