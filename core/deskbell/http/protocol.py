"""HTTP/1.1 with limits that uvicorn leaves to a proxy in front of it: there is none on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from deskbell.http.problems import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    import asyncio

REQUEST_SECONDS: Final = 10.0
"""How long a request's head and body may take to arrive, counted from its first byte."""

MAX_HEAD_BYTES: Final = 64 * 1024
_LINGER_SECONDS: Final = 1.0


class ListenerProtocol(HttpToolsProtocol):
    """Cuts off requests that dawdle or whose head is too large, and says so in problem documents."""

    request_seconds = REQUEST_SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._due: float | None = None  # when the request must be here, on the loop's clock
        self._timer: asyncio.TimerHandle | None = None
        self._in_head = False
        self._head_bytes = 0
        self._whole_chunks = 0
        self._closing = False

    # -- what the transport calls --------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
        """Start the clock: a connection without a request is not kept."""
        super().connection_made(transport)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and count what belongs to a head that is still not complete."""
        if self._closing:
            return
        if self._due is None and not self._is_busy:
            self._start_deadline()
        was_in_head = self._in_head
        super().data_received(data)
        if was_in_head and self._in_head:
            self._whole_chunks += len(data)
            if self._whole_chunks > MAX_HEAD_BYTES and not self._closing:
                self._refuse(_too_large())

    # -- what the parser calls -----------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request's first byte is here."""
        super().on_message_begin()
        self.scope["extensions"] = {"deskbell.abort": {"abort": self.transport.abort}}
        self._in_head = True
        self._head_bytes = self._whole_chunks = 0
        self._start_deadline()

    def on_url(self, url: bytes) -> None:
        """Part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header field. The spaces around a value are none of it (RFC 9110, section 5.5)."""
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is complete."""
        self._due = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words do not say what to do
        """Answer what the parser did not take."""
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(_too_large())
        else:
            self._refuse(Problem(400, "This is not an HTTP/1.1 request. Check its first line, headers and framing."))

    # -- deadlines and refusals ----------------------------------------------------------------------------------

    @property
    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            raise ValueError("head too large")  # the parser stops and send_400_response is called

    def _start_deadline(self) -> None:
        self._due = self.loop.time() + self.request_seconds
        if self._timer is None:  # one that rings too early looks again: cheaper than a new one for each request
            self._timer = self.loop.call_at(self._due, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self.loop.time() < self._due:
            self._timer = self.loop.call_at(self._due, self._on_timer)
        else:
            self._due = None
            self._on_deadline()

    def _on_deadline(self) -> None:
        if self.pipeline:  # it waits for an earlier answer, not for its client
            self._start_deadline()
        elif self._in_head or self._is_busy:
            self._refuse(Problem(408, f"The request took longer than {self.request_seconds:g} s to arrive."))
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        """Answer if nothing was answered yet, then close without taking the answer away from a client that sends."""
        self._closing = True
        self._due = None
        if self._is_busy and self.cycle.response_started:
            self.transport.abort()
            return
        if self._is_busy and not self.cycle.more_body:  # what came before was whole: it is answered, and nothing else
            self.cycle.keep_alive = False
            return
        body = problem.to_json()
        fields = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), "connection": "close"}
        head = b"".join(f"{name}: {value}\r\n".encode() for name, value in fields.items())
        self.transport.write(STATUS_LINE[problem.status] + head + b"\r\n" + body)
        self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.close)


def _too_large() -> Problem:
    return Problem(431, f"The headers are larger than {MAX_HEAD_BYTES // 1024} KiB. Send fewer or shorter ones.")
