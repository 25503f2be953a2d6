"""The outbox: every listener, every event, in order, outside the owner's lock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from deskbell.delivery import OrderedDelivery


class Owner:
    """Something that puts numbers under a lock of its own."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.outbox = OrderedDelivery[int]()
        self.count = 0

    def tell(self) -> None:
        with self.lock:
            self.count += 1
            self.outbox.put(self.count)
        self.outbox.deliver()


@pytest.fixture
def owner() -> Owner:
    return Owner()


def test_listeners_are_called_without_the_owners_lock(owner: Owner) -> None:
    """A listener may take the lock."""
    free: list[bool] = []

    def listener(_: int) -> None:
        with owner.lock:
            free.append(True)

    owner.outbox.add(listener)
    owner.tell()

    assert free == [True]


def test_a_listener_that_is_added_twice_is_called_once(owner: Owner) -> None:
    """Adding is idempotent."""
    seen: list[int] = []
    for _ in range(2):
        owner.outbox.add(seen.append)
    owner.tell()

    assert seen == [1]


def test_discarding_says_whether_the_listener_was_known(owner: Owner) -> None:
    """And a discarded one hears nothing that is put later."""
    seen: list[int] = []
    owner.outbox.add(seen.append)

    assert [owner.outbox.discard(seen.append), owner.outbox.discard(seen.append)] == [True, False]
    owner.tell()
    assert seen == []


def test_what_was_put_reaches_the_listeners_of_that_moment(owner: Owner) -> None:
    """Somebody who listens only later does not learn of it."""
    early: list[int] = []
    late: list[int] = []
    owner.outbox.add(early.append)
    owner.outbox.put(7)
    owner.outbox.add(late.append)
    owner.outbox.deliver()

    assert (early, late) == ([7], [])


def test_an_event_can_have_receivers_of_its_own(owner: Owner) -> None:
    """They come after the listeners."""
    seen: list[str] = []
    owner.outbox.add(lambda _: seen.append("listener"))
    owner.outbox.put(1, (lambda _: seen.append("waiter"),))
    owner.outbox.deliver()

    assert seen == ["listener", "waiter"]


def test_a_failing_listener_is_logged_and_stops_nobody_else(owner: Owner, expect_log: Callable[[str], None]) -> None:
    """Not the other listeners, and not later events."""
    expect_log("A listener failed on 1(.|\n)*ZeroDivisionError")
    expect_log("A listener failed on 2")
    seen: list[int] = []
    owner.outbox.add(lambda _: print(1 / 0))  # noqa: T201 - never gets there
    owner.outbox.add(seen.append)
    owner.tell()
    owner.tell()

    assert seen == [1, 2]


def test_what_a_listener_brings_about_comes_after_what_it_is_told(owner: Owner) -> None:
    """All listeners see the first event before any sees the second."""
    seen: list[tuple[str, int]] = []

    def chatty(number: int) -> None:
        if number < 3:
            owner.tell()
        seen.append(("chatty", number))

    owner.outbox.add(chatty)
    owner.outbox.add(lambda number: seen.append(("quiet", number)))
    owner.tell()

    assert seen == [("chatty", 1), ("quiet", 1), ("chatty", 2), ("quiet", 2), ("chatty", 3), ("quiet", 3)]


def test_a_slow_listener_keeps_no_other_thread_busy(owner: Owner, together: Callable[..., list[Any]]) -> None:
    """Whoever comes while somebody delivers leaves the event there and goes on."""
    others_are_done = threading.Event()
    seen: list[int] = []

    def listener(number: int) -> None:
        if number == 1:
            assert others_are_done.wait(10)
        seen.append(number)

    owner.outbox.add(listener)
    first = threading.Thread(target=owner.tell)
    first.start()
    while not owner.count:
        first.join(0.001)
    together(4, lambda _: owner.tell())
    others_are_done.set()
    first.join()

    assert seen == [1, 2, 3, 4, 5]


def test_every_listener_sees_all_events_in_order_from_many_threads(
    owner: Owner, together: Callable[..., list[Any]]
) -> None:
    """None twice, none missing, none late."""
    seen: tuple[list[int], list[int]] = ([], [])
    for one in seen:
        owner.outbox.add(one.append)

    def work(_: int) -> None:
        for _turn in range(500):
            owner.tell()

    together(8, work)

    assert seen[0] == seen[1] == list(range(1, 4001))
