"""The agenda: when to look at which task next."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskbell.countdown import Agenda


@pytest.fixture
def agenda() -> Agenda:
    return Agenda()


def test_nothing_planned_is_never_due(agenda: Agenda) -> None:
    """The next time is infinite."""
    assert agenda.next_time() == math.inf
    assert agenda.take_due(1e9) == []


def test_what_is_planned_for_never_is_never_due(agenda: Agenda) -> None:
    """Infinity is not a moment."""
    agenda.plan("a", math.inf)
    assert agenda.take_due(1e9) == []


def test_tasks_are_due_earliest_first(agenda: Agenda) -> None:
    """Each once, and not before its time."""
    for name, when in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        agenda.plan(name, when)

    assert agenda.next_time() == 1.0
    assert [agenda.take_due(0.9), agenda.take_due(2.0), agenda.take_due(9.0)] == [[], ["b", "c"], ["a"]]
    assert agenda.next_time() == math.inf


def test_a_look_can_be_moved_forward_but_not_back(agenda: Agenda) -> None:
    """At the earlier time the task is planned anew."""
    agenda.plan("a", 5.0)
    agenda.plan("a", 9.0)
    assert agenda.next_time() == 5.0

    agenda.plan("a", 2.0)
    assert agenda.take_due(2.0) == ["a"]
    assert agenda.take_due(9.0) == []


def test_moving_one_look_again_and_again_takes_no_room(agenda: Agenda) -> None:
    """Entries that no longer count are thrown away."""
    for moment in range(10_000, 0, -1):
        agenda.plan("a", float(moment))

    assert len(agenda._heap) < 100
    assert agenda.take_due(1.0) == ["a"]


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 50), st.booleans()), max_size=200))
def test_an_agenda_is_a_table_of_earliest_times(plans: list[tuple[str, int, bool]]) -> None:
    """Whatever is planned and taken, as a dictionary would have it."""
    agenda, table = Agenda(), dict[str, float]()
    for name, when, take in plans:
        if take:
            due = sorted((moment, task) for task, moment in table.items() if moment <= when)
            assert agenda.take_due(when) == [task for _, task in due]
            table = {task: moment for task, moment in table.items() if moment > when}
        else:
            agenda.plan(name, when)
            table[name] = min(when, table.get(name, math.inf))
        assert agenda.next_time() == min(table.values(), default=math.inf)
