"""What an asker learns when the journal cannot keep what it should."""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from deskbell.errors import DiskFull, JournalBusy, JournalClosed
from deskbell.http.problems import problem_for
from deskbell.journal.archive import Archive
from deskbell.journal.store import Store
from deskbell.task import Answer
from deskbell.task_queue import TaskQueue

if TYPE_CHECKING:
    from tests.core.journal.conftest import StartDesk


def _no_room(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("key", [None, "k"])
def test_a_refusal_is_told_however_fast_it_comes(
    start_desk: StartDesk, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    """As the disk's, also when the question is gone again before the desk has looked at it; asked again it fits."""
    add_task = TaskQueue.add_task

    def add_slowly(queue: TaskQueue, task_id: str, *rest: Any, **more: Any) -> bool:
        fits = add_task(queue, task_id, *rest, **more)
        while queue.get_task(task_id):
            time.sleep(0.001)
        return fits

    troubles: list[str] = []
    desk = start_desk(trouble=troubles.append)
    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_task", _no_room)
        patch.setattr(TaskQueue, "add_task", add_slowly)
        with pytest.raises(DiskFull):
            desk.ask("Deploy?", key=key)

    again = desk.ask("Deploy?", key=key)
    assert again.created
    again.kept.result(5)
    assert troubles == [str(DiskFull()), ""]


def test_a_key_that_cannot_be_looked_up_is_free_again(start_desk: StartDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its asker learns why, and nobody who asks again waits for it."""

    def locked(*_: object) -> None:
        raise JournalBusy

    desk = start_desk()
    first = desk.ask("Deploy?", key="k").task.task_id
    desk.answer(first, Answer(text="ok")).result(5)
    desk._queue.clear_completed_tasks()
    with monkeypatch.context() as patch:
        patch.setattr(Archive, "find_key", locked)
        with pytest.raises(JournalBusy):
            desk.ask("Deploy?", key="k")

    assert (desk._claims._by_key, desk._claims._by_task) == ({}, {})
    assert desk.ask("Deploy?", key="k").task.task_id == first


def test_an_answer_that_comes_after_the_end_is_refused(start_desk: StartDesk) -> None:
    """With when to try again, not as if something were wrong with the disk."""
    desk = start_desk()
    task_id = desk.ask("Deploy?").kept.result(5).task_id
    desk.close()
    with pytest.raises(JournalClosed) as refusal:
        desk.answer(task_id, Answer(text="ok")).result(5)
    problem = problem_for(refusal.value)

    assert (problem.status, problem.headers) == (503, {"Retry-After": "1"})
