"""A press counts only for the question on which it began."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton

from deskbell_desktop.window.key_repeats import KeyRepeats

_PRESSES: Final = frozenset(
    {QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick, QEvent.Type.TouchBegin, QEvent.Type.KeyPress}
)
_KEYS: Final = frozenset({Qt.Key.Key_Space, Qt.Key.Key_Select, Qt.Key.Key_Return, Qt.Key.Key_Enter})
_AFTERWARDS: Final = frozenset({QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease, QEvent.Type.KeyRelease})


class PressGuard(QObject):
    """Keeps presses from a button while it is ``shut``, and what follows a press that it kept or was told to forget.

    Qt's own ``setDown(False)`` is not enough: the next movement of the mouse takes the press up again.
    """

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self._button = button
        self._is_pressed = False
        self._repeats = KeyRepeats()
        self.is_shut = False
        button.installEventFilter(self)

    def forget(self) -> None:
        """Let go of a press under way without a click."""
        self._is_pressed = False
        self._button.setDown(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Swallow what must not reach the button."""
        if isinstance(event, QKeyEvent):
            if event.key() not in _KEYS:
                return super().eventFilter(watched, event)
            if self._repeats.has(event):
                return True
        if event.type() in _PRESSES:
            self._is_pressed = not self.is_shut
            return self.is_shut
        if event.type() in _AFTERWARDS and not self._is_pressed:
            return True
        return super().eventFilter(watched, event)
