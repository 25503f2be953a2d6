"""The desk: questions in, answers out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from deskbell.desk import Desk
from deskbell.errors import (
    DeskClosed,
    DeskFull,
    InvalidAnswer,
    InvalidQuestion,
    TaskFinished,
    TaskNotFound,
)
from deskbell.events import TaskEvent
from deskbell.settings import CountdownSettings, ListenerSettings, Settings
from deskbell.task import Answer, Attachment, Draft, Option, TaskDetails, TaskKind

if TYPE_CHECKING:
    from tests.core.conftest import FakeClock

YES = Answer(("Yes",), at=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def desk(fake_desk: Desk) -> Desk:
    return fake_desk


def ask(desk: Desk, prompt: str = "Deploy?", **more: Any) -> str:
    return desk.ask(prompt, ["Yes", "No"], **more).task.task_id


def with_countdown(desk: Desk, **changes: Any) -> Settings:
    return replace(desk.settings, countdown=replace(desk.settings.countdown, **changes))


def with_room_for(desk: Desk, count: int) -> Settings:
    return replace(desk.settings, listener=replace(desk.settings.listener, max_open_tasks=count))


def test_a_question_becomes_a_task(desk: Desk) -> None:
    """With all its parts, and an id that nobody misreads."""
    details = TaskDetails(title="Release", multiple=True)
    asked = desk.ask("Deploy?", ["Yes", Option("No", "n")], timeout=30, on_timeout="option:n", details=details)

    task = asked.task
    assert asked.created
    assert len(task.task_id) == 12
    assert set(task.task_id) <= set("23456789abcdefghjkmnpqrstvwxyz")
    assert (task.prompt, task.options) == ("Deploy?", (Option("Yes"), Option("No", "n")))
    assert (task.status, task.auto_resubmit_timeout, task.on_timeout, task.details) == (
        "active",
        30,
        "option:n",
        details,
    )


def test_what_the_asker_left_open_comes_from_the_settings(desk: Desk) -> None:
    """The countdown; and what happens at zero is a submit."""
    desk.apply_settings(with_countdown(desk, default_seconds=77))
    task = desk.task(ask(desk))

    assert (task.auto_resubmit_timeout, task.on_timeout) == (77, "submit")


def test_a_permission_request_expires(desk: Desk, clock: FakeClock) -> None:
    """Without being told to."""
    task_id = ask(desk, details=TaskDetails(kind=TaskKind.PERMISSION), timeout=5)
    desk.set_draft(task_id, Draft(("Yes",)))
    clock.advance(5)

    assert (desk.task(task_id).status, desk.task(task_id).answer) == ("expired", None)


def test_a_bad_question_changes_nothing(desk: Desk) -> None:
    """It is refused before anybody is shown anything, and leaves its key free."""
    with pytest.raises(InvalidQuestion):
        ask(desk, "", key="k")

    assert desk.tasks() == []
    assert desk.ask("Deploy?", key="k").created


def test_the_first_answer_wins(desk: Desk) -> None:
    """The second caller gets the task as it ended."""
    task_id = ask(desk)
    done = desk.answer(task_id, YES).result(0)
    assert done.answer == YES

    with pytest.raises(TaskFinished, match="already completed") as late:
        desk.answer(task_id, Answer(("No",)))
    assert late.value.task == done


def test_a_bad_answer_leaves_the_task_open(desk: Desk) -> None:
    """So that a better one can follow."""
    task_id = ask(desk)
    with pytest.raises(InvalidAnswer):
        desk.answer(task_id, Answer(("Perhaps",)))
    assert desk.answer(task_id, YES).result(0).status == "completed"


def test_of_many_answers_at_once_one_wins(desk: Desk, together: Callable[..., list[Any]]) -> None:
    """All others learn which."""
    task_id = ask(desk)
    outcomes = together(8, lambda number: desk.answer(task_id, Answer(text=str(number))).result(0))

    losers = [outcome for outcome in outcomes if isinstance(outcome, TaskFinished)]
    assert len(losers) == 7
    assert all(loser.task == desk.task(task_id) for loser in losers)


def test_cancelling_again_changes_nothing(desk: Desk) -> None:
    """But what has been answered cannot be cancelled."""
    first, second = ask(desk), ask(desk)
    assert desk.cancel(first).result(0).status == "cancelled"
    assert desk.cancel(first).result(0) == desk.task(first)

    desk.answer(second, YES)
    with pytest.raises(TaskFinished):
        desk.cancel(second)


CALLS: list[Callable[[Desk, str], object]] = [
    lambda desk, task_id: desk.answer(task_id, YES),
    lambda desk, task_id: desk.activate(task_id),
    lambda desk, task_id: desk.hold(task_id),
    lambda desk, task_id: desk.release(task_id),
    lambda desk, task_id: desk.touch(task_id),
    lambda desk, task_id: desk.extend(task_id, 30),
    lambda desk, task_id: desk.set_draft(task_id, Draft(text="a")),
]
CALL = pytest.mark.parametrize("call", CALLS, ids=["answer", "activate", "hold", "release", "touch", "extend", "draft"])


@CALL
def test_an_unknown_task_is_reported(desk: Desk, call: Callable[[Desk, str], object]) -> None:
    """By its id."""
    with pytest.raises(TaskNotFound, match="'nobody'"):
        call(desk, "nobody")


@CALL
def test_a_finished_task_stays_as_it_is(desk: Desk, call: Callable[[Desk, str], object]) -> None:
    """Whatever is tried, the caller learns how it ended."""
    task_id = ask(desk)
    done = desk.cancel(task_id).result(0)
    with pytest.raises(TaskFinished) as late:
        call(desk, task_id)
    assert late.value.task == done == desk.task(task_id)


def test_looking_at_waiting_for_or_cancelling_nobody_is_reported(desk: Desk) -> None:
    """The same way."""
    for call in (desk.task, desk.cancel, desk.wait):
        with pytest.raises(TaskNotFound):
            call("nobody")
    with pytest.raises(TaskNotFound):
        asyncio.run(desk.wait_async("nobody"))


def test_tasks_can_be_listed_by_status(desk: Desk) -> None:
    """In order of arrival."""
    a, b, c = (ask(desk) for _ in range(3))
    desk.activate(c)
    desk.answer(a, YES)

    assert [task.task_id for task in desk.tasks()] == [a, b, c]
    assert [task.task_id for task in desk.open_tasks()] == [b, c]
    assert [[task.task_id for task in desk.tasks(status)] for status in ("active", "pending", "completed")] == [
        [c],
        [b],
        [a],
    ]
    assert desk.counts()["total"] == 3


def test_holding_and_releasing(desk: Desk, clock: FakeClock) -> None:
    """A released countdown has at least what the settings say left, and busy hands are released with it."""
    desk.apply_settings(with_countdown(desk, resume_seconds=50))
    task_id = ask(desk, timeout=100)
    clock.advance(90)
    assert desk.hold(task_id).is_held
    assert desk.touch(task_id).is_held
    clock.advance(1000)

    released = desk.release(task_id)
    assert (released.is_held, released.get_remaining_time()) == (False, 50)


def test_a_touch_holds_for_as_long_as_the_settings_say(desk: Desk, clock: FakeClock) -> None:
    """Then the countdown goes on by itself."""
    desk.apply_settings(with_countdown(desk, busy_seconds=20))
    task_id = ask(desk, timeout=100)
    desk.touch(task_id)
    clock.advance(19)
    assert desk.task(task_id).is_held
    clock.advance(1)
    assert not desk.task(task_id).is_held


def test_extending(desk: Desk) -> None:
    """A task without a countdown stays without one."""
    assert desk.extend(ask(desk, timeout=100), 60).get_remaining_time() == 160
    assert desk.extend(ask(desk, timeout=0), 60).get_remaining_time() == 0


def test_pausing(desk: Desk, clock: FakeClock) -> None:
    """All countdowns stand still until they are resumed."""
    task_id = ask(desk, timeout=100)
    desk.pause()
    clock.advance(1000)
    assert (desk.is_paused, desk.task(task_id).get_remaining_time()) == (True, 100)

    desk.resume()
    assert (desk.is_paused, desk.task(task_id).is_held) == (False, False)


def test_a_draft_is_kept_and_answers_at_zero(desk: Desk, clock: FakeClock) -> None:
    """Under the name of the countdown."""
    task_id = ask(desk, timeout=10)
    assert desk.set_draft(task_id, Draft(text="typed")).draft == Draft(text="typed")
    clock.advance(10)

    answer = desk.task(task_id).answer
    assert answer
    assert (answer.text, answer.answered_by) == ("typed", "timeout")


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(("Perhaps",)), "options"),
        (Draft(("Yes", "No")), "options"),
        (Draft(text="a\0b"), "text"),
        (Draft(text="\ud83d"), "text"),
        (Draft(text="x" * 4_000_001), "text"),
        (Draft(fields={"a": ["\ud83d"]}), "fields"),
        (Draft(fields={"a": b"bytes"}), "fields"),
        (Draft(fields={"a": "\0"}), "fields"),
        (Draft(attachments=(Attachment("a", "b\ud83d", b"c"),)), "attachments[0]"),
    ],
)
def test_a_draft_that_could_not_be_sent_is_not_kept(desk: Desk, draft: Draft, field: str) -> None:
    """What goes out at zero is what an answer may be; the draft of before stays."""
    task_id = ask(desk)
    desk.set_draft(task_id, Draft(text="typed"))
    with pytest.raises(InvalidAnswer) as refused:
        desk.set_draft(task_id, draft)

    assert refused.value.field == field
    assert desk.task(task_id).draft == Draft(text="typed")


def test_a_draft_with_text_where_none_is_taken_is_not_kept(desk: Desk) -> None:
    """As with an answer."""
    task_id = ask(desk, details=TaskDetails(allow_text=False))
    with pytest.raises(InvalidAnswer, match="takes no text"):
        desk.set_draft(task_id, Draft(text="but"))


def test_an_empty_draft_is_none(desk: Desk) -> None:
    """White space alone is nothing typed."""
    task_id = ask(desk)
    desk.set_draft(task_id, Draft(text="typed"))

    assert desk.set_draft(task_id, Draft(text=" \n")).draft is None


# -- bounds and the end --------------------------------------------------------------------------------------------


def test_a_full_desk_says_so(desk: Desk) -> None:
    """Only what waits counts, and more room can be made."""
    desk.apply_settings(with_room_for(desk, 2))
    first = ask(desk)
    ask(desk)
    with pytest.raises(DeskFull, match="2 questions are waiting"):
        ask(desk)

    desk.answer(first, YES)
    ask(desk)
    desk.apply_settings(with_room_for(desk, 3))
    ask(desk)


def test_settings_reach_countdowns_in_progress(desk: Desk, clock: FakeClock) -> None:
    """Those whose asker chose none, counted from their creation; and what is said at zero."""
    chosen, default = ask(desk, timeout=240), ask(desk)
    clock.advance(100)
    desk.apply_settings(with_countdown(desk, default_seconds=120, timeout_text="Ask later."))
    assert [task.get_remaining_time() for task in desk.tasks()] == [140, 20]

    clock.advance(20)
    answer = desk.task(default).answer
    assert answer
    assert answer.text == "Ask later."
    assert desk.task(chosen).is_open


@pytest.mark.parametrize(("before", "after", "left"), [(0, 60, 30), (240, 60, 30), (240, 0, 0), (240, 290, 190)])
def test_another_default_ends_no_question_at_once(
    desk: Desk, clock: FakeClock, before: int, after: int, left: int
) -> None:
    """A countdown that would be over, though nobody saw it run out, gets what the settings leave after a hold."""
    desk.apply_settings(with_countdown(desk, default_seconds=before))
    task_id = ask(desk)
    clock.advance(100)
    desk.apply_settings(with_countdown(desk, default_seconds=after))
    clock.settle()

    task = desk.task(task_id)
    assert (task.is_open, task.get_remaining_time()) == (True, left)


def test_other_settings_lengthen_no_countdown(desk: Desk, clock: FakeClock) -> None:
    """Only another default does."""
    task_id = ask(desk)
    clock.advance(230)
    desk.apply_settings(with_countdown(desk, resume_seconds=50, timeout_text="Ask later."))

    assert desk.task(task_id).get_remaining_time() == 10


def test_settings_hold_from_the_start(clock: FakeClock) -> None:
    """Those the desk is made with."""
    settings = Settings(CountdownSettings(default_seconds=5), ListenerSettings(max_open_tasks=1))
    desk = Desk(settings, clock=clock)
    assert desk.settings is settings
    assert desk.ask("Deploy?").task.auto_resubmit_timeout == 5
    with pytest.raises(DeskFull):
        desk.ask("Deploy?")
    desk.close()


def test_closing_releases_everybody_and_takes_nothing_new(desk: Desk, together: Callable[..., list[Any]]) -> None:
    """Open tasks are cancelled, the thread ends, and closing again does nothing."""
    task_id = ask(desk)

    def work(number: int) -> Any:
        if number:
            return desk.wait(task_id, 20).status
        return desk.close()

    assert together(4, work) == [None, "cancelled", "cancelled", "cancelled"]
    desk.close()
    for key in (None, "k"):
        with pytest.raises(DeskClosed):
            ask(desk, key=key)
    assert "TaskQueueCleanup" not in {thread.name for thread in threading.enumerate()}


def test_nothing_is_left_open_by_a_desk_that_closes_while_it_is_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that slips in after the others were cancelled is refused, and nobody is left to answer it."""
    add = desk._queue.add_task

    def close_and_add(*parts: Any, **more: Any) -> bool:
        desk.close()
        return add(*parts, **more)

    monkeypatch.setattr(desk._queue, "add_task", close_and_add)
    with pytest.raises(DeskClosed):
        ask(desk)
    assert desk.open_tasks() == []


