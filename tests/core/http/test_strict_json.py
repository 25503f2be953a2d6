"""What the listener reads as JSON."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from deskbell.http.problems import Problem
from deskbell.http.schemas import AnswerIn
from deskbell.http.strict_json import MAX_CONTAINERS, MAX_NESTING, decode
from deskbell.question import MAX_VALUES

DECODER = msgspec.json.Decoder(AnswerIn)
DEEPEST = MAX_NESTING - 2  # inside the object and its fields


def fields(value: bytes) -> bytes:
    return b'{"fields": {"a": ' + value + b"}}"


@pytest.mark.parametrize(
    "value",
    [
        b"[" * DEEPEST + b"]" * DEEPEST,
        b'{"a":' * DEEPEST + b"0" + b"}" * DEEPEST,
        b'"' + b"[" * 100 + b'"',
        b'"' + b'\\"[' * 100 + b'"',
        b'["\\\\", ' + b'"[{", ' * 100 + b"0]",
        b"[" + b"[]," * (MAX_VALUES - 2) + b"0]",
    ],
)
def test_what_is_nested_little_enough_is_read(value: bytes) -> None:
    """Up to both bounds; brackets in strings count for nothing."""
    assert decode(fields(value), DECODER).fields == {"a": msgspec.json.decode(value)}


@pytest.mark.parametrize(
    ("value", "status", "words"),
    [
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), 400, f"at most {MAX_NESTING} levels"),
        (b'["\\"", ' * (DEEPEST + 1), 400, "too deeply"),
        (b"[" + b"{}," * MAX_CONTAINERS + b"0]", 422, f"more than {MAX_CONTAINERS}"),
        (b"[" * 20 + b'"[[' + b"[" * 100, 400, "not JSON"),
        (b"]" * 50 + b"[" * 50, 400, "not JSON"),
    ],
)
def test_what_is_nested_too_much_is_refused(value: bytes, status: int, words: str) -> None:
    """One level or one list more, and what is cut off is refused for what it is."""
    with pytest.raises(Problem, match=words) as refusal:
        decode(fields(value), DECODER)

    assert refusal.value.status == status


def test_nesting_is_refused_before_anything_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decoder never sees what is nested too deeply."""

    class Untouchable:
        def decode(self, _body: bytes) -> Any:
            raise AssertionError("this was to be refused unread")

    with pytest.raises(Problem):
        decode(b"[" * 10_000, Untouchable())  # type: ignore[arg-type]
