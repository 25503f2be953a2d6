"""Events as they happen: server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

import msgspec

from deskbell.http.conversion import task_out
from deskbell.http.guard import TOKEN
from deskbell.http.presence import SentAway, while_connected
from deskbell.http.schemas import EventOut

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from deskbell.http.feed import Entry, Feed
    from deskbell.http.waiting_room import WaitingRoom

PATIENCE_SECONDS: Final = 10.0
"""How long a reader may take to accept what it was sent before it is cut off."""

_RECONNECT_MILLISECONDS: Final = 1_000
_WRITE_BYTES: Final = 64 * 1024
_ID: Final = re.compile(r"([0-9a-f]{8})-([0-9]{1,15})", re.ASCII)
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
]


class EventStream:
    """An ASGI response that follows a feed until the client leaves, its token is replaced or the listener stops.

    With ``last_event_id`` it starts after that event. If events were missed for good it sends ``reset``, which means:
    list the tasks again. A comment goes out every ``heartbeat`` seconds in which nothing else does.
    """

    def __init__(self, feed: Feed, room: WaitingRoom, last_event_id: str = "", *, heartbeat: float) -> None:
        self._feed = feed
        self._room = room
        self._last_event_id = last_event_id
        self._heartbeat = heartbeat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events."""
        with self._room.seat(scope[TOKEN]) as seat:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            try:
                await while_connected(receive, self._follow(send), seat)
            except TimeoutError:
                scope["extensions"]["deskbell.abort"]["abort"]()
            except (SentAway, asyncio.CancelledError):  # the listener stops: end the response properly
                await send({"type": "http.response.body", "body": b""})

    async def _follow(self, send: Send) -> None:
        with self._feed.reader() as news:
            number = self._starting_point()
            await _write(send, b"retry: %d\n" % _RECONNECT_MILLISECONDS + self._id_line(max(number, 0)) + b"\n")
            while True:
                news.clear()
                number = await self._send_after(send, number)
                try:
                    async with asyncio.timeout(self._heartbeat):
                        await news.wait()
                except TimeoutError:
                    await _write(send, b": still here\n\n")

    def _starting_point(self) -> int:
        """The number to go on from; -1, which no event has, when that is not known."""
        if not self._last_event_id:
            return self._feed.latest
        found = _ID.fullmatch(self._last_event_id)
        return int(found[2]) if found and found[1] == self._feed.instance else -1

    async def _send_after(self, send: Send, number: int) -> int:
        entries = self._feed.after(number)
        if entries is None:
            number = self._feed.latest
            await _write(send, self._id_line(number) + b"event: reset\ndata: {}\n\n")
            return number
        piece = bytearray()
        for entry in entries:
            piece += self._frame(entry)
            if len(piece) >= _WRITE_BYTES or entry is entries[-1]:
                await _write(send, bytes(piece))
                piece.clear()
        return entries[-1].number if entries else number

    def _frame(self, entry: Entry) -> bytes:
        if entry.frame is None:
            event = entry.event
            out = EventOut(task_out(event.task, with_data=False), event.old_status, event.new_status)  # type: ignore[arg-type]
            name = f"event: task.{event.kind}\n".encode()
            entry.frame = self._id_line(entry.number) + name + b"data: " + msgspec.json.encode(out) + b"\n\n"
        return entry.frame

    def _id_line(self, number: int) -> bytes:
        return f"id: {self._feed.instance}-{number}\n".encode()


async def _write(send: Send, data: bytes) -> None:
    """Send; raises TimeoutError when the reader does not keep up."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        await send({"type": "http.response.body", "body": data, "more_body": True})