def test_a_desk_can_be_closed_while_many_ask(clock: FakeClock, together: Callable[..., list[Any]]) -> None:
    """What was accepted reaches an outcome, the rest is refused."""
    for _ in range(20):
        desk = Desk(clock=clock)

        def work(number: int, desk: Desk = desk) -> None:
            if number == 4:
                desk.close()
            else:
                desk.ask("Deploy?", key=str(number % 2))

        outcomes = together(8, work)
        assert all(outcome is None or isinstance(outcome, DeskClosed) for outcome in outcomes)
        assert desk.open_tasks() == []


# -- waiting and listening -----------------------------------------------------------------------------------------


def test_waiting_gives_the_task_as_it_ended(desk: Desk) -> None:
    """To coroutines as to threads; giving up gives it as it is."""

    async def main() -> str:
        waiter = asyncio.create_task(desk.wait_async(task_id, 20))
        await asyncio.sleep(0)
        desk.answer(task_id, YES)
        return (await waiter).status

    task_id = ask(desk)
    assert desk.wait(task_id, 0).status == "active"
    assert asyncio.run(main()) == "completed"
    assert desk.wait(task_id).answer == YES


def test_subscribers_hear_what_happens(desk: Desk) -> None:
    """Until they have had enough."""
    heard: list[str] = []

    def listener(event: TaskEvent) -> None:
        heard.append(f"{event.kind} {event.old_status} {event.new_status}")

    desk.subscribe(listener)
    task_id = ask(desk)
    desk.set_draft(task_id, Draft(text="a"))
    desk.hold(task_id)
    desk.answer(task_id, YES)
    desk.unsubscribe(listener)
    ask(desk)

    assert heard == ["added None active", "draft active active", "countdown active active", "status active completed"]


def test_a_summons_reaches_whoever_shows_the_desk(desk: Desk) -> None:
    """All who said that they do."""
    called: list[str] = []
    desk.on_summons(lambda: called.append("window"))
    desk.on_summons(lambda: called.append("tray"))
    desk.summon()

    assert called == ["window", "tray"]
