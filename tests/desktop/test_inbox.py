"""What the window knows of the desk."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from deskbell.desk import Desk
from deskbell.errors import DeskbellError
from deskbell.events import TaskEvent
from deskbell.task import Answer, Draft
from deskbell_desktop.inbox import Changes, Inbox


class Follower:
    """An inbox, and the events of a desk that it has not seen yet."""

    def __init__(self, desk: Desk) -> None:
        self.pending: list[TaskEvent] = []
        desk.subscribe(self.pending.append)
        self.inbox = Inbox(desk.open_tasks())
        self.changes: list[Changes] = []
        self.inbox.changed.connect(self.changes.append)

    def catch_up(self, count: int | None = None) -> None:
        events = tuple(self.pending[:count])
        del self.pending[: len(events)]
        self.inbox.take(events)


def _ids(changes: Changes) -> tuple[list[str], list[str]]:
    return [task.task_id for task in changes.arrived], [task.task_id for task in changes.ended]


def test_a_task_arrives(desk: Desk) -> None:
    """A new question is listed and, as the first one, active."""
    follower = Follower(desk)
    task = desk.ask("One?").task
    follower.catch_up()

    assert follower.inbox.active == desk.task(task.task_id)
    assert _ids(follower.changes[0]) == ([task.task_id], [])


def test_a_switch_is_told(desk: Desk) -> None:
    """Bringing another task forward changes the active one and nothing else."""
    desk.ask("One?")
    two = desk.ask("Two?").task
    follower = Follower(desk)
    desk.activate(two.task_id)
    follower.catch_up()

    assert follower.inbox.active is not None
    assert follower.inbox.active.task_id == two.task_id
    assert follower.changes == [Changes()]


def test_an_answered_task_goes_and_the_next_comes_forward(desk: Desk) -> None:
    """What has ended is told as it ended; the next one is active."""
    one, two = desk.ask("One?").task, desk.ask("Two?").task
    follower = Follower(desk)
    desk.answer(one.task_id, Answer(text="Yes"))
    follower.catch_up()

    assert [task.task_id for task in follower.inbox.tasks] == [two.task_id]
    assert follower.inbox.active is not None
    assert follower.inbox.active.task_id == two.task_id
    (ended,) = follower.changes[0].ended
    assert ended.answer is not None
    assert ended.answer.text == "Yes"


def test_a_task_that_comes_and_goes_in_one_batch_is_never_told(desk: Desk) -> None:
    """What was asked and cancelled before the window could look leaves no trace."""
    follower = Follower(desk)
    desk.cancel(desk.ask("One?").task.task_id)
    follower.catch_up()

    assert follower.changes == [Changes()]
    assert len(follower.inbox) == 0


def test_a_batch_is_told_once(desk: Desk) -> None:
    """Many events make one change with all that arrived, in order."""
    follower = Follower(desk)
    tasks = [desk.ask(f"{number}?").task.task_id for number in range(20)]
    follower.catch_up()

    assert len(follower.changes) == 1
    assert _ids(follower.changes[0])[0] == tasks
    assert str(follower.changes[0]) == "20 arrived, 0 ended"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "answer", "cancel", "activate", "hold", "release", "draft", "extend", "catch_up"]),
        st.integers(0, 6),
    ),
    max_size=40,
)


@given(STEPS)
@settings(deadline=None, max_examples=60)
def test_the_inbox_follows_the_desk(steps: list[tuple[str, int]]) -> None:
    """However events are cut into batches, in the end the inbox holds what the desk holds."""
    desk = Desk()
    follower = Follower(desk)
    ids = ["none"]
    try:
        for step, number in steps:
            _do(desk, follower, ids, step, number)
        follower.catch_up()

        assert [_gist(task) for task in follower.inbox.tasks] == [_gist(task) for task in desk.open_tasks()]
        active = [task.task_id for task in desk.open_tasks() if task.status == "active"]
        assert ([follower.inbox.active.task_id] if follower.inbox.active else []) == active
    finally:
        desk.close()


def _do(desk: Desk, follower: Follower, ids: list[str], step: str, number: int) -> None:
    task_id = ids[number % len(ids)]
    calls: dict[str, Callable[[], object]] = {
        "ask": lambda: ids.append(desk.ask(f"{number}?").task.task_id),
        "answer": lambda: desk.answer(task_id, Answer(text="x")),
        "cancel": lambda: desk.cancel(task_id),
        "activate": lambda: desk.activate(task_id),
        "hold": lambda: desk.hold(task_id),
        "release": lambda: desk.release(task_id),
        "draft": lambda: desk.set_draft(task_id, Draft(text=str(number))),
        "extend": lambda: desk.extend(task_id, number),
        "catch_up": lambda: follower.catch_up(number),
    }
    try:
        calls[step]()
    except DeskbellError:
        return


def _gist(task: object) -> tuple[object, ...]:
    return tuple(getattr(task, name) for name in ("task_id", "status", "draft", "pace", "auto_resubmit_timeout"))
