"""Opens the settings file in the person's editor."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QThreadPool, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices

from deskbell import settings_file


class SettingsOpener(QObject):
    """Makes the file off the GUI thread if there is none, then opens it; tells in a sentence when it cannot."""

    failed = Signal(str)
    _made = Signal(str)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._made.connect(self._on_made)

    @Slot()
    def open(self) -> None:
        """Open the file."""
        QThreadPool.globalInstance().start(self._make)

    def _make(self) -> None:
        try:
            settings_file.ensure_exists(self._path)
        except Exception as error:
            self._made.emit(str(error) or type(error).__name__)
        else:
            self._made.emit("")

    @Slot(str)
    def _on_made(self, problem: str) -> None:
        if problem:
            self.failed.emit(self.tr("{path} cannot be made: {problem}").format(path=self._path, problem=problem))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path))):
            self.failed.emit(self.tr("No program here opens {path}. Open it in an editor.").format(path=self._path))
