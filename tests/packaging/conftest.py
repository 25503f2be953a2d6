"""A virtual desk for packages: a display of its own, and installed programs that know nothing of the source tree."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

ROOT = Path(__file__).resolve().parents[2]
FROZEN = ROOT / "dist" / "deskbell"
START_SECONDS = 30.0

Found = TypeVar("Found")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is about packages."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.packaging)


def until(look: Callable[[], Found | None], what: str, seconds: float = START_SECONDS) -> Found:
    """Wait for ``look`` to find something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"Waited {seconds:g} s in vain for {what}.")


@dataclass(frozen=True)
class Installation:
    """Deskbell as somebody installed it: a folder of programs, and the environment they run in."""

    programs: Path
    environment: dict[str, str]

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a program of this installation; its output can be read."""
        return subprocess.Popen(
            [self.programs / command[0], *command[1:]],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def talk(self, *command: str) -> Iterator[Callable[..., Callable[[], Any]]]:
        """Speak JSON-RPC with a program: call what it gives with a request, and what that gives for the response."""
        process = subprocess.Popen(
            [self.programs / command[0], *command[1:]],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        requests, responses = process.stdin, process.stdout

        def say(number: int, method: str, parameters: dict[str, Any]) -> Callable[[], Any]:
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
            requests.write(json.dumps(message) + "\n")
            requests.flush()
            return lambda: json.loads(responses.readline())

        yield say
        requests.close()
        responses.close()
        assert process.wait(20) == 0

    def run(self, *command: str, check: bool = True) -> str:
        """What a program of this installation prints."""
        process = self.start(*command)
        output, complaints = process.communicate(timeout=60)
        assert not check or process.returncode == 0, f"{command} exited {process.returncode}:\n{output}\n{complaints}"
        return output

    def tasks(self) -> list[dict[str, Any]]:
        """The tasks on this desk; none while it does not answer."""
        listed = self.run("deskbell", "list", "--json", check=False)
        if not listed.strip():
            return []
        found = json.loads(listed)
        return list(found["tasks"] if isinstance(found, dict) else found)

    def first_task(self) -> dict[str, Any]:
        """The task that has been asked, as soon as the desk has it."""
        return until(self.tasks, "a task on the desk")[0]

    def answers(self) -> bool:
        """Whether the desk is there."""
        process = self.start("deskbell", "status")
        process.communicate(timeout=60)
        return process.returncode == 0

    @contextmanager
    def desktop(self) -> Iterator[subprocess.Popen[str]]:
        """The desktop app, running and listening; it is stopped in the end and must take it well."""
        process = self.start("deskbell-desktop")
        try:
            until(lambda: process.poll() is not None or self.answers(), "the desktop app to listen")
            assert process.poll() is None, f"The desktop app has ended:\n{process.communicate()}"
            yield process
        finally:
            process.terminate()
            _, complaints = process.communicate(timeout=20)
        assert process.returncode == 0, complaints


Install = Callable[[Path], Installation]


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A virtual display with a window manager."""
    readable, writable = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writable), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[writable],
        stderr=subprocess.DEVNULL,
    )
    os.close(writable)
    with os.fdopen(readable) as numbers:
        name = f":{numbers.readline().strip()}"
    manager = subprocess.Popen(["openbox"], env=os.environ | {"DISPLAY": name}, stderr=subprocess.DEVNULL)
    yield name
    for process in (manager, server):
        process.terminate()
        process.wait()


@pytest.fixture
def install(display: str) -> Iterator[Install]:
    """Makes an Installation of a folder of programs, with a home of its own and nothing else in its environment."""
    home = Path(tempfile.mkdtemp(prefix="deskbell-"))  # short: socket names have a limit
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    environment = kept | {
        "PATH": "/usr/bin:/bin",
        "DISPLAY": display,
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "DESKBELL_HOME": str(home / "desk"),
    }
    yield lambda programs: Installation(programs, environment)
    _stop_desk(home / "desk" / "data" / "endpoint.json")
    shutil.rmtree(home, ignore_errors=True)


def _stop_desk(endpoint: Path) -> None:
    """Stop the desk that a command started by itself."""
    try:
        os.kill(json.loads(endpoint.read_text())["pid"], signal.SIGTERM)
    except (FileNotFoundError, ProcessLookupError):  # there was none, or it has ended by itself
        return
    until(lambda: not endpoint.exists(), "the desk to stop")


@pytest.fixture(scope="session")
def frozen() -> Path:
    """The folder of the frozen app."""
    if not (FROZEN / "deskbell-desktop").exists():
        pytest.fail("There is no frozen app in dist/deskbell. Run: make package")
    return FROZEN


@pytest.fixture(scope="session")
def debian_package() -> Path:
    """The .deb of this version."""
    packages = sorted((ROOT / "dist").glob("deskbell_*.deb"), key=lambda path: path.stat().st_mtime)
    if not packages:
        pytest.fail("There is no Debian package in dist. Run: make package")
    return packages[-1]


@pytest.fixture(scope="session")
def source() -> Path:
    """The source tree."""
    return ROOT
