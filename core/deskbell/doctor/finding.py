"""What the doctor found: one thing, how it is, and what to do about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"
    """It works, and something about it may surprise."""
    FAIL = "fail"
    """It does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``says`` is a sentence, ``remedy`` what to do unless all is well."""

    name: str
    status: Status
    says: str
    remedy: str = ""

    def to_dict(self) -> dict[str, str]:
        """For programs."""
        return {**asdict(self), "status": str(self.status)}


def ok(name: str, says: str) -> Finding:
    """All is well."""
    return Finding(name, Status.OK, says)


def warn(name: str, says: str, remedy: str = "") -> Finding:
    """It works, with a surprise."""
    return Finding(name, Status.WARN, says, remedy)


def fail(name: str, says: str, remedy: str = "") -> Finding:
    """It does not work."""
    return Finding(name, Status.FAIL, says, remedy)


def from_error(name: str, status: Status, error: Exception) -> Finding:
    """What one of our errors says: its first sentence, and the rest as the remedy."""
    says, _, remedy = str(error).partition(". ")
    return Finding(name, status, f"{says.rstrip('.')}.", remedy)
