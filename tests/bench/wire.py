"""HTTP requests with the least there is between the clock and the socket."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit


class Wire:
    """One connection. ``send`` and ``receive`` are apart, so that a caller can look elsewhere in between."""

    def __init__(self, url: str, token: str) -> None:
        host = urlsplit(url)
        self._head = f"Host: {host.netloc}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        self.socket = socket.create_connection((host.hostname or "", host.port or 80), 90)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        """The bytes of a request."""
        content = b"" if body is None else json.dumps(body).encode()
        return f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(content)}\r\n\r\n".encode() + content

    def send(self, request: bytes) -> None:
        """Put a request on its way."""
        self.socket.sendall(request)

    def receive(self) -> dict[str, Any]:
        """The body of the next response, which must be a success."""
        while (response := self.take()) is None:
            self.feed()
        return response

    def feed(self) -> None:
        """Read what there is, blocking until there is something."""
        piece = self.socket.recv(262_144)
        if not piece:
            raise ConnectionError("The desk hung up.")
        self._rest += piece

    def take(self) -> dict[str, Any] | None:
        """The body of a response that has come wholly, else None."""
        head, separator, rest = self._rest.partition(b"\r\n\r\n")
        if not separator:
            return None
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields.get(b"content-length", 0))
        if len(rest) < length:
            return None
        status = int(head[9:12])
        body, self._rest = rest[:length], rest[length:]
        if status >= 300:
            raise RuntimeError(f"HTTP {status}: {body.decode()}")
        return dict(json.loads(body)) if body else {}

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request and its response."""
        self.send(self.request(method, path, body))
        return self.receive()

    def ask(self, prompt: str = "Ship it?", **more: Any) -> str:
        """Put a question with two options on the desk; its id."""
        return str(self.call("POST", "/v1/tasks", question(prompt, **more))["task_id"])

    def answer(self, task_id: str) -> None:
        """Answer a question."""
        self.call("POST", f"/v1/tasks/{task_id}/answer", {"options": ["Yes"]})


def question(prompt: str = "Ship it?", **more: Any) -> dict[str, Any]:
    """The body that asks a question with two options."""
    return {"prompt": prompt, "options": ["Yes", "No"], **more}
