"""The desk under many clients at once: creates, waiters, and what a burst does to the GUI thread."""

from __future__ import annotations

import select
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from rows import Row, percentile
from stage.desktop import DesktopApp
from wire import Wire, question

CLIENTS = (1, 8, 32)
WAITERS = 500
BURST = 1_000
_MEBIBYTE = 2**20
_HEARTBEAT_APP = Path(__file__).with_name("heartbeat_app.py")


def creates(app: DesktopApp, *, number: int) -> Iterator[Row]:
    """Questions a second that so many clients get accepted."""
    for clients in CLIENTS:
        wires = _wires(app, clients)
        rate, times, ids = _create(wires, number)
        _cancel(wires[0], ids)
        for wire in wires:
            wire.close()
        goal = 2_000 if clients == max(CLIENTS) else None
        note = "on disk" if goal else ""
        yield Row(f"durable creates over HTTP, {clients} clients", rate, "/s", goal, more_is_better=True, note=note)
        if goal:
            yield Row(f"durable creates over HTTP, {clients} clients, p99", 1000 * percentile(times, 0.99), "ms", 50)


def waiters(app: DesktopApp) -> Iterator[Row]:
    """Memory for clients that wait, and how long after its answer each is let go."""
    maker, answerer = _wires(app, 2)
    maker.call("GET", "/v1/tasks")
    before = app.rss
    ids = [maker.ask(timeout=0) for _ in range(WAITERS)]
    wires = _wires(app, WAITERS)
    for wire, task_id in zip(wires, ids, strict=True):
        wire.send(wire.request("GET", f"/v1/tasks/{task_id}?wait=60"))
    maker.call("GET", "/v1/tasks")
    grown = app.rss - before
    times = _answer_and_release(answerer, wires, ids)
    for wire in (maker, answerer, *wires):
        wire.close()
    yield Row(f"{WAITERS} blocked waiters: memory", grown / _MEBIBYTE, "MiB", 20, note="with their questions and tabs")
    yield Row(f"{WAITERS} blocked waiters: last answer → all released", 1000 * times[0], "ms", 200)
    yield Row(f"{WAITERS} blocked waiters: answer → release, worst", 1000 * times[1], "ms", 200)


def stall(app: DesktopApp) -> Iterator[Row]:
    """How late the GUI thread's heartbeat gets while a burst arrives, evenly spread over a second."""
    process = subprocess.Popen(
        [sys.executable, _HEARTBEAT_APP],
        env=app.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    wires = _wires(app, 4)
    wires[0].answer(wires[0].ask())  # the window has been shown once
    time.sleep(1.0)
    ids, seconds = _paced(wires, BURST, 1.0, process)
    worst = float(process.stdout.readline())
    _cancel(wires[0], ids)
    process.stdin.close()
    process.wait(10)
    yield Row(f"GUI stall while {BURST:,} tasks arrive in {seconds:.2f} s", worst, "ms", 50, note="heartbeat of 5 ms")


def _paced(wires: list[Wire], number: int, seconds: float, process: subprocess.Popen[str]) -> tuple[list[str], float]:
    assert process.stdin is not None
    process.stdin.write("start\n")
    process.stdin.flush()
    start = time.monotonic()
    ids = []
    for index, wire in zip(range(number), cycle(wires), strict=False):
        pause = start + index * seconds / number - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        ids.append(wire.ask())
    took = time.monotonic() - start
    time.sleep(0.3)
    process.stdin.write("tell\n")
    process.stdin.flush()
    return ids, took


def _create(wires: list[Wire], number: int) -> tuple[float, list[float], list[str]]:
    """Keep every client busy with creates; rate per second, seconds each, and the ids."""
    request = wires[0].request("POST", "/v1/tasks", question(timeout=0))
    by_number = {wire.socket.fileno(): wire for wire in wires}
    sent: dict[Wire, float] = {}
    ids: list[str] = []
    times: list[float] = []
    started = 0
    poll = select.epoll()
    start = time.perf_counter()
    for wire in wires:
        poll.register(wire.socket, select.EPOLLIN)
        sent[wire] = time.perf_counter()
        wire.send(request)
        started += 1
    while len(ids) < number:
        for descriptor, _ in poll.poll():
            wire = by_number[descriptor]
            wire.feed()
            if (task := wire.take()) is not None:
                times.append(time.perf_counter() - sent[wire])
                ids.append(task["task_id"])
                if started < number:
                    sent[wire] = time.perf_counter()
                    wire.send(request)
                    started += 1
    took = time.perf_counter() - start
    poll.close()
    return number / took, times, ids


def _cancel(wire: Wire, ids: list[str]) -> None:
    """Take the questions back, many requests at a time."""
    left = deque(ids)
    while left:
        batch = [left.popleft() for _ in range(min(50, len(left)))]
        for task_id in batch:
            wire.send(wire.request("DELETE", f"/v1/tasks/{task_id}"))
            wire.receive()


def _answer_and_release(answerer: Wire, wires: list[Wire], ids: list[str]) -> tuple[float, float]:
    """Seconds from the last answer to the last release, and the longest from any answer to its release."""
    waiting = {wire.socket.fileno(): (wire, task_id) for wire, task_id in zip(wires, ids, strict=True)}
    answered: dict[str, float] = {}
    worst = 0.0
    poll = select.epoll()
    for wire in wires:
        poll.register(wire.socket, select.EPOLLIN)

    def collect(timeout: float) -> None:
        nonlocal worst
        for descriptor, _ in poll.poll(timeout):
            wire, task_id = waiting[descriptor]
            wire.feed()
            if wire.take() is not None:
                worst = max(worst, time.perf_counter() - answered[task_id])
                del waiting[descriptor]
                poll.unregister(descriptor)

    for task_id in ids:
        answered[task_id] = time.perf_counter()
        answerer.answer(task_id)
        collect(0)
    last = time.perf_counter()
    while waiting:
        collect(1)
    poll.close()
    return time.perf_counter() - last, worst


def _wires(app: DesktopApp, number: int) -> list[Wire]:
    endpoint = app.endpoint
    return [Wire(endpoint["url"], endpoint["token"]) for _ in range(number)]
