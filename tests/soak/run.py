"""Loads the desk and kills it for a long time: ``python tests/soak/run.py [--minutes N] [--rounds N] [--quick]``.

The app runs without a screen. Prints a table and writes the same as JSON; ends with 1 if anything is missed.
``--quick`` only shows that all of it works; its figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / name) for name in ("bench", "e2e", "faults")]

import loads  # noqa: E402

import processes  # noqa: E402
from deskbell.folders import HOME_VARIABLE  # noqa: E402
from rig.app import Launcher  # noqa: E402
from rig.rounds import plan, run_chain  # noqa: E402
from rows import Row, table  # noqa: E402

JSON_FILE = HERE.parents[1] / "build" / "soak.json"

CHAIN = 5


@dataclass(frozen=True)
class Size:
    """How much is done."""

    rounds: int
    seconds: float
    burst: int
    waiters: int
    open: int
    rows: int
    searches: int
    settle_seconds: float


def full(minutes: float, rounds: int) -> Size:
    """What is promised, each load for so long."""
    return Size(
        rounds, 60 * minutes, burst=1_000, waiters=500, open=2_000, rows=100_000, searches=100, settle_seconds=14
    )


QUICK = Size(CHAIN, seconds=1, burst=50, waiters=20, open=50, rows=500, searches=2, settle_seconds=0)


def main() -> int:
    """Do it, print, write; 1 if a goal was missed, unless it was quick."""
    parser = argparse.ArgumentParser(description="Load the desk and kill it for a long time.")
    parser.add_argument("--minutes", type=float, default=10, help="how long the steady load and the waiters last")
    parser.add_argument("--rounds", type=int, default=500, help="how often the app is killed")
    parser.add_argument("--seed", type=int, help="draw what was drawn before")
    parser.add_argument("--quick", action="store_true", help="only show that all of it works")
    parser.add_argument("--json", type=Path, default=JSON_FILE, metavar="FILE", help="where the figures go")
    options = parser.parse_args()
    seed = random.SystemRandom().getrandbits(24) if options.seed is None else options.seed
    start, load_before, rows = time.monotonic(), os.getloadavg()[0], []
    for row in measure(QUICK if options.quick else full(options.minutes, options.rounds), seed):
        sys.stderr.write(f"{row.what}: {row.measured:.4g} {row.unit} {row.verdict}\n")
        rows.append(row)
    _report(rows, options.json, f"seed {seed}, load before {load_before:.1f}, {time.monotonic() - start:.0f} s")
    return int(not options.quick and any(row.verdict == "MISS" for row in rows))


def measure(size: Size, seed: int) -> Iterator[Row]:
    """Every row there is, one load after the other."""
    with tempfile.TemporaryDirectory(prefix="deskbell-soak-") as folder, Launcher() as launcher:
        yield from _kills(launcher, Path(folder, "kills"), seed, size.rounds)
        home = Path(folder, "desk")
        os.environ[HOME_VARIABLE] = str(home)
        loads.prepare(home)
        yield from _loads(loads.Bench(launcher, home, size.settle_seconds), size)
        home = Path(folder, "history")
        os.environ[HOME_VARIABLE] = str(home)
        loads.prepare(home)
        loads.fill_history(home, size.rows)
        bench = loads.Bench(launcher, home, size.settle_seconds)
        yield from loads.weighed(
            bench,
            "history",
            lambda: loads.history(bench, rows=size.rows, rounds=size.searches),
            lambda: list(loads.history(bench, rows=size.rows, rounds=2)),
        )


def _loads(bench: loads.Bench, size: Size) -> Iterator[Row]:
    little = max(1, size.burst // 10)

    def warm_up() -> None:
        list(loads.burst(bench, number=little))

    yield from loads.weighed(bench, "steady", lambda: loads.steady(bench, rate=50, seconds=size.seconds), warm_up)
    yield from loads.weighed(bench, "burst", lambda: loads.burst(bench, number=size.burst), warm_up)
    yield from loads.weighed(
        bench, "waiters", lambda: loads.waiters(bench, number=size.waiters, seconds=size.seconds), warm_up
    )
    yield from loads.weighed(bench, "many open", lambda: loads.many_open(bench, number=size.open), warm_up)


def _kills(launcher: Launcher, folder: Path, seed: int, rounds: int) -> Iterator[Row]:
    """Kill it at every point, again and again."""
    wrong: list[str] = []
    for number, chain in enumerate(plan(seed, rounds, CHAIN)):
        home = folder / str(number)
        os.environ[HOME_VARIABLE] = str(home)
        wrong += [f"chain {number}: {what}" for what in run_chain(launcher, home, chain, f"{seed}-{number}")]
    for what in wrong:
        sys.stderr.write(f"{what}\n")
    yield Row(f"{rounds} kills: things that went wrong", len(wrong), "", 0, note=f"seed {seed}")


def _report(rows: list[Row], path: Path, circumstances: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    print(f"\n{now}, {processes.machine()}, {circumstances}\n")  # noqa: T201
    print(table(rows))  # noqa: T201
    path.parent.mkdir(parents=True, exist_ok=True)
    figures = {
        "at": now,
        "machine": processes.machine(),
        "circumstances": circumstances,
        "rows": [row.to_dict() for row in rows],
    }
    path.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
