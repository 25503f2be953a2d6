"""Idempotency keys: whoever asks the same again gets the same task."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deskbell.desk import Desk
from deskbell.errors import DeskFull, KeyConflict, TaskNotFound
from deskbell.settings import ListenerSettings
from deskbell.task import Answer, TaskDetails

if TYPE_CHECKING:
    from tests.core.conftest import FakeClock


@pytest.fixture
def desk(fake_desk: Desk) -> Desk:
    return fake_desk


def make_room_for_one(desk: Desk) -> None:
    desk.apply_settings(replace(desk.settings, listener=ListenerSettings(max_open_tasks=1)))


def test_a_key_stands_for_one_task(desk: Desk) -> None:
    """Also once that is answered, for as long as it is known."""
    first = desk.ask("Deploy?", key="k")
    again = desk.ask("Deploy?", key="k")
    assert (first.created, again.created, again.task) == (True, False, first.task)

    done = desk.answer(first.task.task_id, Answer(text="ok")).result(0)
    assert desk.ask("Deploy?", key="k").task == done


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "Undeploy?"},
        {"options": ["Yes"]},
        {"timeout": 5},
        {"on_timeout": "expire"},
        {"details": TaskDetails("t")},
    ],
)
def test_a_key_cannot_stand_for_two_questions(desk: Desk, other: dict[str, Any]) -> None:
    """A difference in any part counts."""
    desk.ask("Deploy?", key="k")
    with pytest.raises(KeyConflict, match="'k'"):
        desk.ask(**{"prompt": "Deploy?", "key": "k", **other})
    assert len(desk.tasks()) == 1


def test_no_key_is_no_claim(desk: Desk) -> None:
    """Two questions without one are two tasks, and an empty key is none."""
    for key in (None, None, "", ""):
        assert desk.ask("Deploy?", key=key).created


def test_a_key_is_free_again_with_its_task_gone(desk: Desk, clock: FakeClock) -> None:
    """Nothing of it is kept inside."""
    first = desk.ask("Deploy?", key="k").task
    desk.answer(first.task_id, Answer(text="ok"))
    clock.advance(10)

    assert (desk._claims._by_key, desk._claims._by_task) == ({}, {})
    assert desk.ask("Undeploy?", key="k").created


def test_a_key_of_a_refused_question_is_forgotten(desk: Desk) -> None:
    """A full desk can be asked again with it."""
    make_room_for_one(desk)
    first = desk.ask("Deploy?").task.task_id
    for _ in range(3):
        with pytest.raises(DeskFull):
            desk.ask("Deploy?", key="k")
    assert (desk._claims._by_key, desk._claims._by_task) == ({}, {})

    desk.cancel(first)
    assert desk.ask("Deploy?", key="k").created


def test_one_key_from_many_threads_makes_one_task(desk: Desk, together: Callable[..., list[Any]]) -> None:
    """Whoever comes second waits for the first and gets its task."""
    for turn in range(50):
        asked = together(8, lambda _, turn=turn: desk.ask("Deploy?", key=str(turn)))
        assert sorted(one.created for one in asked) == [False] * 7 + [True]
        assert len({one.task.task_id for one in asked}) == 1

    assert len(desk.tasks()) == 50


def test_whoever_is_late_to_forget_a_key_does_not_free_what_others_claimed(desk: Desk) -> None:
    """Several may find at the same time that the task of a key is gone; one of them claims the key anew."""
    desk.ask("Deploy?", key="k")
    stale = desk._claims._by_key["k"]
    desk._queue.clear_all_tasks()
    second = desk.ask("Deploy?", key="k")
    desk._claims.forget(stale.task_id)

    assert second.created
    assert not desk.ask("Deploy?", key="k").created


def test_a_key_can_be_freed_and_claimed_by_many_at_once(desk: Desk, together: Callable[..., list[Any]]) -> None:
    """Tasks that are refused or taken out meanwhile confuse nobody, and nothing is kept of them."""
    make_room_for_one(desk)

    def work(_: int) -> None:
        for _turn in range(100):
            with suppress(DeskFull, TaskNotFound):
                desk._queue.remove_task(desk.ask("Deploy?", key="k").task.task_id)

    assert together(8, work) == [None] * 8
    desk._queue.clear_all_tasks()
    assert (desk._claims._by_key, desk._claims._by_task) == ({}, {})
