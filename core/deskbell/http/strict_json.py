"""JSON read strictly: what two readers could understand differently is refused (RFC 8259, RFC 7493)."""

from __future__ import annotations

import json
import re
from typing import Any, Final, TypeVar

import msgspec

from deskbell.http.problems import Problem
from deskbell.question import MAX_ATTACHMENTS, MAX_DEPTH, MAX_OPTIONS, MAX_VALUES

T = TypeVar("T")

MAX_NESTING: Final = MAX_DEPTH + 1
"""How deep a body may be nested: ``fields`` and the object around it."""

MAX_CONTAINERS: Final = MAX_VALUES + MAX_OPTIONS + MAX_ATTACHMENTS + MAX_NESTING
"""How many objects and lists a body may hold; no body that fits needs as many."""

_PLACE: Final = re.compile(r" - at `\$\.?(?P<place>.*)`$", re.DOTALL)
_FIELD: Final = re.compile(r"field `(?P<name>.*)`", re.DOTALL)
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_TO_BRACKET: Final = re.compile(rb'(?:[^"\[\]{}]+|"(?:[^"\\]+|\\.)*+")*+[\[\]{}]', re.DOTALL)
_TOO_DEEP: Final = f"The JSON is nested too deeply. Use at most {MAX_NESTING} levels."
_TOO_MANY: Final = f"The JSON holds more than {MAX_CONTAINERS} objects and lists. Send less."


class _DuplicateKey(ValueError):
    pass


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Read ``body``. Raises Problem: 400 for what is not JSON, 422 for JSON of another shape."""
    _check_nesting(body)
    try:
        value = decoder.decode(body)
        _refuse_duplicates(body)
    except msgspec.ValidationError as error:
        raise _misfit(str(error)) from None
    except UnicodeDecodeError:
        raise Problem(400, "The body is not valid UTF-8. Encode it as UTF-8.") from None
    except _DuplicateKey as error:
        raise Problem(400, f"The name {error} is there twice in one object. Send it once.") from None
    except msgspec.DecodeError as error:
        raise Problem(400, _complaint(body, error)) from None
    return value


def _check_nesting(body: bytes) -> None:
    """Raise Problem before anything is built of a body that nests without end, or holds brackets without number."""
    if body.count(b"[") + body.count(b"{") <= MAX_NESTING:
        return
    depth = count = place = 0
    while bracket := _TO_BRACKET.match(body, place):  # what is not JSON ends it: the decoder stops at the same place
        place = bracket.end()
        is_opening = body[place - 1] in b"[{"
        depth += 1 if is_opening else -1
        count += is_opening
        if depth > MAX_NESTING:
            raise Problem(400, _TOO_DEEP)
        if count > MAX_CONTAINERS:
            raise Problem(422, _TOO_MANY)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise _DuplicateKey(repr(next(name for name in names if names.count(name) > 1)))


_KEYS: Final = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_int=str, parse_float=str)


def _refuse_duplicates(body: bytes) -> None:
    """Of two equal names msgspec keeps the last without a word; the standard library shows all of them."""
    _KEYS.decode(body.decode())


def _complaint(body: bytes, error: msgspec.DecodeError) -> str:
    if not body.strip():
        return "The body is empty. Send a JSON object."
    if _SURROGATE.search(body):
        return "The JSON contains half a surrogate pair, or is cut off. Send whole characters."
    return f"The body is not JSON: {error}. NaN, Infinity, comments and trailing commas are not JSON either."


def _misfit(message: str) -> Problem:
    """From the decoder's words to a sentence and the place it speaks of."""
    place = _PLACE.search(message)
    where = place["place"] if place else ""
    said = message[: place.start()] if place else message
    named = _FIELD.search(said)
    if not named:
        return Problem(422, f"{where or 'The body'} does not fit: {said[:1].lower()}{said[1:]}.", field=where or None)
    field = f"{where}.{named['name']}" if where else named["name"]
    if "missing" in said:
        return Problem(422, f"{field!r} is missing. Add it.", field=field)
    return Problem(422, f"There is no field {field!r} here. Leave it out; /openapi.json lists the fields.", field=field)
