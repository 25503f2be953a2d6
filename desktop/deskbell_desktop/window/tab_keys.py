"""Ctrl+Tab, Ctrl+Shift+Tab and Ctrl+1…9 for the tabs of a window."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QTabBar, QWidget

LAST_DIGIT: Final = 9


class TabKeys(QObject):
    """Tells which tab the keys ask for; switches nothing by itself."""

    tabRequested = Signal(int)

    def __init__(self, tabs: QTabBar, window: QWidget) -> None:
        super().__init__(window)
        self._tabs = tabs
        for digit in range(1, LAST_DIGIT + 1):
            self._add(window, f"Ctrl+{digit}", "index", digit - 1)
        self._add(window, "Ctrl+Tab", "step", 1)
        self._add(window, "Ctrl+Shift+Tab", "step", -1)

    def _add(self, window: QWidget, keys: str, name: str, value: int) -> None:
        shortcut = QShortcut(QKeySequence(keys), window)
        shortcut.setProperty(name, value)
        shortcut.activated.connect(self._on_activated)

    @Slot()
    def _on_activated(self) -> None:
        count, index = self._tabs.count(), self.sender().property("index")
        if index is None and count:
            index = (self._tabs.currentIndex() + self.sender().property("step")) % count
        if index is not None and index < count:
            self.tabRequested.emit(index)
