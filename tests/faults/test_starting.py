"""Starts that meet another desk, another program, or what a crash has left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deskbell.client import DeskClient
from deskbell.endpoint import find_endpoint
from rig.app import Launcher, Start
from rig.settings import free_port, write_settings
from stage.waiting import until

START_SECONDS = 15.0


@pytest.fixture
def ended(tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that a test starts; whatever it does not end is ended."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def _spawn(home: Path, *words: str) -> subprocess.Popen[bytes]:
    with (home / "spawned.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "deskbell_desktop", *words], env={**os.environ}, stdout=log, stderr=log
        )


def test_a_port_that_is_taken(home: Path, launcher: Launcher) -> None:
    """The app takes the next one, and clients find it there."""
    port = free_port()
    write_settings(home, listener={"port": port})
    with socket.create_server(("127.0.0.1", port)):
        launcher.start_listening(Start(str(home)))
        assert urlsplit(find_endpoint().url).port != port
        assert DeskClient(start_desktop=False).ask("Why?").is_open


def _dead_process() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.mark.parametrize("whose", [_dead_process, os.getpid, lambda: 1], ids=["dead", "somebody else's", "init's"])
def test_an_endpoint_file_that_is_stale(home: Path, launcher: Launcher, whose: object) -> None:
    """Whoever has that process id now, the next start replaces the file and clients find the new desk."""
    write_settings(home)
    launcher.start_listening(Start(str(home)))
    task = DeskClient(start_desktop=False).ask("Why?")
    launcher.kill()
    path = home / "data" / "endpoint.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"pid": whose()}))  # type: ignore[operator]

    launcher.start_listening(Start(str(home)))
    assert find_endpoint().pid == launcher.pid
    assert DeskClient(start_desktop=False).get(task.task_id).is_open


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": 5}', "\0" * 100])
def test_an_endpoint_file_that_makes_no_sense(home: Path, launcher: Launcher, content: str) -> None:
    """It is replaced."""
    write_settings(home)
    launcher.start_listening(Start(str(home)))
    launcher.kill()
    (home / "data" / "endpoint.json").write_text(content)

    launcher.start_listening(Start(str(home)))
    assert DeskClient(start_desktop=False).ask("Why?").is_open


def test_starts_at_the_same_moment(home: Path, ended: list[subprocess.Popen[bytes]]) -> None:
    """One becomes the desk, the others hand over to it and end well."""
    write_settings(home)
    ended += [_spawn(home, *words) for words in ((), ("--hidden",), ())]
    until(lambda: [process.poll() for process in ended].count(0) == 2, "two to hand over", START_SECONDS)
    (desk,) = (process for process in ended if process.poll() is None)

    until(lambda: find_endpoint().pid == desk.pid, "the endpoint", START_SECONDS)
    assert DeskClient(start_desktop=False).ask("Why?").is_open
    desk.send_signal(signal.SIGTERM)
    assert desk.wait(START_SECONDS) == 0


def test_a_start_while_the_first_one_dies(home: Path, launcher: Launcher, ended: list[subprocess.Popen[bytes]]) -> None:
    """A lock that a killed app has left keeps nobody out."""
    write_settings(home)
    launcher.start_listening(Start(str(home)))
    task = DeskClient(start_desktop=False).ask("Why?")
    launcher.kill()
    ended += [_spawn(home, "--hidden") for _ in range(2)]
    until(lambda: [process.poll() for process in ended].count(0) == 1, "one to hand over", START_SECONDS)
    (desk,) = (process for process in ended if process.poll() is None)

    until(lambda: find_endpoint().pid == desk.pid, "the endpoint", START_SECONDS)
    assert DeskClient(start_desktop=False).get(task.task_id).is_open


def test_a_port_that_everybody_wants(home: Path, launcher: Launcher) -> None:
    """With all ports after it taken as well, any free one does."""
    port = free_port()
    write_settings(home, listener={"port": min(port, 65_000)})
    with ExitStack() as stack:
        for number in range(min(port, 65_000), min(port, 65_000) + 51):
            holder = stack.enter_context(socket.socket())
            try:
                holder.bind(("127.0.0.1", number))
                holder.listen()
            except OSError:
                continue  # somebody else has it: as good
        launcher.start_listening(Start(str(home)))
        assert DeskClient(start_desktop=False).ask("Why?").is_open
