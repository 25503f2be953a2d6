"""How a client talks with a desk that may move, restart or not be there yet, without doing any of it itself.

A talk is a generator: it yields steps, is sent what each step gave, and returns what the caller asked for. The
clients perform the steps, one by blocking and one by awaiting, and share everything else.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, TypeAlias, TypeVar

from deskbell.client import calls
from deskbell.client.calls import Call, Request
from deskbell.client.refusals import Refused, Response, read
from deskbell.client.remote_task import RemoteTask
from deskbell.endpoint import HOW_TO_START, Endpoint
from deskbell.errors import DeskClosed, DeskUnreachable
from deskbell.launch import Start

T = TypeVar("T")

PIECE_SECONDS: Final = 2.0 if sys.platform == "win32" else 50.0
"""The longest one request waits for an answer. On Windows Ctrl-C is noticed only between requests."""

PATIENCE_SECONDS: Final = 60.0
"""How long a client whose question was taken looks for a desk that has gone away: an upgrade takes its time."""

RECOVERY_SECONDS: Final = 5.0
"""How long any other call that was lost in the middle looks for a desk that comes back."""

RESTARTS: Final = 3
"""How often a client starts the app again after crashes while it waits for one answer."""

_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 1.0


class ConnectionLost(Exception):
    """No response came. ``sent`` is False when the request cannot have reached anybody."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Exchange:
    """Send a request; gives a Response or raises ConnectionLost."""

    endpoint: Endpoint
    request: Request


@dataclass(frozen=True, slots=True)
class Pause:
    """Let ``seconds`` pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Locate:
    """Find the running desk, or start it when ``start`` says so; gives an Endpoint or raises EndpointError.

    ``refused`` is an endpoint where nobody listens, whatever the files say.
    """

    start: Start
    refused: Endpoint | None


Step: TypeAlias = Exchange | Pause | Locate
Talk: TypeAlias = Generator[Step, Any, T]


class _LostInTheMiddle(DeskUnreachable):
    """The desk went away after it had the request."""


@dataclass(slots=True)
class _Budget:
    left: int = RESTARTS


class Conversation:
    """What both clients remember and decide.

    With an ``endpoint`` of its own it stays with that; otherwise it finds the running desk, again whenever that has
    moved, and starts the desktop app unless ``start_desktop`` is False.
    """

    def __init__(self, endpoint: Endpoint | None, *, start_desktop: bool) -> None:
        self._fixed = endpoint
        self._known = endpoint
        self._start = Start.IF_NEEDED if start_desktop else Start.NEVER
        self._restart = Start.AFTER_CRASH if start_desktop else Start.NEVER

    def locate(self) -> Talk[Endpoint]:
        """Where the desk is."""
        return (yield from self._locate(start=self._start))

    def call(self, call: Call[T], *, start: Start | None = None) -> Talk[T]:
        """Send ``call`` and read the response.

        If the desk turns out to be somewhere else it is sent there, and if the desk goes away in the middle, to the
        one that comes back, unless sending it twice would do more than sending it once.
        """
        start = self._start if start is None else start
        try:
            return (yield from self._call(call, start))
        except _LostInTheMiddle as lost:
            if not call.request.repeatable:
                raise DeskUnreachable("The desk went away before it confirmed. Look whether it took it.") from lost
        restarts = _Budget(0 if start is Start.NEVER else RESTARTS)
        return (yield from self._patiently(lambda: call, restarts, time.monotonic() + RECOVERY_SECONDS))

    def wait(self, task_id: str, timeout: float | None) -> Talk[RemoteTask]:
        """Wait until a task has ended, at most ``timeout`` seconds."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        restarts = _Budget()

        def get() -> Call[RemoteTask]:
            return calls.get(task_id, wait=min(PIECE_SECONDS, max(0.0, deadline - time.monotonic())))

        while True:
            task = yield from self._patiently(get, restarts, deadline)
            if not task.is_open or time.monotonic() >= deadline:
                return task

    def _patiently(self, make_call: Callable[[], Call[T]], restarts: _Budget, deadline: float) -> Talk[T]:
        """Send a call, made anew each time, until a desk has time for it.

        At ``deadline`` or after ``PATIENCE_SECONDS`` without any desk raise what it met last.
        """
        give_up = deadline
        pause = _PAUSE_SECONDS
        while True:
            try:
                return (yield from self._call(make_call(), self._restart if restarts.left > 0 else Start.NEVER))
            except (DeskUnreachable, DeskClosed, Refused) as error:
                if isinstance(error, Refused) and error.status != HTTPStatus.TOO_MANY_REQUESTS:
                    raise
                restarts.left -= isinstance(error, _LostInTheMiddle)
                give_up = min(give_up, time.monotonic() + PATIENCE_SECONDS)
                if time.monotonic() + pause > give_up:
                    raise
            yield Pause(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def _call(self, call: Call[T], start: Start) -> Talk[T]:
        """Send ``call``, a second time if nobody listens where the desk was."""
        endpoint = yield from self._locate(start=start)
        try:
            return read(call, (yield from self._exchange(call.request, start)))
        except ConnectionLost as lost:
            self._known = self._fixed
            if lost.sent:
                raise _LostInTheMiddle(_nobody_at(endpoint, lost)) from lost
        endpoint = yield from self._locate(start=start, refused=endpoint)
        try:
            return read(call, (yield from self._exchange(call.request, start)))
        except ConnectionLost as lost:
            self._known = self._fixed
            kind = _LostInTheMiddle if lost.sent else DeskUnreachable
            raise kind(_nobody_at(endpoint, lost)) from lost

    def _exchange(self, request: Request, start: Start) -> Talk[Response]:
        """Send a request, again with the token that is on file if that has been replaced meanwhile."""
        endpoint = yield from self._locate(start=start)
        while True:
            response: Response = yield Exchange(endpoint, request)
            if response.status != HTTPStatus.UNAUTHORIZED or self._fixed:
                return response
            self._known, tried = None, endpoint
            endpoint = yield from self._locate(start=start)
            if endpoint == tried:
                return response

    def _locate(self, *, start: Start, refused: Endpoint | None = None) -> Talk[Endpoint]:
        if self._known is None:
            self._known = yield Locate(start, refused)
        return self._known


def _nobody_at(endpoint: Endpoint, lost: ConnectionLost) -> str:
    return f"Nobody answers at {endpoint.url}: {lost}. {HOW_TO_START}"
