"""Runs the request decoder under atheris, which finds its way by the branches that are taken; see ``make fuzz``.

Options are libFuzzer's own: ``-max_total_time`` is in seconds, new finds go into the first folder named.
"""

from __future__ import annotations

import base64
import json
import random
import sys
from typing import Any

import atheris

with atheris.instrument_imports(include=["deskbell"]):
    import request_decoder
    from deskbell.http.schemas import AnswerIn, QuestionIn

_WORDS: list[Any] = [
    None, True, 0, -1, 1, 290, 291, 1e300, 2**63, 2**64, "", " ", "x", "Yes", "No", "option:Yes", "expire", "submit",
    "permission", "a\x00", "\ud7ff", "\uffff", "a.png", "../a", "image/png", "text/plain", "iVBORw0KGgo=", "eA==", "=",
    [], {}, ["Yes"], [[]], {"label": "Yes"}, {"label": "Yes", "value": "Yes"}, {"pid": 1}, {"": ""},
    {"name": "a.txt", "media_type": "text/plain", "data": "eA=="},
]  # fmt: skip
_NAMES = sorted({*QuestionIn.__struct_fields__, *AnswerIn.__struct_fields__, "label", "value", "description", "name"})


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Other JSON that is nearly as good, or else other bytes."""
    chance = random.Random(seed)
    if chance.random() < 0.5:
        return bytes(atheris.Mutate(data, max_size))
    try:
        changed = json.dumps(_changed(json.loads(data), chance)).encode()
    except (ValueError, RecursionError):
        changed = data
    return changed if len(changed) <= max_size else data


def _changed(value: Any, chance: random.Random) -> Any:
    """``value`` with one thing in it replaced, added or taken away."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        return {**value, name: _changed(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        return [*value[:at], _changed(value[at], chance), *value[at + 1 :]]
    if isinstance(value, dict):
        return {**value, chance.choice(_NAMES): chance.choice(_WORDS)}
    if isinstance(value, list):
        return [*value, chance.choice(_WORDS)] * chance.choice((1, 1, 1, 2, 300))
    if isinstance(value, str) and chance.random() < 0.5:
        return chance.choice((value * 2, value[1:], base64.b64encode(value.encode()).decode(), value * 500))
    return chance.choice(_WORDS)


if __name__ == "__main__":
    atheris.Setup(sys.argv, request_decoder.take, custom_mutator=mutate)
    atheris.Fuzz()
