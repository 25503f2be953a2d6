"""JSON-RPC 2.0 messages as far as the relay looks at them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
INTERNAL_ERROR: Final = -32603

CANCELLED: Final = "notifications/cancelled"
INITIALIZE: Final = "initialize"
INITIALIZED: Final = "notifications/initialized"

_CLOSING: Final = "deskbell/closing"
_VERSION: Final = "io.modelcontextprotocol/protocolVersion"
_NAMES: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_ID_AT_AN_END: Final = re.compile(
    rb'\A\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(?P<first>-?\d+|"[^"\\]*")'
    rb'|"id"\s*:\s*(?P<last>-?\d+|"[^"\\]*")\s*\}\s*\Z'
)
_END_BYTES: Final = 512

MessageId = str | int


class NoMessage(Exception):
    """A line that is no message; ``code`` is JSON-RPC's."""

    def __init__(self, code: int, words: str, message_id: Any = None) -> None:
        super().__init__(words)
        self.code = code
        self.message_id = message_id


@dataclass(frozen=True, slots=True)
class Message:
    """One message, and the line that it came as."""

    line: bytes
    content: dict[str, Any]

    @property
    def method(self) -> str:
        """What is wanted; empty for a response."""
        method = self.content.get("method", "")
        return method if isinstance(method, str) else ""

    @property
    def message_id(self) -> Any:
        """What the response will name; None for what wants none."""
        return self.content.get("id")

    @property
    def is_request(self) -> bool:
        """Whether it wants a response."""
        return bool(self.method) and "id" in self.content

    @property
    def params(self) -> dict[str, Any]:
        """Its parameters, empty if there are none."""
        params = self.content.get("params")
        return params if isinstance(params, dict) else {}

    @property
    def version(self) -> str:
        """The protocol version that it names itself, as those do that need no handshake."""
        meta = self.params.get("_meta")
        version = meta.get(_VERSION) if isinstance(meta, dict) else None
        return version if isinstance(version, str) else ""

    def headers(self) -> dict[str, str]:
        """What HTTP wants to know of a message that needs no handshake."""
        headers = {"MCP-Protocol-Version": self.version, "Mcp-Method": self.method}
        name = self.params.get(_NAMES.get(self.method, ""))
        if isinstance(name, str):
            headers["Mcp-Name"] = name
        return {name: _sendable(value) for name, value in headers.items()}


def read_message(line: bytes) -> Message:
    """Read a line. Raises NoMessage."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise NoMessage(PARSE_ERROR, "This line is not JSON.") from error
    if not isinstance(content, dict):
        raise NoMessage(INVALID_REQUEST, "Send one message a line, each an object.")
    return Message(line, content)


def id_at_an_end(line: bytes) -> MessageId | None:
    """The id of a message that is too long to be read, where clients usually write it."""
    found = _ID_AT_AN_END.search(line[:_END_BYTES]) or _ID_AT_AN_END.search(line[-_END_BYTES:])
    if found is None:
        return None
    message_id: MessageId = json.loads(found["first"] or found["last"])
    return message_id


def error_line(message_id: Any, code: int, words: str) -> bytes:
    """A response that says what went wrong."""
    return json.dumps({"jsonrpc": "2.0", "id": message_id, "error": {"code": code, "message": words}}).encode()


def is_response(content: Any, message_id: Any) -> bool:
    """Whether a message answers the request of this id."""
    return isinstance(content, dict) and "method" not in content and content.get("id") == message_id


def says_closing(content: dict[str, Any]) -> bool:
    """Whether a response is only what a closing desk says to whoever waits."""
    for part, name in (("result", "_meta"), ("error", "data")):
        inner = content.get(part)
        mark = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(mark, dict) and mark.get(_CLOSING) is True:
            return True
    return False


def _sendable(value: str) -> str:
    """Fit for a header: what is none there is encoded as the protocol says (base64 in a frame)."""
    if value.isascii() and value.isprintable() and value == value.strip() and not value.startswith("=?base64?"):
        return value
    import base64  # noqa: PLC0415 - names are plain words, except for what somebody tries

    return f"=?base64?{base64.b64encode(value.encode(errors='replace')).decode()}?="
