"""What happens at zero, and everything that keeps a countdown from getting there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from deskbell.events import EventKind
from deskbell.task import ASK_AGAIN, Answer, Attachment, Draft, HoldReason, Task, TaskDetails, TaskKind
from deskbell.task_queue import TaskQueue

if TYPE_CHECKING:
    from tests.core.conftest import FakeClock

DRAFT = Draft(("Yes",), "but slowly", {"area": [1]}, (Attachment("a.txt", "text/plain", b"abc"),))
PERMISSION = TaskDetails(kind=TaskKind.PERMISSION)


def get(tasks: TaskQueue, task_id: str = "a") -> Task:
    task = tasks.get_task(task_id)
    assert task, f"{task_id} is not there"
    return task


def answer(tasks: TaskQueue) -> Answer:
    task = get(tasks)
    assert task.status == "completed"
    assert task.answer
    return task.answer


def parts(one: Answer | Draft) -> tuple[object, ...]:
    return one.options, one.text, dict(one.fields), one.attachments


# -- at zero -------------------------------------------------------------------------------------------------------


def test_with_nothing_typed_the_asker_is_told_to_ask_again(tasks: TaskQueue, clock: FakeClock) -> None:
    """The answer says that nobody gave it, and when."""
    tasks.add_task("a", "p", ["Yes", "No"], 60)
    clock.advance(60)

    assert parts(answer(tasks)) == ((), ASK_AGAIN, {}, ())
    assert (answer(tasks).answered_by, answer(tasks).at) == ("timeout", clock.now())


def test_the_text_for_the_asker_can_be_chosen(make_queue: Callable[..., TaskQueue], clock: FakeClock) -> None:
    """It is an argument, and can be changed while a countdown runs."""
    tasks = make_queue(timeout_text="first")
    tasks.add_task("a", "p", None, 60)
    tasks.timeout_text = "then"
    clock.advance(60)

    assert answer(tasks).text == "then"


def test_a_draft_is_submitted_as_it_is(tasks: TaskQueue, clock: FakeClock) -> None:
    """Nothing that was typed, ticked or attached is lost, and nothing is added."""
    tasks.add_task("a", "p", ["Yes", "No"], 60)
    tasks.set_draft("a", DRAFT)
    clock.advance(60)

    assert parts(answer(tasks)) == parts(DRAFT)
    assert answer(tasks).answered_by == "timeout"


@pytest.mark.parametrize("draft", [None, Draft(), Draft(text="  \n")])
def test_a_draft_that_says_nothing_is_none(tasks: TaskQueue, clock: FakeClock, draft: Draft | None) -> None:
    """Spaces do not stand for an answer."""
    tasks.add_task("a", "p", None, 60)
    tasks.set_draft("a", DRAFT)
    tasks.set_draft("a", draft)
    clock.advance(60)

    assert answer(tasks).text == ASK_AGAIN


def test_the_option_the_asker_named_is_picked(tasks: TaskQueue, clock: FakeClock) -> None:
    """By its value, which may contain a colon."""
    tasks.add_task("a", "p", [{"label": "No", "value": "x:no"}], 60, on_timeout="option:x:no")
    clock.advance(60)

    assert parts(answer(tasks)) == (("x:no",), "", {}, ())
    assert answer(tasks).answered_by == "timeout"


def test_the_named_option_takes_the_typed_text_along(tasks: TaskQueue, clock: FakeClock) -> None:
    """What was ticked gives way to what the asker named."""
    tasks.add_task("a", "p", ["Yes", "No"], 60, on_timeout="option:No")
    tasks.set_draft("a", DRAFT)
    clock.advance(60)

    assert parts(answer(tasks)) == (("No",), *parts(DRAFT)[1:])


@pytest.mark.parametrize(
    ("on_timeout", "details"),
    [
        ("expire", TaskDetails()),
        ("expire", PERMISSION),
        ("submit", PERMISSION),
        ("option:Yes", PERMISSION),
    ],
)
def test_silence_allows_nothing(tasks: TaskQueue, clock: FakeClock, on_timeout: str, details: TaskDetails) -> None:
    """A task that expires has no answer, and a permission request always expires, whatever was ticked."""
    tasks.add_task("a", "p", [{"label": "Yes", "recommended": True}], 60, on_timeout=on_timeout, details=details)
    tasks.set_draft("a", DRAFT)
    clock.advance(60)

    assert (get(tasks).status, get(tasks).result, get(tasks).answer) == ("expired", None, None)
    assert get(tasks).completed_at == clock.now()


def test_a_recommended_option_is_no_answer_by_itself(tasks: TaskQueue, clock: FakeClock) -> None:
    """It only looks different."""
    tasks.add_task("a", "p", [{"label": "Yes", "recommended": True}], 60)
    clock.advance(60)

    assert answer(tasks).options == ()


def test_deadlines_come_in_their_own_order(tasks: TaskQueue, clock: FakeClock) -> None:
    """Not in the order of insertion, and pending tasks run out as the active one does."""
    for name, seconds in (("a", 90), ("b", 30), ("c", 60)):
        tasks.add_task(name, "p", None, seconds)
    ended: list[str] = []
    tasks.register_listener(lambda event: ended.append(event.task.task_id) if event.new_status == "completed" else None)
    clock.advance(100)

    assert ended == ["b", "c", "a"]


# -- holding -------------------------------------------------------------------------------------------------------


def test_busy_hands_stop_the_clock_for_a_while(tasks: TaskQueue, clock: FakeClock) -> None:
    """60 s after the last touch the countdown goes on from where it stood."""
    tasks.add_task("a", "p", None, 100)
    clock.advance(40)
    tasks.hold("a", HoldReason.BUSY, seconds=60)
    clock.advance(59)
    assert (get(tasks).get_remaining_time(), get(tasks).is_held) == (60, True)

    clock.advance(1)
    assert (get(tasks).get_remaining_time(), get(tasks).is_held) == (60, False)
    clock.advance(59)
    assert get(tasks).is_open
    clock.advance(1)
    assert not get(tasks).is_open


def test_every_touch_renews_the_hold(tasks: TaskQueue, clock: FakeClock) -> None:
    """It is announced once."""
    tasks.add_task("a", "p", None, 100)
    news: list[EventKind] = []
    tasks.register_listener(lambda event: news.append(event.kind))
    for _ in range(10):
        tasks.hold("a", HoldReason.BUSY, seconds=60)
        clock.advance(50)

    assert (get(tasks).get_remaining_time(), get(tasks).is_held) == (100, True)
    assert news == [EventKind.COUNTDOWN]
    clock.advance(10)
    assert not get(tasks).is_held


def test_a_countdown_goes_on_with_at_least_thirty_seconds(tasks: TaskQueue, clock: FakeClock) -> None:
    """However little was left when it was stopped."""
    tasks.add_task("a", "p", None, 100)
    clock.advance(95)
    tasks.hold("a", HoldReason.BUSY, seconds=60)
    assert get(tasks).get_remaining_time() == 5
    clock.advance(60)

    assert get(tasks).get_remaining_time() == 30
    clock.advance(29.9)
    assert get(tasks).is_open
    clock.advance(0.1)
    assert not get(tasks).is_open


def test_a_person_holds_for_as_long_as_they_like(tasks: TaskQueue, clock: FakeClock) -> None:
    """Until it is released, with at least thirty seconds left."""
    tasks.add_task("a", "p", None, 100)
    clock.advance(90)
    assert tasks.hold("a")
    clock.advance(1e6)
    assert (get(tasks).is_held, get(tasks).get_remaining_time(), get(tasks).is_expired()) == (True, 10, False)

    assert tasks.release("a")
    assert (get(tasks).is_held, get(tasks).get_remaining_time()) == (False, 30)


def test_a_countdown_stands_still_while_any_reason_is_left(tasks: TaskQueue, clock: FakeClock) -> None:
    """A person's hold outlasts busy hands, and a pause outlasts both."""
    tasks.add_task("a", "p", None, 100)
    tasks.hold("a")
    tasks.hold("a", HoldReason.BUSY, seconds=60)
    tasks.pause()
    clock.advance(60)
    tasks.release("a")
    assert (get(tasks).is_held, get(tasks).pace.is_held_for(HoldReason.PERSON)) == (True, False)

    tasks.resume()
    assert (get(tasks).is_held, get(tasks).get_remaining_time()) == (False, 100)


