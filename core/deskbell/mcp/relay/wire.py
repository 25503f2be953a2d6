"""One HTTP exchange with the desk: as much of HTTP/1.1 (RFC 9112) and of server-sent events as its listener speaks.

``http.client`` would cost a third of the time and of the memory that the relay has.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from typing import IO, Final

CONNECT_SECONDS: Final = 5.0

SILENCE_SECONDS: Final = 60.0
"""How long nothing may come: a desk that works on a call says something every 15 s."""

_MAX_LINE_BYTES: Final = 64 * 1024
_MAX_EVENT_BYTES: Final = 256 * 1024 * 1024


class Lost(Exception):
    """The desk went away before it answered. ``sent`` is False when it cannot have heard anything."""

    def __init__(self, reason: str, *, sent: bool = True) -> None:
        super().__init__(reason)
        self.sent = sent


class Exchange:
    """A connection for one request, and its response as it comes. Any thread may ``abort`` it."""

    def __init__(self, url: str) -> None:
        """Connect. Raises Lost."""
        self._address = url.removeprefix("http://").rstrip("/")
        self.status = 0
        self.headers: dict[str, str] = {}
        try:
            self._socket = socket.create_connection(_host_and_port(self._address), CONNECT_SECONDS)
        except (OSError, ValueError, UnicodeError) as error:
            raise Lost(_reason(error), sent=False) from error
        self._file: IO[bytes] = self._socket.makefile("rb")

    def send(self, method: str, headers: Mapping[str, str], body: bytes = b"") -> Exchange:
        """Send the request and wait for the response's head, which may come as late as the answer. Raises Lost."""
        try:
            self._socket.settimeout(SILENCE_SECONDS)
            self._write(method, headers, body)
            self.status, self.headers = self._read_head()
        except (OSError, ValueError) as error:
            self.close()
            raise Lost(_reason(error)) from error
        return self

    @property
    def is_stream(self) -> bool:
        """Whether events come instead of one document."""
        return self.headers.get("content-type", "").startswith("text/event-stream")

    def read(self) -> bytes:
        """The whole body. Raises Lost."""
        return b"".join(self._pieces())

    def events(self) -> Iterator[str]:
        """The data of each event, as it comes; what a broken stream had begun is dropped. Raises Lost."""
        data: list[str] = []
        for line in self._lines():
            name, _, value = line.partition(":")
            if name == "data":
                data.append(value.removeprefix(" "))
            elif not line and data:
                yield "\n".join(data)
                data.clear()

    def abort(self) -> None:
        """Break the connection off; whoever reads sees its end."""
        with contextlib.suppress(OSError):  # the desk was faster
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the connection back."""
        self._file.close()
        self._socket.close()

    def _write(self, method: str, headers: Mapping[str, str], body: bytes) -> None:
        lines = [f"{method} /mcp HTTP/1.1", f"Host: {self._address}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def _read_head(self) -> tuple[int, dict[str, str]]:
        protocol, _, rest = self._line().partition(" ")
        if not protocol.startswith("HTTP/1."):
            raise ValueError("no HTTP response")
        headers: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return int(rest[:3]), headers

    def _line(self) -> str:
        line = self._file.readline(_MAX_LINE_BYTES)
        if not line.endswith(b"\n"):
            raise ValueError("the response broke off")
        return line.decode("latin-1").rstrip("\r\n")

    def _pieces(self) -> Iterator[bytes]:
        """The body without its framing."""
        try:
            if self.headers.get("transfer-encoding", "").lower() == "chunked":
                yield from self._chunks()
            elif "content-length" in self.headers:
                yield self._exactly(int(self.headers["content-length"]))
        except (OSError, ValueError) as error:
            raise Lost(_reason(error)) from error

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._line().partition(";")[0], 16):
            yield self._exactly(size)
            self._line()

    def _exactly(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) != size:
            raise ValueError("the response broke off")
        return data

    def _lines(self) -> Iterator[str]:
        kept = bytearray()
        for piece in self._pieces():
            kept += piece
            if len(kept) > _MAX_EVENT_BYTES:
                raise Lost("the desk sent an event without end")
            *lines, rest = kept.split(b"\n") if b"\n" in piece else [kept]
            for line in lines:
                yield line.rstrip(b"\r").decode()
            kept = bytearray(rest)


def _host_and_port(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        host, port = address, "80"
    return host.strip("[]"), int(port)


def _reason(error: Exception) -> str:
    """What the system says, without its number."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
