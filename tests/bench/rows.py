"""One measured number beside its goal, and the table of all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A figure. ``goal`` is None for what is there only to compare with; ``more_is_better`` turns the goal around."""

    what: str
    measured: float
    unit: str
    goal: float | None = None
    more_is_better: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How much of what the goal allows is used; above 1 misses it."""
        if self.goal is None:
            return None
        if self.more_is_better:
            return self.goal / self.measured if self.measured else math.inf
        return self.measured / self.goal if self.goal else (math.inf if self.measured else 0.0)

    @property
    def verdict(self) -> str:
        """``ok``, ``MISS``, or nothing where there is no goal."""
        return "" if self.ratio is None else "ok" if self.ratio <= 1 else "MISS"

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON has it."""
        return asdict(self) | {"ratio": self.ratio, "verdict": self.verdict}


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of them lie, nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(rows: Iterable[Row]) -> str:
    """The rows for a terminal."""
    head = ("what", "goal", "measured", "ratio", "", "note")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(_line(line, widths) for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    sign = "≥" if row.more_is_better else "≤"
    goal = "" if row.goal is None else f"{sign} {_number(row.goal)} {row.unit}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    return row.what, goal, f"{_number(row.measured)} {row.unit}", ratio, row.verdict, row.note


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    what, goal, measured, ratio, verdict, note = cells
    return (
        f"{what:<{widths[0]}}  {goal:>{widths[1]}}  {measured:>{widths[2]}}  {ratio:>{widths[3]}}  "
        f"{verdict:<{widths[4]}}  {note}"
    ).rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