def test_releasing_what_is_not_held_changes_nothing(tasks: TaskQueue, clock: FakeClock) -> None:
    """The countdown gets no thirty seconds, and nobody is told."""
    tasks.add_task("a", "p", None, 100)
    clock.advance(95)
    news: list[object] = []
    tasks.register_listener(news.append)

    assert tasks.release("a")
    assert get(tasks).get_remaining_time() == 5
    assert news == []


@pytest.mark.parametrize("seconds", [0, -10, math.nan])
def test_a_hold_for_no_time_ends_at_once(tasks: TaskQueue, clock: FakeClock, seconds: float) -> None:
    """It cannot stop the countdown for good."""
    tasks.add_task("a", "p", None, 100)
    tasks.hold("a", HoldReason.BUSY, seconds=seconds)
    clock.settle()

    assert not get(tasks).is_held
    clock.advance(100)
    assert not get(tasks).is_open


def test_a_held_task_can_be_answered(tasks: TaskQueue, clock: FakeClock) -> None:
    """And is then gone after the usual ten seconds."""
    tasks.add_task("a", "p", None, 100)
    tasks.hold("a")
    assert tasks.complete_task("a", {})
    assert get(tasks).get_remaining_time() == 0
    clock.advance(10)

    assert tasks.get_all_tasks() == []


