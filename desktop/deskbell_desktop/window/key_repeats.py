"""Keys that are held down, also where Qt does not tell."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QKeyEvent


class KeyRepeats:
    """Knows a repeated press: X11 repeats a key by a release and a press of the same instant, which Qt may not see."""

    def __init__(self) -> None:
        self._released = (0, 0)  # key and milliseconds

    def has(self, event: QKeyEvent) -> bool:
        """Whether a press is the same key still held down; to be asked for every press and release."""
        this = (event.key(), event.timestamp())
        if event.type() == QEvent.Type.KeyRelease:
            self._released = this
            return event.isAutoRepeat()
        return event.isAutoRepeat() or (this == self._released and event.timestamp() != 0)
