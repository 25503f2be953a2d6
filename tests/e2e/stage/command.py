"""The ``deskbell`` command as agents run it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

PATIENCE_SECONDS = 20.0


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    output: str
    complaint: str


class Command:
    """A ``deskbell`` command under way."""

    def __init__(self, environment: Mapping[str, str], *words: str, stdin: str = "") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "deskbell", *words],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin
        with self._process.stdin:
            self._process.stdin.write(stdin)
        self._process.stdin = None

    def outcome(self, seconds: float = PATIENCE_SECONDS) -> Outcome:
        """How it ends."""
        output, complaint = self._process.communicate(timeout=seconds)
        return Outcome(self._process.returncode, output.strip(), complaint.strip())

    def is_waiting(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End it however it is. Does nothing once it has ended."""
        if self.is_waiting():
            self._process.kill()
        self._process.communicate()
