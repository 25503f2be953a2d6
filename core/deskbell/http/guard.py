"""Who may speak to the desk: checked on every request before anything in it is parsed."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from deskbell.http.origins import check_origin, cors_headers, preflight_headers
from deskbell.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from deskbell.http.access import Access

MAX_BODY_BYTES: Final = 16 * 1024 * 1024
OPEN_PATHS: Final = frozenset({"/healthz"})
"""Readable without the token."""

TOKEN: Final = "deskbell.token"  # noqa: S105 - a name
"""Where in the scope stands the token that the request came with."""

_NO_TOKEN: Final = "Send one header 'Authorization: Bearer TOKEN'; 'deskbell token' prints the token."  # noqa: S105
_TOO_LARGE: Final = f"The body is larger than {MAX_BODY_BYTES // 2**20} MiB. Send less."

Headers = dict[bytes, list[bytes]]


class Guard:
    """Lets a request through to ``app`` if it comes from this machine, means this desk and knows its token.

    ``origins`` gives the web pages that may call; it is asked at each request. Raises Problem for everything else.
    """

    def __init__(self, app: ASGIApp, *, access: Access, port: int, origins: Callable[[], Collection[str]]) -> None:
        self._app = app
        self._access = access
        self._hosts = frozenset(f"{name}:{port}".encode() for name in ("localhost", "127.0.0.1", "[::1]"))
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the request's head, then pass it on with its body capped."""
        headers = _by_name(scope["headers"])
        _check_peer(scope["client"])
        self._check_host(headers)
        origin = check_origin(headers, self._origins())
        if origin is not None:
            if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
                await _answer_preflight(origin, send)
                return
            send = _with_headers(send, cors_headers(origin))
        if not (scope["method"] == "GET" and scope["path"] in OPEN_PATHS):
            scope[TOKEN] = self._check_token(headers)
        if _has_body(headers):
            _check_body(headers)
        await self._app(scope, self._checked(receive, scope.get(TOKEN)), send)

    def _check_host(self, headers: Headers) -> None:
        hosts = headers.get(b"host", [])
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise Problem(421, "Address the desk as localhost, 127.0.0.1 or [::1] with its port, in one Host header.")

    def _check_token(self, headers: Headers) -> bytes:
        given = headers.get(b"authorization", [])
        scheme, _, credentials = given[0].partition(b" ") if len(given) == 1 else (b"", b"", b"")
        token = self._access.admit(credentials)
        if scheme.lower() != b"bearer" or token is None:
            raise unauthorized()
        return token

    def _checked(self, receive: Receive, token: bytes | None) -> Receive:
        """Hand on a body piece by piece; raise Problem once, at the first piece that is too much or comes too late."""
        received = 0
        refused = False

        async def checked() -> Message:
            nonlocal received, refused
            message = await receive()
            received += len(message.get("body", b""))
            problem = None if refused else self._complaint(received, token)
            if problem is not None:
                refused = True
                raise problem
            return message

        return checked

    def _complaint(self, received: int, token: bytes | None) -> Problem | None:
        if received > MAX_BODY_BYTES:
            return Problem(413, _TOO_LARGE)
        is_replaced = token is not None and not self._access.is_in_force(token)  # while the body was under way
        return unauthorized() if is_replaced else None


def unauthorized() -> Problem:
    """What to say to whoever does not know the token, or knows one that was replaced."""
    return Problem(401, _NO_TOKEN, headers={"WWW-Authenticate": "Bearer"})


def _by_name(pairs: Sequence[tuple[bytes, bytes]]) -> Headers:
    headers: Headers = {}
    for name, value in pairs:
        headers.setdefault(name, []).append(value)
    return headers


def _check_peer(client: tuple[str, int] | None) -> None:
    if client is None or not ipaddress.ip_address(client[0]).is_loopback:
        raise Problem(403, "The desk answers only programs on this machine.")


def _has_body(headers: Headers) -> bool:
    return b"transfer-encoding" in headers or headers.get(b"content-length", [b"0"]) != [b"0"]


def _check_body(headers: Mapping[bytes, Sequence[bytes]]) -> None:
    types = headers.get(b"content-type", ())
    if len(types) != 1 or not _is_json(types[0]):
        raise Problem(415, "Send the body as JSON with the header 'Content-Type: application/json'.")
    if any(value.lower() != b"identity" for value in headers.get(b"content-encoding", ())):
        raise Problem(415, "Send the body without compression.", headers={"Accept-Encoding": "identity"})
    if any(int(value) > MAX_BODY_BYTES for value in headers.get(b"content-length", ()) if value.isdigit()):
        raise Problem(413, _TOO_LARGE)


def _is_json(media_type: bytes) -> bool:
    essence, _, parameters = media_type.lower().partition(b";")
    return essence.strip() == b"application/json" and parameters.strip() in {
        b"",
        b"charset=utf-8",
        b'charset="utf-8"',
    }


def _with_headers(send: Send, extra: list[tuple[bytes, bytes]]) -> Send:
    async def extended(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *extra]}
        await send(message)

    return extended


async def _answer_preflight(origin: str, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": preflight_headers(origin)})
    await send({"type": "http.response.body", "body": b""})
