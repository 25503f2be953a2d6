"""The desktop app without a screen, as a process that can be killed and started again."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from rig.disk import namespace

PATIENCE = 20.0

_KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Start:
    """How the app is started, and where it is to die.

    ``constants`` are numbers such as ``"deskbell.journal.writer:IDLE_SECONDS"`` that it has otherwise; its journal's
    format is ``upgrades`` versions later. With ``disk_bytes`` the journal has a disk of its own, of that size, which
    takes nothing while it ``is_read_only``; it waits ``lock_seconds`` for another program's lock.
    """

    home: str
    point: str = ""
    at_pass: int = 1
    delay: float = 0.0
    stalls: bool = False
    seed: int = 0
    is_eager: bool = False
    is_shown: bool = False
    upgrades: int = 0
    disk_bytes: int = 0
    is_read_only: bool = False
    lock_seconds: float = 30.0
    constants: dict[str, float] = field(default_factory=dict)


class Launcher:
    """Runs one app at a time."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("launcher.py")
        self._process = subprocess.Popen(
            [*(namespace() or ()), sys.executable, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "DESKBELL_NO_START": "1"},
        )
        self._rest = b""
        self._exit_code: int | None = 0
        self.pid = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()

    def start(self, start: Start) -> None:
        """Start the app; returns as soon as it is a process."""
        assert self._exit_code is not None, "one at a time"
        Path(start.home).mkdir(parents=True, exist_ok=True)
        self._exit_code = None
        self._write(asdict(start))
        self.pid = self._await("started")["started"]

    def start_listening(self, start: Start) -> None:
        """Start the app; returns when it listens."""
        self.start(start)
        self._await("listening")

    def do(self, *command: str) -> dict[str, Any]:
        """Let the hands do something, and say what came of it."""
        self._write(command)
        done = self._await("done")
        assert "failed" not in done, done
        return done

    def seen_by_app(self, path: Path) -> Path:
        """Where a file of the app's own disk can be read."""
        return Path(f"/proc/{self.pid}/root{path}")

    def kill(self) -> None:
        """End the app as nobody should. Does nothing if it has ended."""
        if self._exit_code is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()

    def stop(self) -> int:
        """End the app politely; its exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self.wait()

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait until the app has ended; its exit code, negative for a signal."""
        if self._exit_code is None:
            self._await("ended", seconds)
        assert self._exit_code is not None
        return self._exit_code

    def wait_killed(self, seconds: float = PATIENCE) -> bool:
        """Whether the app dies of SIGKILL within ``seconds``."""
        try:
            return self.wait(seconds) == _KILLED
        except TimeoutError:
            return False

    def _write(self, message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def _await(self, what: str, seconds: float = PATIENCE) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while True:
            fact: dict[str, Any] = json.loads(self._read_line(deadline, what))
            if "ended" in fact:
                self._exit_code = fact["ended"]
            if what in fact:
                return fact
            assert "ended" not in fact, f"the app ended with {self._exit_code}, and never: {what}"

    def _read_line(self, deadline: float, what: str) -> bytes:
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        while b"\n" not in self._rest:
            ready, _, _ = select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError(f"waited in vain: {what}")
            piece = os.read(handle, 65_536)
            assert piece, "the launcher has ended"
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line
