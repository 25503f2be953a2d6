"""Measures speed and size against the goals: ``python tests/bench/run.py [--quick] [--json FILE]``.

Everything runs on a virtual display of its own. Prints a table and writes the same as JSON. ``--quick`` only shows that
all of it works; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))  # the virtual desk

import first_pixels  # noqa: E402
import history_search  # noqa: E402
import load  # noqa: E402
import processes  # noqa: E402
import queue_speed  # noqa: E402
from rows import Row, table  # noqa: E402
from stage.desktop import DesktopApp  # noqa: E402
from stage.display import VirtualDisplay  # noqa: E402

JSON_FILE = HERE.parents[1] / "build" / "bench.json"

Sections = dict[str, dict[str, object]]

WIDE_OPEN: dict[str, object] = {"max_open_tasks": 10_000, "question_burst": 100_000, "questions_per_second": 100_000}
"""Listener settings under which a single program may ask as fast as it can."""


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    cycles: int
    ended: int
    paints: int
    clicks: int
    creates: int
    starts: int
    settle_seconds: float
    idle_seconds: float


FULL = Size(
    cycles=50_000, ended=100_000, paints=120, clicks=100, creates=2_000, starts=5, settle_seconds=12, idle_seconds=20
)
QUICK = Size(cycles=500, ended=1_000, paints=3, clicks=3, creates=64, starts=1, settle_seconds=0, idle_seconds=1)


def main() -> int:
    """Measure, print, write; 0 however the figures are."""
    parser = argparse.ArgumentParser(description="Measure Deskbell against its goals.")
    parser.add_argument("--quick", action="store_true", help="only show that all of it works")
    parser.add_argument("--json", type=Path, default=JSON_FILE, metavar="FILE", help="where the figures go")
    options = parser.parse_args()
    start = time.monotonic()
    load_before = os.getloadavg()[0]
    rows = []
    for row in measure(QUICK if options.quick else FULL):
        sys.stderr.write(f"{row.what}: {row.measured:.4g} {row.unit} {row.verdict}\n")
        rows.append(row)
    report(rows, options.json, time.monotonic() - start, load_before)
    return 0


def measure(size: Size) -> Iterator[Row]:
    """Every row there is, one after the other so that nothing disturbs."""
    yield from queue_speed.measure(cycles=size.cycles)
    yield from history_search.measure(rows=size.ended)
    with tempfile.TemporaryDirectory(prefix="deskbell-bench-") as folder, VirtualDisplay(Path(folder, "x")) as display:
        app = DesktopApp(display, Path(folder, "desk"))
        yield from processes.cold_start(app, rounds=size.starts)
        yield from processes.commands(app, rounds=2 * size.starts)
        yield from first_pixels.bare_window(display, rounds=size.paints)
        for settings, rows in _with_app(app, size):
            app.settings(**settings)
            app.start()
            yield from rows()
            app.stop()
        app.settings(listener=WIDE_OPEN)
        yield from load.stall(app)


def _with_app(app: DesktopApp, size: Size) -> list[tuple[Sections, Callable[[], Iterator[Row]]]]:
    """What is measured with the app running, each time started anew, with its settings."""
    many: Sections = {"listener": WIDE_OPEN, "window": {"come_forward": False}}
    return [
        ({}, lambda: first_pixels.warm_hidden_window(app, rounds=size.paints)),
        ({"window": {"arm_milliseconds": 0}}, lambda: first_pixels.click_to_answer(app, rounds=size.clicks)),
        (many, lambda: load.creates(app, number=size.creates)),
        (many, lambda: load.waiters(app)),
        ({}, lambda: processes.relay(app, rounds=2 * size.starts)),
        ({}, lambda: _idle_after_use(app, size)),
    ]


def _idle_after_use(app: DesktopApp, size: Size) -> Iterator[Row]:
    """An app that has shown a question, put it away, and forgotten it after ten seconds."""
    task_id = app.api.ask("Ship it?", "Yes", "No")
    app.cards(3)
    app.api.answer(task_id, "Yes")
    app.wait_hidden()
    return processes.idle(app, settle=size.settle_seconds, seconds=size.idle_seconds)


def report(rows: list[Row], path: Path, seconds: float, load_before: float) -> None:
    """Print the table and write the file."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    print(f"\n{now}, {processes.machine()}, load before {load_before:.1f}, measured in {seconds:.0f} s\n")  # noqa: T201
    print(table(rows))  # noqa: T201
    path.parent.mkdir(parents=True, exist_ok=True)
    figures = {
        "at": now,
        "machine": processes.machine(),
        "load_before": load_before,
        "rows": [row.to_dict() for row in rows],
    }
    path.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
