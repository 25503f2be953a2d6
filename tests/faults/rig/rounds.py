"""Rounds of killing: a chain of starts of one desk, each of which dies at its own point, and a last one that lives."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rig.app import Launcher, Start
from rig.clients import Crowd
from rig.settings import write_settings
from rig.verdict import check

MOST_PASSES = {
    "request read": 6,
    "queued": 6,
    "BEGIN": 12,
    "INSERT": 6,
    "COMMIT": 12,
    "committed": 12,
    "acknowledge": 6,
    "notify": 6,
    "click": 4,
    "answer COMMIT": 4,
    "wake": 4,
    "checkpoint": 3,
    "migration": 3,
    "restore": 1,
    "publish": 1,
    "anywhere": 1,
}
"""The points, and up to which of its passes the app may live. ``anywhere`` is a moment, counted from the start."""

CLIENTS = 4

_ANYWHERE_SECONDS = 0.9
_COMMIT_SECONDS = 0.003  # about
_STALL_SECONDS = 0.03  # enough for a client to be told what is not so
_GOOD_LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO |qt\.core\.qobject\.connect: |This plugin does not support |$"
)
_QUICKLY = {
    "deskbell.journal.writer:IDLE_SECONDS": 0.05,
    "deskbell.journal.writer:BEAT_SECONDS": 0.3,
    "deskbell.journal.journal:RESUME_SECONDS": 1.0,
}
"""What would take seconds otherwise: idle moments, signs of life, the time given after a restart."""


@dataclass(frozen=True)
class Round:
    """Where one start dies."""

    point: str
    at_pass: int
    delay: float
    stalls: bool
    seed: int

    def __str__(self) -> str:
        after = f" + {1000 * self.delay:.1f} ms{' stalled' if self.stalls else ''}" if self.delay else ""
        return f"{self.point} {self.at_pass}{after}"


def plan(seed: int, rounds: int, chain: int) -> list[list[Round]]:
    """So many rounds in chains of ``chain``, all points as often as each other."""
    chance = random.Random(seed)
    points = [point for number, point in zip(range(rounds), _shuffled_forever(chance), strict=False)]
    made = [_round(point, chance) for point in points]
    chains = [made[start : start + chain] for start in range(0, rounds, chain)]
    for each in chains[::2]:  # there a journal is made; in the others it is brought to a later version
        each.sort(key=lambda one: one.point != "migration")
    return chains


def run_chain(launcher: Launcher, home: Path, chain: Sequence[Round], name: str) -> list[str]:
    """What went wrong in a chain of rounds; nothing if all is well."""
    write_settings(home, countdown={"resume_seconds": 1}, window={"arm_milliseconds": 0})
    crowd = Crowd(name, chain[0].seed, CLIENTS)
    crowd.start()
    wrong: list[str] = []
    upgrades = 0
    try:
        for number, each in enumerate(chain):
            upgrades += each.point == "migration" and number > 0
            wrong += _run_round(launcher, home, each, upgrades)
            wrong += [f"after {each}: {what}" for what in check(home, crowd, is_over=False)]
        launcher.start_listening(_start(home, chain[-1], upgrades, point=""))
        crowd.dismiss()
    finally:
        crowd.abandon()
    code = launcher.stop()
    wrong += [f"at the end: exit code {code}"] if code else []
    wrong += [f"at the end: {what}" for what in check(home, crowd, is_over=True)]
    wrong += [*crowd.failures, *complaints(home)]
    if not wrong:
        shutil.rmtree(home)
    return wrong


def complaints(home: Path) -> list[str]:
    """What the app has logged beyond notices."""
    return [line for line in (home / "app.log").read_text().splitlines() if not _GOOD_LINE.match(line)]


def _run_round(launcher: Launcher, home: Path, each: Round, upgrades: int) -> list[str]:
    if each.point == "anywhere":
        launcher.start(_start(home, each, upgrades, point=""))
        time.sleep(each.delay)
        os.kill(launcher.pid, signal.SIGKILL)
    else:
        launcher.start(_start(home, each, upgrades, point=each.point))
    if launcher.wait_killed():
        return []
    launcher.kill()
    return [f"{each} was never reached"]


def _start(home: Path, each: Round, upgrades: int, *, point: str) -> Start:
    return Start(
        str(home),
        point=point,
        at_pass=each.at_pass,
        delay=each.delay,
        stalls=each.stalls,
        seed=each.seed,
        is_eager=True,
        upgrades=upgrades,
        constants=_QUICKLY,
    )


def _round(point: str, chance: random.Random) -> Round:
    at_pass = chance.randint(1, MOST_PASSES[point])
    stalls = point != "anywhere" and chance.random() < 1 / 2
    delay = chance.choice((0.0, chance.uniform(0.0, _COMMIT_SECONDS)))
    if stalls:
        delay = _STALL_SECONDS
    elif point == "anywhere":
        delay = chance.uniform(0.0, _ANYWHERE_SECONDS)
    return Round(point, at_pass, delay, stalls, chance.getrandbits(32))


def _shuffled_forever(chance: random.Random) -> Iterator[str]:
    points = list(MOST_PASSES)
    while True:
        chance.shuffle(points)
        yield from points
