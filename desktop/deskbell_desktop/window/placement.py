"""Where the window was, kept over restarts and on a screen that exists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from PySide6.QtCore import QPoint, QRect, QSize, QThreadPool
from PySide6.QtGui import QGuiApplication

DEFAULT_SIZE: Final = QSize(560, 680)
MINIMUM_SIZE: Final = QSize(400, 360)
_FARTHEST: Final = 1_000_000  # px; beyond any desktop and within what Qt can hold


def clamped(wanted: QRect, screens: list[QRect]) -> QRect:
    """``wanted`` moved and shrunk so that all of it lies on the screen that holds most of it, or on the first."""

    def overlap(screen: QRect) -> int:
        common = screen.intersected(wanted)
        return common.width() * common.height()

    screen = max(screens, key=overlap)
    size = wanted.size().boundedTo(screen.size())
    left = max(screen.left(), min(wanted.left(), screen.left() + screen.width() - size.width()))
    top = max(screen.top(), min(wanted.top(), screen.top() + screen.height() - size.height()))
    return QRect(QPoint(left, top), size)


def default_place(screen: QRect) -> QRect:
    """The middle of a screen, a little above."""
    size = DEFAULT_SIZE.boundedTo(screen.size())
    left = screen.left() + (screen.width() - size.width()) // 2
    top = screen.top() + (screen.height() - size.height()) // 3
    return QRect(QPoint(left, top), size)


class Placement:
    """Remembers the window's rectangle in a file. Reads once at start; writes off the GUI thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved = self._read()

    def place(self) -> QRect:
        """Where the window goes now, wholly on a screen that is there."""
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        return clamped(self._saved or default_place(screens[0]), screens)

    def remember(self, place: QRect) -> None:
        """Keep ``place`` for the next time."""
        if place != self._saved:
            self._saved = QRect(place)
            text = json.dumps([place.x(), place.y(), place.width(), place.height()])
            QThreadPool.globalInstance().start(lambda: self._write(text))

    def _read(self) -> QRect | None:
        try:
            left, top, width, height = (int(number) for number in json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, OverflowError, RecursionError):
            return None
        if max(abs(left), abs(top), width, height) > _FARTHEST or min(width, height) < 1:
            return None
        return QRect(left, top, width, height)

    def _write(self, text: str) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(text, encoding="utf-8")
        except OSError:
            return  # a window that opens in its default place is no harm
