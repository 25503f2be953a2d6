"""The bell in the tray: how many wait, and a menu."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from deskbell_desktop import icons
from deskbell_desktop.theme import Palette, Theme


class Tray(QObject):
    """The tray icon and its menu; the window's menu is the same one. Does nothing by itself but tell."""

    showRequested = Signal()
    pauseToggled = Signal()
    settingsRequested = Signal()
    quitRequested = Signal()

    def __init__(self, look: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._waiting = 0
        self.menu = QMenu()
        self._add(self.tr("Show"), self.showRequested)
        self._pause = self._add(self.tr("Pause countdowns"), self.pauseToggled)
        self._pause.setCheckable(True)
        self._add(self.tr("Settings file"), self.settingsRequested)
        self.menu.addSeparator()
        self._add(self.tr("Quit"), self.quitRequested)
        self.icon = QSystemTrayIcon(self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._on_activated)
        look.changed.connect(self._draw)
        self._draw()

    def show_state(self, waiting: int, *, is_paused: bool) -> None:
        """Show how many questions wait and whether the countdowns stand still."""
        self._pause.setChecked(is_paused)
        if waiting != self._waiting:
            self._waiting = waiting
            self._draw()

    def _add(self, text: str, signal: object) -> QAction:
        action = self.menu.addAction(text)
        action.triggered.connect(signal)
        return action

    @Slot()
    def _draw(self) -> None:
        colours = self._theme.palette
        panel = Palette.named("dark" if _panel_is_dark() else "light")
        self.icon.setIcon(icons.tray_icon(panel.text, colours.on_accent, self._waiting, colours.accent))
        self.icon.setToolTip(self._hint())

    def _hint(self) -> str:
        if not self._waiting:
            return "Deskbell"
        return self.tr("Deskbell: %n question(s) waiting", "", self._waiting)

    @Slot(QSystemTrayIcon.ActivationReason)
    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in {QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick}:
            self.showRequested.emit()


def _panel_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
