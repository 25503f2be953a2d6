"""The app is killed wherever it hurts, and started again."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig.app import Launcher
from rig.rounds import plan, run_chain

ROUNDS = 50
CHAIN = 5


@pytest.mark.parametrize("chain", range(ROUNDS // CHAIN))
def test_nothing_is_lost_or_invented(home: Path, launcher: Launcher, seed: int, chain: int) -> None:
    """What was acknowledged is there, with one end that somebody brought about, and that is what its askers learnt."""
    rounds = plan(seed, ROUNDS, CHAIN)[chain]
    print("seed", seed, "rounds", *map(str, rounds), sep=", ")  # noqa: T201 - shown when it fails

    assert run_chain(launcher, home, rounds, f"{seed}-{chain}") == []
