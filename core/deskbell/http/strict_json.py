"""JSON read strictly: what two readers could understand differently is refused (RFC 8259, RFC 7493)."""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from deskbell.http.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

MAX_DEPTH: Final = 32
"""How deep free-form values may be nested."""

MAX_VALUES: Final = 10_000
"""How many values free-form values may hold, names included."""

_PLACE: Final = re.compile(r" - at `\$\.?(?P<place>.*)`$", re.DOTALL)
_FIELD: Final = re.compile(r"field `(?P<name>.*)`", re.DOTALL)
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_TOO_DEEP: Final = f"The JSON is nested too deeply. Use at most {MAX_DEPTH} levels."


class _DuplicateKey(ValueError):
    pass


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Read ``body``. Raises Problem: 400 for what is not JSON, 422 for JSON of another shape."""
    try:
        value = decoder.decode(body)
        _refuse_duplicates(body)
    except msgspec.ValidationError as error:
        raise _misfit(str(error)) from None
    except RecursionError:
        raise Problem(400, _TOO_DEEP) from None
    except UnicodeDecodeError:
        raise Problem(400, "The body is not valid UTF-8. Encode it as UTF-8.") from None
    except _DuplicateKey as error:
        raise Problem(400, f"The name {error} is there twice in one object. Send it once.") from None
    except msgspec.DecodeError as error:
        raise Problem(400, _complaint(body, error)) from None
    return value


def check_free_form(field: str, value: Any) -> None:
    """Raise Problem if a value that no schema bounds is nested too deeply, too large, or holds a NUL."""
    for count, (depth, item) in enumerate(_walk(value)):
        if depth > MAX_DEPTH:
            raise Problem(422, _TOO_DEEP, field=field)
        if count > MAX_VALUES:
            raise Problem(422, f"{field} holds more than {MAX_VALUES} values. Send less.", field=field)
        if isinstance(item, str) and "\0" in item:
            raise Problem(422, f"{field} contains a NUL character. Remove it.", field=field)


def _walk(value: Any) -> Iterator[tuple[int, Any]]:
    """Every value and name in ``value`` with its depth, without recursion and one at a time."""
    open_values: list[Iterator[Any]] = [iter((value,))]
    while open_values:
        for item in open_values[-1]:
            yield len(open_values), item
            if isinstance(item, dict):
                open_values.append(chain.from_iterable(item.items()))
                break
            if isinstance(item, list):
                open_values.append(iter(item))
                break
        else:
            open_values.pop()


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
    field = ".".join(filter(None, (where, named["name"] if named else ""))) or None
    if not named:
        return Problem(422, f"{where or 'The body'} does not fit: {said[:1].lower()}{said[1:]}.", field=field)
    if "missing" in said:
        return Problem(422, f"{field!r} is missing. Add it.", field=field)
    return Problem(422, f"There is no field {field!r} here. Leave it out; /openapi.json lists the fields.", field=field)
