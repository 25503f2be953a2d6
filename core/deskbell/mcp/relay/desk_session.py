"""The relay's standing with the desk: where it is, and the session that the client has opened there."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any, Final, Literal

from deskbell.endpoint import Endpoint, find_endpoint
from deskbell.errors import DeskUnreachable
from deskbell.mcp.relay.messages import INITIALIZED, Message, is_response
from deskbell.mcp.relay.wire import Exchange, Lost

if TYPE_CHECKING:
    from collections.abc import Mapping

StartName = Literal["NEVER", "AFTER_CRASH", "IF_NEEDED"]
"""A Start by its name: where the desk is there, nothing of what starts it is imported."""

_ACCEPT: Final = "application/json, text/event-stream"
_RENEWAL_ID: Final = "deskbell-session"
_OK: Final = 200


class DeskSession:
    """Sends messages to the desk, wherever that is now. Any thread may use it."""

    def __init__(self) -> None:
        self._endpoint: Endpoint | None = None
        self._finding = threading.Lock()  # only one thread starts a desk
        self._renewing = threading.Lock()
        self._hello: dict[str, Any] | None = None
        self._session_id = ""
        self._version = ""

    def locate(self, start: StartName = "NEVER", refused: Endpoint | None = None) -> Endpoint:
        """Where the desk is. ``start`` says when to start it; ``refused`` is where nobody listens.

        Blocks as long as the desk takes to start. Raises EndpointError.
        """
        with self._finding:
            if self._endpoint is None or self._endpoint == refused:
                self._endpoint = None
                self._endpoint = _found(start, refused)
            return self._endpoint

    def forget(self, endpoint: Endpoint) -> None:
        """Look for the desk anew next time, unless somebody has found another meanwhile."""
        with self._finding:
            if self._endpoint == endpoint:
                self._endpoint = None

    @property
    def session_id(self) -> str:
        """The session's id; empty before it is open."""
        return self._session_id

    def send(self, exchange: Exchange, endpoint: Endpoint, message: Message, extra: Mapping[str, str]) -> None:
        """Send a message in the session, or without one if it says itself how it is to be read. Raises Lost."""
        named = message.headers() if message.version else self._headers()
        exchange.send("POST", {**_standard(endpoint), **named, **extra}, message.line)

    def tell(self, message: Message) -> None:
        """Send what wants no answer, if there is a session that it can belong to. Raises Lost and EndpointError."""
        if self._session_id:
            endpoint = self.locate()
            exchange = Exchange(endpoint.url)
            self.send(exchange, endpoint, message, {})
            exchange.close()

    def opened(self, hello: Message, exchange: Exchange, result: Mapping[str, Any]) -> None:
        """Remember the session that the client has opened with ``hello``."""
        self._hello = hello.content
        self._session_id = exchange.headers.get("mcp-session-id", "")
        version = result.get("protocolVersion")
        self._version = version if isinstance(version, str) else ""

    def renew(self, endpoint: Endpoint, stale: str) -> bool:
        """Open the session anew at a desk that does not know ``stale`` any more, as the client had opened it.

        False if the desk will not have it. Raises Lost.
        """
        with self._renewing:
            if self._session_id != stale:
                return True
            if self._hello is None:
                return False
            hello = {**self._hello, "id": _RENEWAL_ID}
            exchange = Exchange(endpoint.url).send("POST", _standard(endpoint), json.dumps(hello).encode())
            try:
                if exchange.status != _OK or not _has_result(exchange):
                    return False
                self._session_id = exchange.headers.get("mcp-session-id", "")
            finally:
                exchange.close()
            line = json.dumps({"jsonrpc": "2.0", "method": INITIALIZED}).encode()
            Exchange(endpoint.url).send("POST", {**_standard(endpoint), **self._headers()}, line).close()
            return True

    def close(self) -> None:
        """Say goodbye, if there is somebody to say it to."""
        endpoint = self._endpoint
        if self._session_id and endpoint is not None:
            try:
                Exchange(endpoint.url).send("DELETE", {**_standard(endpoint), **self._headers()}).close()
            except Lost:
                return  # it will find out

    def _headers(self) -> dict[str, str]:
        pairs = {"Mcp-Session-Id": self._session_id, "MCP-Protocol-Version": self._version}
        return {name: value for name, value in pairs.items() if value}


def _standard(endpoint: Endpoint) -> dict[str, str]:
    return {"Authorization": f"Bearer {endpoint.token}", "Accept": _ACCEPT}


def _found(start: StartName, refused: Endpoint | None) -> Endpoint:
    try:
        endpoint = find_endpoint()
        if endpoint != refused:
            return endpoint
    except DeskUnreachable:
        pass  # what follows says so, if it cannot help
    from deskbell.launch import Start, locate_desk  # noqa: PLC0415 - mostly there is a desk
    from deskbell.mcp.relay.display import adopt_display  # noqa: PLC0415

    adopt_display()
    return locate_desk(Start[start], refused)


def _has_result(exchange: Exchange) -> bool:
    texts = exchange.events() if exchange.is_stream else (exchange.read().decode(),)
    for text in texts:
        content = json.loads(text)
        if is_response(content, _RENEWAL_ID):
            return "result" in content
    return False
