"""Waiting for something to become true, and for nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

_LOOK_SECONDS = 0.02


def until(look: Callable[[], Found | None], what: str, seconds: float = 10.0) -> Found:
    """What ``look`` finds, as soon as that is something; AssertionError naming ``what`` after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise AssertionError(f"Waited {seconds:g} s in vain for {what}.")
        time.sleep(_LOOK_SECONDS)


def always(look: Callable[[], object], what: str, seconds: float) -> None:
    """Watch for ``seconds`` that ``look`` stays true: the proof that something does not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert look(), f"No longer: {what}."
        time.sleep(_LOOK_SECONDS)
