"""Applies the settings file when it changes on disk."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from PySide6.QtCore import QFileSystemWatcher, QObject, QThreadPool, QTimer, Signal, Slot

from deskbell.settings import Loaded, read_settings

_SETTLE_MILLISECONDS: Final = 100  # editors write a file in several steps


class SettingsWatch(QObject):
    """Reads the file off the GUI thread and tells what it says, each time that has changed."""

    loaded = Signal(object)  # Loaded
    _read = Signal(object)

    def __init__(self, path: Path, current: Loaded, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        with contextlib.suppress(OSError):  # without the folder there is nothing to watch and nothing to read
            path.parent.mkdir(parents=True, exist_ok=True)
        self._current = current
        self._watcher = QFileSystemWatcher(self)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._start_reading)
        self._watcher.fileChanged.connect(self._on_changed)
        self._watcher.directoryChanged.connect(self._on_changed)
        self._read.connect(self._on_read)
        self._watch()

    def _watch(self) -> None:
        # The folder as well: editors replace the file, and a watch on the old one would see nothing any more.
        paths = [str(path) for path in (self._path.parent, self._path) if path.exists()]
        missing = set(paths).difference(self._watcher.files(), self._watcher.directories())
        if missing:
            self._watcher.addPaths(sorted(missing))

    @Slot()
    def _on_changed(self) -> None:
        self._settle.start()

    @Slot()
    def _start_reading(self) -> None:
        self._watch()
        QThreadPool.globalInstance().start(self._read_file)

    def _read_file(self) -> None:
        self._read.emit(read_settings(self._path, self._current.settings))

    @Slot(object)
    def _on_read(self, loaded: Loaded) -> None:
        if loaded != self._current:
            self._current = loaded
            self.loaded.emit(loaded)