def test_pausing_holds_what_is_there_and_what_comes(tasks: TaskQueue, clock: FakeClock) -> None:
    """Until it is resumed; doing either twice changes nothing."""
    tasks.add_task("a", "p", None, 100)
    clock.advance(10)
    tasks.pause()
    tasks.pause()
    tasks.add_task("b", "p", None, 100)
    clock.advance(1000)
    assert [task.get_remaining_time() for task in tasks.get_all_tasks()] == [90, 100]
    assert tasks.get_task_count()["held"] == 2

    tasks.resume()
    tasks.resume()
    clock.advance(40)
    assert [task.get_remaining_time() for task in tasks.get_all_tasks()] == [50, 60]
    tasks.add_task("c", "p", None, 100)
    assert not get(tasks, "c").is_held


def test_extending_gives_more_time(tasks: TaskQueue, clock: FakeClock) -> None:
    """More than the timeout was, if need be."""
    tasks.add_task("a", "p", None, 100)
    clock.advance(10)
    assert tasks.extend("a", 60)
    assert get(tasks).get_remaining_time() == 150
    clock.advance(149)
    assert get(tasks).is_open
    clock.advance(1)
    assert not get(tasks).is_open


@pytest.mark.parametrize("seconds", [0, -50, math.nan, math.inf, -math.inf])
def test_only_real_time_can_be_given(tasks: TaskQueue, seconds: float) -> None:
    """Anything else is refused and changes nothing."""
    tasks.add_task("a", "p", None, 100)
    before = get(tasks)

    assert not tasks.extend("a", seconds)
    assert get(tasks) == before


def test_without_a_countdown_there_is_nothing_to_extend(tasks: TaskQueue) -> None:
    """Extending does not start one."""
    tasks.add_task("a", "p", None, 0)
    assert not tasks.extend("a", 60)
    assert get(tasks).get_deadline_monotonic() == math.inf


@pytest.mark.parametrize("task_id", ["done", "nobody"])
def test_only_open_tasks_can_be_held_released_extended_or_drafted(tasks: TaskQueue, task_id: str) -> None:
    """False for finished and unknown ones, which stay as they are."""
    tasks.add_task("done", "p")
    tasks.complete_task("done", {})
    before = tasks.get_all_tasks()

    assert not any(
        (tasks.hold(task_id), tasks.release(task_id), tasks.extend(task_id, 5), tasks.set_draft(task_id, DRAFT))
    )
    assert tasks.get_all_tasks() == before


def test_a_draft_is_told_to_listeners_but_is_no_change_of_status(tasks: TaskQueue) -> None:
    """Once for each draft that differs from the last."""
    tasks.add_task("a", "p")
    events: list[EventKind] = []
    changes: list[object] = []
    tasks.register_listener(lambda event: events.append(event.kind))
    tasks.register_status_change_callback(lambda *change: changes.append(change))
    for text in ("a", "a", "ab"):
        tasks.set_draft("a", Draft(text=text))

    assert get(tasks).draft == Draft(text="ab")
    assert (events, changes) == ([EventKind.DRAFT] * 2, [])


# -- hot updates ---------------------------------------------------------------------------------------------------


def test_an_update_into_the_past_ends_the_countdown_at_once(tasks: TaskQueue, clock: FakeClock) -> None:
    """Its base stays the creation; other countdowns get no time from it."""
    tasks.add_task("a", "p")
    tasks.add_task("b", "p", None, 200)
    clock.advance(100)
    tasks.update_auto_resubmit_timeout_for_all(60)
    clock.settle()

    assert answer(tasks).text == ASK_AGAIN
    assert get(tasks, "b").get_remaining_time() == 100


def test_an_update_can_start_and_stop_countdowns(tasks: TaskQueue, clock: FakeClock) -> None:
    """0 stops them."""
    tasks.add_task("a", "p")
    tasks.update_auto_resubmit_timeout_for_all(0)
    clock.advance(250)
    assert get(tasks).is_open

    tasks.update_auto_resubmit_timeout_for_all(260)
    clock.advance(10)
    assert not get(tasks).is_open
