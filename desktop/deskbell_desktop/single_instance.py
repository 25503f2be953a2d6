"""One desk per person: a second start shows the first one's window."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from PySide6.QtCore import QLockFile

from deskbell.endpoint import TOKEN_VARIABLE, URL_VARIABLE
from deskbell.errors import DeskbellError

_PATIENCE_SECONDS: Final = 5.0
_STEP_SECONDS: Final = 0.05


class SingleInstance:
    """Holds the lock for as long as it lives; a lock left behind by a crash is taken over."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = QLockFile(str(path))
        self._lock.setStaleLockTime(0)
        self.is_first = self._lock.tryLock(0)

    def release(self) -> None:
        """Let the next one start."""
        self._lock.unlock()


def show_the_first() -> bool:
    """Ask the running desk to show its window; it may still be starting. False if it does not answer in 5 s."""
    from deskbell.client import DeskClient  # noqa: PLC0415 - only a second start needs it

    for name in (URL_VARIABLE, TOKEN_VARIABLE):  # these may name somebody else's desk
        os.environ.pop(name, None)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            DeskClient(start_desktop=False).show()
        except DeskbellError:
            time.sleep(_STEP_SECONDS)  # the first one publishes its endpoint a moment after it takes the lock
        else:
            return True
    return False
