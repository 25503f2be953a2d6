"""Hooks as agents run them: a process with an event on its standard input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import pytest

INPUTS = Path(__file__).parent / "inputs"

Process = subprocess.Popen[bytes]


def recorded(name: str) -> dict[str, Any]:
    """An event as an agent sends it."""
    event: dict[str, Any] = json.loads((INPUTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


class Hook(Protocol):
    def __call__(self, agent: str, event: Any, *words: str, **environment: str) -> Process: ...


@pytest.fixture
def hook(home: Path, tmp_path: Path) -> Iterator[Hook]:
    """Start a hook with an event, or with bytes, and close its input; it is killed at the end of the test."""
    started: list[Process] = []

    def start(agent: str, event: Any, *words: str, **environment: str) -> Process:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "deskbell", "hook", agent, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, **environment},
        )
        started.append(process)
        assert process.stdin
        with suppress(BrokenPipeError):  # more than it reads
            process.stdin.write(event if isinstance(event, bytes) else json.dumps(event).encode())
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.stdin = None
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def outcome(process: Process, seconds: float = 20) -> tuple[int, Any]:
    """How a hook ends: its exit code and what it said, None if nothing."""
    output, errors = process.communicate(timeout=seconds)
    assert b"Traceback" not in errors, errors.decode()
    return process.returncode, json.loads(output) if output.strip() else None
