"""The thread that writes: when it does what."""

from __future__ import annotations

import errno
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from deskbell.errors import DiskFull, JournalUnusable
from deskbell.journal import writer
from deskbell.journal.store import ALIVE_AT, Store
from deskbell.task import Answer, Draft, Task

if TYPE_CHECKING:
    from tests.core.journal.conftest import StartDesk


def no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def full(*_: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")


def test_the_house_is_kept_while_a_countdown_runs(start_desk: StartDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the first idle moment, and signs of life come no more often for it."""
    tidied = threading.Event()
    facts: list[str] = []
    monkeypatch.setattr(writer, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(writer, "BEAT_SECONDS", 60.0)
    desk = start_desk()
    desk.ask("Deploy?", timeout=240).kept.result(5)
    monkeypatch.setattr(Store, "set_fact", lambda _store, name, *_, **__: facts.append(name))
    monkeypatch.setattr(Store, "checkpoint", lambda _store: tidied.set())

    assert tidied.wait(5)
    assert ALIVE_AT not in facts


def test_an_answer_that_is_kept_counts_even_if_the_log_cannot_be_worked_in(
    start_desk: StartDesk, monkeypatch: pytest.MonkeyPatch, expect_log: Callable[[str], None]
) -> None:
    """Else the same question could be answered once more, and the disk would still hold the first answer."""
    expect_log("could not be worked in")
    desk = start_desk()
    task_id = desk.ask("Deploy?", ["Yes", "No"]).kept.result(5).task_id
    with monkeypatch.context() as patch:
        patch.setattr(writer, "CHECKPOINT_COMMITS", 1)
        patch.setattr(Store, "checkpoint", full)
        ended = desk.answer(task_id, Answer(("Yes",))).result(5)
        desk.ask("Next?").kept.result(5)

    assert ended.answer == desk.recall(task_id).answer


@pytest.mark.parametrize("place", ["set_draft", "end_task"])
def test_a_mistake_in_one_note_stops_nobody_else(
    start_desk: StartDesk, monkeypatch: pytest.MonkeyPatch, expect_log: Callable[[str], None], place: str
) -> None:
    """Whoever waits for that note learns of it, and the next one is kept."""

    def mistaken(*_: object, **__: object) -> None:
        raise ValueError("a slip")

    expect_log("made a mistake")
    desk = start_desk(trouble=lambda _sentence: None)
    task_id = desk.ask("Deploy?").kept.result(5).task_id
    with monkeypatch.context() as patch:
        patch.setattr(Store, place, mistaken)
        desk.set_draft(task_id, Draft(text="x"))
        if place == "end_task":
            with pytest.raises(JournalUnusable, match="a slip"):
                desk.answer(task_id, Answer(text="x")).result(5)
        desk.ask("Next?").kept.result(5)
        desk.close()


def test_a_listener_that_fails_stops_nobody(
    start_desk: StartDesk, monkeypatch: pytest.MonkeyPatch, expect_log: Callable[[str], None]
) -> None:
    """Whoever should say that something is wrong may be gone already."""

    def gone(_sentence: str) -> None:
        raise RuntimeError("deleted")

    expect_log("failed to hear")
    desk = start_desk(trouble=gone)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_task", no_room)
        with pytest.raises(DiskFull):
            desk.ask("Deploy?").kept.result(5)

    desk.ask("Next?").kept.result(5)


def test_what_is_tried_again_does_not_undo_what_came_after(
    start_desk: StartDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old draft that did not fit is forgotten once a newer one is kept, and until then something is wrong."""
    set_draft = Store.set_draft
    has_room = threading.Event()
    kept: queue.Queue[str] = queue.Queue()

    def set_small_draft(store: Store, task: Task) -> None:
        text = task.draft.text if task.draft else ""
        if text == "long" and not has_room.is_set():
            no_room()
        set_draft(store, task)
        kept.put(text)

    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(Store, "set_draft", set_small_draft)
    troubles: queue.Queue[str] = queue.Queue()
    desk = start_desk(trouble=troubles.put)
    task_id = desk.ask("Deploy?").kept.result(5).task_id
    desk.set_draft(task_id, Draft(text="long"))
    assert troubles.get(timeout=5) == str(DiskFull())
    desk.set_draft(task_id, Draft(text="short"))
    assert kept.get(timeout=5) == "short"
    has_room.set()
    while troubles.get(timeout=5):
        pass
    desk.close()

    assert start_desk().task(task_id).draft == Draft(text="short")
    assert kept.empty()
