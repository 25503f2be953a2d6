"""One request on its way to the desk, sent again until it is answered: the desk may restart under it."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any, Final

from deskbell.errors import DeskbellError
from deskbell.mcp.relay.messages import (
    INITIALIZE,
    INTERNAL_ERROR,
    Message,
    error_line,
    is_response,
    says_closing,
)
from deskbell.mcp.relay.wire import Exchange, Lost

if TYPE_CHECKING:
    from collections.abc import Callable

    from deskbell.endpoint import Endpoint
    from deskbell.mcp.relay.desk_session import DeskSession, StartName

PATIENCE_SECONDS: Final = 60.0
"""How long a call that the desk has taken looks for one that has gone away: an upgrade takes its time."""

RESTARTS: Final = 3
"""How often the app is started again after crashes for one call."""

_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 1.0
_SUCCESSFUL: Final = range(200, 300)
_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = 404
_BUSY: Final = frozenset({429, 503})

RELAY_ID: Final = os.urandom(8).hex()
"""What the desk knows this client by, also after either of them has reconnected."""


class _Refused(Exception):
    """The desk has answered, and will not do it."""


class Call:
    """A request. ``run`` belongs to one thread; any other may ``cancel``."""

    def __init__(
        self, message: Message, desk: DeskSession, write: Callable[[bytes], None], wait: float | None = None
    ) -> None:
        self.message = message
        self._desk = desk
        self._write = write
        self._wait = wait
        self._started = time.monotonic()
        self._name = os.urandom(8).hex()
        self._was_taken = False
        self._restarts = RESTARTS
        self._give_up = 0.0
        self._pause = _PAUSE_SECONDS
        self._is_over = False
        self._exchange: Exchange | None = None

    def cancel(self) -> None:
        """Wait for the answer no more; the desk sees the connection end."""
        self._is_over = True
        if self._exchange is not None:
            self._exchange.abort()

    def run(self) -> None:
        """Send the request and write what comes back, or an error if nothing ever does."""
        refused: Endpoint | None = None
        while not self._is_over:
            try:
                endpoint = self._desk.locate(self._start_when(), refused)
                refused = self._try(endpoint)
            except DeskbellError as error:
                if not (self._was_taken and self._may_wait()):
                    self._fail(str(error))
            except _Refused as error:
                self._fail(str(error))

    def _try(self, endpoint: Endpoint) -> Endpoint | None:
        """Send the request once; the endpoint if nobody listens there."""
        try:
            if self._attempt(endpoint):
                self._is_over = True
        except Lost as lost:
            if self._is_over:
                return None
            self._desk.forget(endpoint)
            if not lost.sent:
                return endpoint
            self._was_taken = True
            self._restarts -= 1
            if not self._may_wait():
                self._fail(f"The desk went away: {lost}. Ask again when it is back.")
        return None

    def _start_when(self) -> StartName:
        if not self._was_taken:
            return "IF_NEEDED"
        return "AFTER_CRASH" if self._restarts > 0 else "NEVER"

    def _may_wait(self) -> bool:
        """Let a moment pass before the next attempt, as long as there is patience left."""
        now = time.monotonic()
        self._give_up = self._give_up or now + PATIENCE_SECONDS
        if now + self._pause > self._give_up:
            return False
        time.sleep(self._pause)
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        return True

    def _fail(self, words: str) -> None:
        if not self._is_over:
            self._is_over = True
            self._write(error_line(self.message.message_id, INTERNAL_ERROR, words))

    def _attempt(self, endpoint: Endpoint) -> bool:
        """Send the request once. True if it was answered, False if it is to be sent again."""
        session = self._desk.session_id
        self._exchange = exchange = Exchange(endpoint.url)
        try:
            if self._is_over:
                return True
            self._desk.send(exchange, endpoint, self.message, self._extra())
            if exchange.status in _SUCCESSFUL:
                self._was_taken = True
                self._give_up, self._pause = 0.0, _PAUSE_SECONDS
                self._pass_on(exchange)
                return True
            return self._look_at_refusal(exchange, endpoint, session)
        finally:
            self._exchange = None
            exchange.close()

    def _pass_on(self, exchange: Exchange) -> None:
        """Write what comes, up to the response. Raises Lost if that never comes."""
        for text in exchange.events() if exchange.is_stream else (exchange.read().decode(),):
            content = json.loads(text)
            if self._is_over:
                return
            if not is_response(content, self.message.message_id):
                self._write(text.encode())
                continue
            if says_closing(content):
                raise Lost("it closes")
            if self.message.method == INITIALIZE and isinstance(content.get("result"), dict):
                self._desk.opened(self.message, exchange, content["result"])
            self._write(text.encode())
            return
        if not self._is_over:
            raise Lost("it ended the response early")

    def _look_at_refusal(self, exchange: Exchange, endpoint: Endpoint, session: str) -> bool:
        body = exchange.read()
        if exchange.status == _UNAUTHORIZED:
            self._desk.forget(endpoint)
            if self._desk.locate() != endpoint:
                return False  # its token was replaced
        elif exchange.status == _NOT_FOUND and session and not self.message.version:
            if self._desk.renew(endpoint, session):
                return False
        elif exchange.status in _BUSY and self._may_wait():
            return False
        answer = _answer(body, self.message.message_id)
        if answer is None:
            raise _Refused(_words(body) or f"The desk answered with status {exchange.status}.")
        self._write(answer)
        return True

    def _extra(self) -> dict[str, str]:
        """What the desk wants to know of a call beyond the protocol."""
        if self.message.method != "tools/call":
            return {}
        headers = {"Deskbell-Source": _source(), "Deskbell-Call": self._name}
        if self._wait is not None:
            headers["Deskbell-Wait"] = f"{self._wait:g}"
        if self._was_taken:
            headers["Deskbell-Waited"] = f"{time.monotonic() - self._started:.1f}"
        return headers


def _source() -> str:
    """Where the client works. The branch may be another one at each call."""
    from deskbell.origin import source_here  # noqa: PLC0415 - initialize does without

    here = source_here(agent=os.environ.get("DESKBELL_AGENT", ""))
    source = {"agent": here.agent, "project": here.project, "branch": here.branch, "session": RELAY_ID}
    return json.dumps({**source, "pid": os.getppid()})


def _answer(body: bytes, message_id: Any) -> bytes | None:
    """A refusal in the protocol's own form, addressed to its request."""
    content = _object(body)
    if "jsonrpc" not in content or not isinstance(content.get("error"), dict):
        return None
    return json.dumps({**content, "id": message_id}).encode()


def _words(body: bytes) -> str:
    detail = _object(body).get("detail", "")
    return detail if isinstance(detail, str) else ""


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
