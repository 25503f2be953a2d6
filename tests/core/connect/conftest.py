"""A machine of its own for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskbell.connect.agents import Place
from deskbell.connect.launcher import Launcher
from deskbell.connect.machine import Machine
from deskbell.connect.record import Record


@pytest.fixture
def person(tmp_path: Path) -> Path:
    """The home folder of a person, empty."""
    folder = tmp_path / "person"
    folder.mkdir()
    return folder


@pytest.fixture
def machine(person: Path) -> Machine:
    return Machine("linux", person, {"PATH": str(person / "bin")})


@pytest.fixture
def place(machine: Machine) -> Place:
    return Place(machine, Launcher(("/home/me/my apps/deskbell",)))


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "state" / "connected.json")
