"""The wheel that is built from the source archive, installed into clean environments."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.packaging.conftest import Install

ROOTS = {"core": "deskbell", "desktop": "deskbell_desktop", "resources": "deskbell_resources"}

HEADLESS = """
import os, sys
from deskbell import endpoint
from deskbell.desk import Desk
from deskbell.events import EventKind
from deskbell.http.server import Listener
from deskbell.task import Answer

def answer(event):
    if event.kind is EventKind.ADDED:
        desk.answer(event.task.task_id, Answer(options=("Yes",)))

desk = Desk()
desk.subscribe(answer)
token = endpoint.load_or_create_token()
listener = Listener(desk, token)
listener.start()
endpoint.publish(endpoint.Endpoint(listener.url, token, os.getpid()))
print("listening", flush=True)
sys.stdin.read()
endpoint.withdraw(os.getpid())
listener.stop()
desk.close()
"""


@pytest.fixture(scope="module")
def built(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    subprocess.run([sys.executable, "-m", "build", "--outdir", folder, source], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def agents_side(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _clean_environment(tmp_path_factory.mktemp("agent"), f"{wheel}")


@pytest.fixture(scope="module")
def with_desktop(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _clean_environment(tmp_path_factory.mktemp("desktop"), f"{wheel}[desktop]")


def test_it_holds_all_three_packages_and_their_data(wheel: Path, source: Path) -> None:
    """Every file of the three packages is in the wheel, and nothing else but its metadata."""
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    expected = {place for root, package in ROOTS.items() for place in _files(source / root, package)}
    assert held == expected


def test_the_source_archive_can_be_built_and_tested(built: Path) -> None:
    """Whoever gets the source archive has the tests and the recipes too."""
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}

    expected = {"Makefile", "LICENSE", "tests/packaging/test_wheel.py", "packaging/pyinstaller/deskbell.spec"}
    assert expected - names == set()


@pytest.mark.parametrize("command", [("deskbell", "--version"), ("deskbell", "--help"), ("deskbell", "ask", "--help")])
def test_the_agents_side_starts_without_the_desktop(
    agents_side: Path, install: Install, command: tuple[str, ...]
) -> None:
    """The command works where only the agent's side is installed."""
    assert install(agents_side).run(*command)


def test_the_agents_side_has_no_qt(agents_side: Path) -> None:
    """Without the extra, no Qt is installed."""
    look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('PySide6') is not None)"

    assert subprocess.run([agents_side / "python", "-c", look], check=False).returncode == 0


def test_the_agents_side_listens_without_a_display(agents_side: Path, install: Install) -> None:
    """A desk and a listener made in Python, without Qt, are rung by the command."""
    installed = install(agents_side)
    installed.environment.pop("DISPLAY")
    with subprocess.Popen(
        [agents_side / "python", "-c", HEADLESS],
        env=installed.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as desk:
        assert desk.stdout
        assert desk.stdout.readline() == "listening\n"

        output = installed.run("deskbell", "ask", "Ship it?", "-o", "Yes", "-o", "No", "--json")

        desk.communicate(timeout=20)
    assert _chosen(output) == ["Yes"]
    assert desk.returncode == 0


def test_the_desktop_extra_brings_the_window(with_desktop: Path, install: Install) -> None:
    """With the extra the app starts on a display and answers."""
    installed = install(with_desktop)
    with installed.desktop():
        asking = installed.start("deskbell", "ask", "Ship it?", "-o", "Yes", "--json")
        installed.run("deskbell", "answer", installed.first_task()["task_id"], "-o", "Yes")
        output, _ = asking.communicate(timeout=30)

    assert _chosen(output) == ["Yes"]


def _clean_environment(folder: Path, requirement: str) -> Path:
    """The programs of a new environment with nothing but ``requirement`` in it."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    programs = folder / "bin"
    subprocess.run(
        [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement],
        check=True,
        capture_output=True,
    )
    return programs


def _files(root: Path, package: str) -> set[str]:
    found = (path for path in (root / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(root).as_posix() for path in found}


def _chosen(output: str) -> list[str]:
    found = json.loads(output)
    return list(found.get("answer", found)["options"])
