"""The listener: HTTP on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import logging
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final

from deskbell.http.descriptors import make_room
from deskbell.http.feed import Feed
from deskbell.settings import DEFAULT_PORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deskbell.desk import Desk
    from deskbell.http.sleeping_server import SleepingServer

log = logging.getLogger(__name__)

HOST: Final = "127.0.0.1"
HEARTBEAT_SECONDS: Final = 15.0
_NEXT_PORTS: Final = 50
_HIGHEST_PORT: Final = 65_535
_BACKLOG: Final = 1_024
_JOIN_SECONDS: Final = 3.0
_NOT_HERE: Final = frozenset({errno.EADDRINUSE, errno.EACCES})


class Listener:
    """Serves a desk to the programs of this machine that know ``token``.

    ``port`` is the one to try first; then the next ones and at last any free one. A client may have the token replaced
    if there is ``keep_token``: it is called, on a thread of its own, with a new token to put where clients look for it,
    and raises EndpointError if it cannot. ``start`` and ``stop`` belong to one thread; the properties may be read from
    any.
    """

    def __init__(
        self,
        desk: Desk,
        token: str,
        *,
        port: int = DEFAULT_PORT,
        host: str = HOST,
        heartbeat: float = HEARTBEAT_SECONDS,
        keep_token: Callable[[str], None] | None = None,
    ) -> None:
        self._desk = desk
        self._token = token
        self._keep_token = keep_token
        self._port = port
        self._host = host
        self._heartbeat = heartbeat
        self._feed = Feed()
        self._lock = threading.Lock()
        self._stopping = False
        self._server: tuple[SleepingServer, asyncio.AbstractEventLoop] | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port; the real one once started."""
        return self._port

    @property
    def url(self) -> str:
        """Where clients find the desk, such as ``http://127.0.0.1:2355``."""
        return f"http://{self._host}:{self._port}"

    def start(self) -> None:
        """Take a port and serve; returns as soon as clients can connect. Raises OSError when there is no port."""
        make_room()
        listening = _listen(self._host, self._port)
        self._port = listening.getsockname()[1]
        self._desk.subscribe(self._feed.record)
        self._thread = threading.Thread(target=self._run, args=(listening,), name="DeskbellListener")
        self._thread.start()

    def stop(self) -> None:
        """End all requests and the thread, within 3 s. Calling it again does nothing."""
        self._desk.unsubscribe(self._feed.record)
        with self._lock:
            self._stopping = True
            if self._server is not None:
                server, loop = self._server
                with contextlib.suppress(RuntimeError):  # the loop has ended already
                    loop.call_soon_threadsafe(server.request_exit)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_SECONDS)

    def _run(self, listening: socket.socket) -> None:
        try:
            asyncio.run(self._serve(self._build_server(), listening))
        except Exception:
            log.exception("The listener has failed")
        finally:
            listening.close()

    def _build_server(self) -> SleepingServer:
        # Imported on this thread: whoever starts a listener need not wait for it.
        from deskbell.http.access import Access  # noqa: PLC0415
        from deskbell.http.app import build_app  # noqa: PLC0415
        from deskbell.http.sleeping_server import SleepingServer  # noqa: PLC0415

        access = Access(self._token, self._keep_token)
        app = build_app(self._desk, self._feed, access, port=self._port, heartbeat=self._heartbeat)
        return SleepingServer(app)

    async def _serve(self, server: SleepingServer, listening: socket.socket) -> None:
        with self._lock:
            if self._stopping:
                return
            self._server = (server, asyncio.get_running_loop())
        await server.serve([listening])


def _listen(host: str, wanted: int) -> socket.socket:
    for port in _ports(wanted):
        # The protocol is named because asyncio sends without delay only on sockets that name it.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            _take_alone(listening)
            listening.bind((host, port))
            listening.listen(_BACKLOG)
        except OSError as error:
            listening.close()
            if error.errno not in _NOT_HERE or port == 0:
                raise
        else:
            return listening
    raise AssertionError("port 0 is always tried last")


def _ports(wanted: int) -> Iterator[int]:
    """The wanted port, the next ones, and at last 0, which stands for any free one."""
    if wanted:
        yield from itertools.takewhile(lambda port: port <= _HIGHEST_PORT, range(wanted, wanted + _NEXT_PORTS + 1))
    yield 0


def _take_alone(listening: socket.socket) -> None:
    """Let nobody else listen on the port, but do not wait for connections of an earlier listener to fade."""
    if sys.platform == "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
