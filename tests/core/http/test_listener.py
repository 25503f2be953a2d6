"""Starting, stopping and sleeping."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from deskbell.desk import Desk
from deskbell.http.server import Listener

STOP_SECONDS = 1.0


def listener_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "DeskbellListener"]


def test_a_taken_port_means_the_next_one(make_bench: Callable[..., Any]) -> None:
    """Two listeners that want the same port both serve, on different ports."""
    first = make_bench()
    second = make_bench(port=first.listener.port)

    assert first.listener.port < second.listener.port <= first.listener.port + 50
    assert second.call("GET", "/healthz").status == 200


def test_the_highest_port_taken_means_any(make_bench: Callable[..., Any]) -> None:
    """Where there is no next port, any free one is used."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 65_535))
        taken.listen()
        assert make_bench(port=65_535).call("GET", "/healthz").status == 200


def test_the_url_is_where_it_listens(bench: Any) -> None:
    """The address names the real port."""
    assert bench.listener.url == f"http://127.0.0.1:{bench.listener.port}"


def test_stop_ends_waits_and_streams_at_once(bench: Any, until: Callable[..., None]) -> None:
    """Whoever waits or follows learns of the end, and the thread is gone soon."""
    task_id = bench.ask()
    waiting = [bench.send(bench.head("GET", f"/v1/tasks/{task_id}?wait=60")) for _ in range(20)]
    readers = [bench.stream() for _ in range(5)]
    until(lambda: bench.waiting() == len(waiting))
    began = time.monotonic()

    bench.listener.stop()

    assert time.monotonic() - began < STOP_SECONDS
    assert not listener_threads()
    assert {bench.read(connection).status for connection in waiting} == {503}
    assert [reader.block() for reader in readers] == [[]] * 5
    assert bench.waiting() == 0


def test_stop_hangs_up_on_half_a_request(bench: Any) -> None:
    """A client in the middle of sending does not hold up the end."""
    bench.stream()
    bench.send(bench.head("POST", "/v1/tasks", "Content-Type: application/json", "Content-Length: 100"))
    bench.send(b"GET / HTT")
    bench.call("GET", "/healthz")
    began = time.monotonic()

    bench.listener.stop()

    assert time.monotonic() - began < STOP_SECONDS
    assert not listener_threads()


def test_stop_is_idempotent(bench: Any) -> None:
    """Stopping twice is stopping once, and nobody can connect afterwards."""
    bench.listener.stop()
    bench.listener.stop()

    with pytest.raises(ConnectionRefusedError):
        bench.connect()


def test_stop_right_after_start(desk: Desk) -> None:
    """A listener that is stopped before it has begun to serve ends all the same."""
    listener = Listener(desk, "token", port=0)
    listener.start()
    listener.stop()

    assert not listener_threads()


def test_stop_without_start(desk: Desk) -> None:
    """A listener that never started has nothing to stop."""
    Listener(desk, "token", port=0).stop()


def test_the_thread_is_named(bench: Any) -> None:
    """The listener's thread can be told from others, and the process waits for it."""
    assert [thread.daemon for thread in listener_threads()] == [False]


def test_nobody_calling_means_no_wake_ups(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle listener sleeps until somebody calls."""
    bench.call("GET", "/healthz")
    turns: list[None] = []
    turn = asyncio.BaseEventLoop._run_once  # type: ignore[attr-defined]

    def counted(loop: asyncio.BaseEventLoop) -> None:
        turns.append(None)
        turn(loop)

    monkeypatch.setattr(asyncio.BaseEventLoop, "_run_once", counted)
    bench.call("GET", "/healthz")
    turns.clear()

    threading.Event().wait(1)

    assert len(turns) <= 3  # the rest of the last request; a ticking server turns ten times


def test_importing_the_listener_is_cheap() -> None:
    """Whoever starts a listener does not wait for the libraries it serves with."""
    code = (
        "import sys, deskbell.http.server; print({'starlette', 'uvicorn', 'msgspec', 'httptools'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "set()"


def test_nobody_is_forgotten_on_the_doorstep(make_bench: Callable[..., Any]) -> None:
    """Connections that come in while the listener stops are closed with the others; a leak is a warning and fails."""

    def ring(port: int, came_in: threading.Event) -> None:
        with contextlib.ExitStack() as connections, contextlib.suppress(OSError):
            while True:
                connections.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
                came_in.set()

    for _ in range(10):
        bench, came_in = make_bench(), threading.Event()
        crowd = [threading.Thread(target=ring, args=(bench.listener.port, came_in)) for _ in range(2)]
        for visitor in crowd:
            visitor.start()
        assert came_in.wait(10)
        bench.listener.stop()
        for visitor in crowd:
            visitor.join(10)
    gc.collect()
