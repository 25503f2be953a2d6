"""Starts the desktop app again and again, each time as a process of its own that begins with everything imported.

Each line on the standard input is a Start; while the app it asked for runs, lines are commands for its hands. Says what
happens in lines of JSON on the standard output.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import deskbell.http.app
import deskbell.http.sleeping_server  # noqa: F401 - imported before the fork, so that no start has to
from deskbell.folders import HOME_VARIABLE
from deskbell.journal import Journal
from deskbell_desktop import app
from rig import crash
from rig.app import Start
from rig.disk import FewPages, SmallDisk, namespace
from rig.hands import Hands
from rig.verdict import JOURNAL


def main() -> None:
    """Obey until the input ends."""
    while line := _read_line():
        start = Start(**json.loads(line))
        pid = os.fork()
        if pid == 0:
            os._exit(_run(start))
        say(started=pid)
        _, status = os.waitpid(pid, 0)
        say(ended=os.waitstatus_to_exitcode(status))


def say(**fact: Any) -> None:
    """Tell whoever started this."""
    os.write(1, json.dumps(fact).encode() + b"\n")


def _run(start: Start) -> int:
    os.environ[HOME_VARIABLE] = start.home
    with Path(start.home, "app.log").open("ab") as log:
        os.dup2(log.fileno(), 2)
    for place, value in start.constants.items():
        module, name = place.split(":")
        setattr(importlib.import_module(module), name, value)
    assert Journal.__init__.__kwdefaults__ is not None
    Journal.__init__.__kwdefaults__["lock_seconds"] = start.lock_seconds
    crash.upgrade(start.upgrades)
    disk = _disk(Path(start.home, JOURNAL).parent, start.disk_bytes) if start.disk_bytes else None
    if disk:
        (disk.protect if start.is_read_only else disk.unprotect)()
    if start.point:
        crash.plant(crash.Crash(start.point, start.at_pass, start.delay, stalls=start.stalls))
    _give_hands(start, disk)
    return app.main([] if start.is_shown else ["--hidden"])


def _disk(folder: Path, size: int) -> SmallDisk | FewPages:
    return SmallDisk(folder, size) if namespace() else FewPages()


def _give_hands(start: Start, disk: SmallDisk | FewPages | None) -> None:
    original = app.DesktopApp.start

    def with_hands(desktop: app.DesktopApp) -> None:
        Hands(desktop, Path(start.home, "clicks"), start.seed, say, disk, is_eager=start.is_eager)
        desktop.listening.connect(_on_listening)
        original(desktop)

    app.DesktopApp.start = with_hands  # type: ignore[method-assign]


def _on_listening() -> None:
    say(listening=True)


def _read_line() -> bytes:
    """A line, and nothing of what follows: that may be for the app."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            break
        line += piece
    return line


if __name__ == "__main__":
    main()
