"""An app that can be killed, and where chance comes from."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskbell.folders import HOME_VARIABLE
from deskbell.launch import NO_START_VARIABLE
from rig.app import Launcher

SEED_VARIABLE = "DESKBELL_FAULT_SEED"
"""When this is set, the tests draw from it what they drew before."""

_SEED = int(os.environ.get(SEED_VARIABLE) or random.SystemRandom().getrandbits(24))


def pytest_report_header() -> str:
    """Say how to run the same again."""
    return f"faults: {SEED_VARIABLE}={_SEED}"


@pytest.fixture(scope="session")
def seed() -> int:
    return _SEED


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """Starts the app, one at a time."""
    with Launcher() as one:
        yield one


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, launcher: Launcher) -> Iterator[Path]:
    """The folder of a desk; clients of this process find that desk, and its app ends with the test."""
    folder = tmp_path / "home"
    monkeypatch.setenv(HOME_VARIABLE, str(folder))
    monkeypatch.setenv(NO_START_VARIABLE, "1")
    for name in ("DESKBELL_URL", "DESKBELL_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    yield folder
    launcher.kill()
