"""Which web pages may call, and the CORS headers (WHATWG Fetch) that tell their browser so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from deskbell.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

PREFLIGHT_SECONDS: Final = 600

_REFUSED: Final = (
    "Web pages may not ring this desk. To let {origin!r} do so, add it to listener.allowed_origins in the settings."
)


def check_origin(headers: Mapping[bytes, Sequence[bytes]], allowed: Collection[str]) -> str | None:
    """The allowed web page that calls, None for a program. Raises Problem (403) for any other page."""
    origins = headers.get(b"origin", ())
    for value in origins:
        _check(value.decode("latin-1"), allowed)
    for value in headers.get(b"referer", ()):
        _check(_origin_of(value.decode("latin-1")), allowed)
    if len(origins) > 1:
        raise Problem(403, "Send one Origin header, or none.")
    if not origins:
        _check_site(headers.get(b"sec-fetch-site", ()))
        return None
    return origins[0].decode("latin-1")


def cors_headers(origin: str) -> list[tuple[bytes, bytes]]:
    """What lets the page at ``origin`` read the response."""
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", b"location, retry-after"),
        (b"vary", b"origin"),
    ]


def preflight_headers(origin: str) -> list[tuple[bytes, bytes]]:
    """The answer to a browser that asks before it lets the page at ``origin`` call."""
    return [
        *cors_headers(origin),
        (b"access-control-allow-methods", b"GET, POST, PUT, DELETE"),
        (b"access-control-allow-headers", b"authorization, content-type, last-event-id"),
        (b"access-control-allow-private-network", b"true"),
        (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
    ]


def _check(origin: str, allowed: Collection[str]) -> None:
    if origin not in allowed:
        raise Problem(403, _REFUSED.format(origin=origin))


def _check_site(values: Sequence[bytes]) -> None:
    if any(value not in {b"none", b"same-origin"} for value in values):
        raise Problem(403, "A web page on another site made this request. Call the desk from a program instead.")


def _origin_of(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.netloc}"
