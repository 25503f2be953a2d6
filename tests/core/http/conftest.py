"""A real listener on a free port, and clients that speak to it over real sockets."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest

from deskbell.desk import Desk
from deskbell.events import TaskEvent
from deskbell.http.server import Listener

PATIENCE = 10.0


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Bench:
    """A desk, its listener, and what happened at it. ``kept`` are the tokens it was told to keep since its start."""

    desk: Desk
    listener: Listener
    kept: list[str]
    events: list[TaskEvent] = field(default_factory=list)
    summons: list[None] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)

    first_token: ClassVar[str] = "the-right-token"

    @property
    def token(self) -> str:
        """The token in force."""
        return self.kept[-1] if self.kept else self.first_token

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.listener.port), timeout=PATIENCE)
        self.sockets.append(connection)
        return connection

    def send(self, data: bytes) -> socket.socket:
        connection = self.connect()
        connection.sendall(data)
        return connection

    def head(self, method: str, path: str, *lines: str, token: bool | str = True) -> bytes:
        own = [f"Host: 127.0.0.1:{self.listener.port}"]
        if token:
            own.append(f"Authorization: Bearer {self.token if token is True else token}")
        return "\r\n".join([f"{method} {path} HTTP/1.1", *own, *lines, "", ""]).encode()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """One well-formed request."""
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        content = b"" if body is None else json.dumps(body).encode()
        if content:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        return self.exchange(self.head(method, path, *lines) + content)

    def exchange(self, data: bytes) -> Reply:
        """Send bytes and read one response."""
        return self.read(self.send(data), data.partition(b" ")[0].decode())

    @staticmethod
    def read(connection: socket.socket, method: str = "GET") -> Reply:
        response = http.client.HTTPResponse(connection, method=method)
        try:
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, headers, response.read())
        finally:
            response.close()

    def stream(self, *lines: str, token: bool | str = True) -> Stream:
        """Follow the events; returns once the listener has begun to send."""
        return Stream(self.send(self.head("GET", "/v1/events", *lines, token=token)))

    def ask(self, prompt: str = "Deploy?", **more: Any) -> str:
        """Put a question with the options Yes and No on the desk; its id."""
        return self.desk.ask(prompt, ["Yes", "No"], **more).task.task_id

    def waiting(self) -> int:
        """How many clients wait for an answer."""
        return sum(map(len, self.desk._queue._waiters.values()))

    def state(self) -> Any:
        """Everything that a refused request must not change."""
        tasks = [(task.task_id, task.status, task.result, task.draft, task.pace) for task in self.desk.tasks()]
        return tasks, len(self.events), len(self.summons), self.token, self.desk.settings


class Stream:
    """A reader of server-sent events."""

    def __init__(self, connection: socket.socket) -> None:
        self._response = http.client.HTTPResponse(connection)
        self._response.begin()
        self.status = self._response.status
        self.opening = self.block()

    def block(self) -> list[str]:
        """The lines up to the next empty one; nothing at the end of the stream."""
        lines: list[str] = []
        while line := self._response.readline().decode().rstrip("\n"):
            lines.append(line)
        return lines

    def event(self) -> dict[str, Any]:
        """The next event; comments are passed over."""
        fields: dict[str, Any] = dict(line.split(": ", 1) for line in self.block() if not line.startswith(":"))
        if not fields:
            return self.event()
        fields["data"] = json.loads(fields["data"])
        return fields

    def close(self) -> None:
        self._response.close()


def _until(condition: Callable[[], object], what: str = "the condition") -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true"
        time.sleep(0.002)


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait for a condition."""
    return _until


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


@pytest.fixture
def make_bench(desk: Desk) -> Iterator[Callable[..., Bench]]:
    """Start listeners with other settings than the usual ones."""
    benches: list[Bench] = []

    def make(**options: Any) -> Bench:
        kept: list[str] = []
        listener = Listener(desk, Bench.first_token, **{"port": 0, "keep_token": kept.append, **options})
        bench = Bench(desk, listener, kept)
        desk.subscribe(bench.events.append)
        desk.on_summons(lambda: bench.summons.append(None))
        benches.append(bench)
        listener.start()
        return bench

    yield make
    for bench in benches:
        for connection in bench.sockets:
            connection.close()
        bench.listener.stop()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()


@pytest.fixture
def allow(listening: Callable[..., None]) -> Callable[..., None]:
    """Let web pages call."""

    def allow(*origins: str) -> None:
        listening(allowed_origins=origins)

    return allow


@pytest.fixture
def listening(desk: Desk) -> Callable[..., None]:
    """Change settings of the listener."""

    def listening(**changes: Any) -> None:
        settings = desk.settings
        desk.apply_settings(replace(settings, listener=replace(settings.listener, **changes)))

    return listening
