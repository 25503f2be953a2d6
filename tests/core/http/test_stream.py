"""Server-sent events over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from deskbell.desk import Desk
from deskbell.http import stream
from deskbell.http.feed import Feed
from deskbell.task import Attachment, TaskDetails


def test_events_arrive_in_order(bench: Any) -> None:
    """A reader learns of every change, with the task and both statuses."""
    reader = bench.stream()
    task_id = bench.call("POST", "/v1/tasks", {"prompt": "Deploy?", "options": ["Yes"]}).json["task_id"]
    bench.call("POST", f"/v1/tasks/{task_id}/hold")
    bench.call("PUT", f"/v1/tasks/{task_id}/draft", {"text": "So"})
    bench.call("POST", f"/v1/tasks/{task_id}/answer", {"options": ["Yes"]})
    bench.desk._queue.remove_task(task_id)

    events = [reader.event() for _ in range(5)]

    assert [(event["event"], event["data"]["old_status"], event["data"]["new_status"]) for event in events] == [
        ("task.added", None, "active"),
        ("task.countdown", "active", "active"),
        ("task.draft", "active", "active"),
        ("task.status", "active", "completed"),
        ("task.removed", "completed", "removed"),
    ]
    assert {event["data"]["task"]["task_id"] for event in events} == {task_id}


def test_a_reader_that_comes_back_misses_nothing(bench: Any) -> None:
    """After Last-Event-ID the events come that happened in between, also while nobody listened."""
    reader = bench.stream()
    bench.ask("One?")
    last = reader.event()["id"]
    reader.close()
    ids = [bench.ask("Two?"), bench.ask("Three?")]

    reader = bench.stream(f"Last-Event-ID: {last}")

    assert [reader.event()["data"]["task"]["task_id"] for _ in ids] == ids


def test_the_first_id_is_there_before_the_first_event(bench: Any) -> None:
    """A reader that saw no event yet can come back all the same."""
    opening = dict(line.split(": ") for line in bench.stream().opening)
    task_id = bench.ask()

    reader = bench.stream(f"Last-Event-ID: {opening['id']}")

    assert reader.event()["data"]["task"]["task_id"] == task_id


@pytest.mark.parametrize("last", ["00000000-1", "{instance}-999", "nonsense", "{instance}-"])
def test_an_unknown_id_resets(bench: Any, last: str) -> None:
    """Where events may have been missed, the reader is told to list the tasks again, and then goes on."""
    bench.ask("Before?")
    reader = bench.stream(f"Last-Event-ID: {last.format(instance=bench.listener._feed.instance)}")

    assert reader.event()["event"] == "reset"
    task_id = bench.ask("After?")
    assert reader.event()["data"]["task"]["task_id"] == task_id


def test_an_id_from_too_long_ago_resets(bench: Any) -> None:
    """Only the last events are kept."""
    first = bench.stream().opening[-1].removeprefix("id: ")
    task_id = bench.ask()
    for _ in range(600):
        bench.desk.hold(task_id)
        bench.desk.release(task_id)

    assert bench.stream(f"Last-Event-ID: {first}").event()["event"] == "reset"


def test_silence_is_broken_by_a_heartbeat(make_bench: Callable[..., Any]) -> None:
    """A reader can tell a quiet desk from a dead one."""
    reader = make_bench(heartbeat=0.05).stream()

    assert [reader.block(), reader.block()] == [[": still here"]] * 2


def test_readers_leave_nothing_behind(bench: Any, until: Callable[..., None]) -> None:
    """A reader that disconnects is forgotten."""
    reader = bench.stream()
    until(lambda: bench.listener._feed._readers)
    bench.sockets[-1].close()
    reader.close()

    until(lambda: not bench.listener._feed._readers)


def test_a_reader_that_does_not_read_is_cut_off(
    bench: Any, monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
) -> None:
    """Whoever does not take what was sent is disconnected, and other readers notice nothing."""
    monkeypatch.setattr(stream, "PATIENCE_SECONDS", 0.2)
    slow, quick = bench.stream(), bench.stream()
    task_id = bench.ask("x" * 1_000_000)
    quick.event()
    for _ in range(10):
        bench.desk.hold(task_id)
        quick.event()
        bench.desk.release(task_id)
        quick.event()

    until(lambda: len(bench.listener._feed._readers) == 1, "cutting off")
    assert slow.status == 200
    bench.desk.cancel(task_id)
    assert quick.event()["event"] == "task.status"


def test_a_thousand_tasks_at_once_all_arrive(bench: Any) -> None:
    """A burst reaches a reader whole and in order."""
    bench.desk._queue.max_tasks = 1_000
    reader = bench.stream()
    ids = [bench.ask(f"Number {number}?") for number in range(1_000)]

    assert [reader.event()["data"]["task"]["task_id"] for _ in ids] == ids


def test_a_burst_wakes_the_loop_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many events come before a reader gets its turn, its loop is called once."""
    feed = Feed()
    desk.subscribe(feed.record)
    calls: list[object] = []

    async def burst() -> None:
        loop = asyncio.get_running_loop()
        schedule = loop.call_soon_threadsafe

        def counted(call: Callable[[], object]) -> None:
            calls.append(call)
            schedule(call)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        with feed.reader() as news:
            for number in range(50):
                desk.ask(f"Number {number}?")
            await news.wait()

    asyncio.run(burst())

    assert len(calls) == 1
    assert len(feed.after(0) or ()) == 50


def test_nobody_listening_wakes_nobody(desk: Desk) -> None:
    """Without readers an event is only kept."""
    feed = Feed()
    desk.subscribe(feed.record)
    desk.ask("Anybody?")

    assert (feed.latest, feed._waking) == (1, False)


def test_long_prompts_do_not_pile_up(desk: Desk) -> None:
    """What is kept is bounded by its size too."""
    feed = Feed(max_characters=1_000)
    desk.subscribe(feed.record)
    for _ in range(5):
        desk.ask("x" * 400)

    assert feed.after(3) is not None
    assert feed.after(2) is None


def test_files_are_not_kept_for_events(bench: Any) -> None:
    """An event names a file without its bytes, and does not hold on to them."""
    reader = bench.stream()
    file = Attachment("a.txt", "text/plain", b"hello")
    bench.desk.ask("Look?", details=TaskDetails(attachments=(file,)))

    assert reader.event()["data"]["task"]["attachments"] == [{"name": "a.txt", "media_type": "text/plain"}]
    [entry] = bench.listener._feed.after(0)
    assert entry.event.task.details.attachments[0].data == b""
    assert bench.desk.tasks()[0].details.attachments == (file,)
