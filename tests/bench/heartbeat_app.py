"""The desktop app with a heartbeat on its GUI thread.

``start`` on standard input forgets what was, ``tell`` prints how many ms late the latest beat was since; the end of the
input ends the app. Prints a line as soon as it listens.
"""

from __future__ import annotations

import os
import sys
import time

from PySide6.QtCore import QObject, QSocketNotifier, Qt, QTimer
from PySide6.QtWidgets import QApplication

from deskbell import folders
from deskbell.settings import read_settings
from deskbell_desktop.app import DesktopApp
from deskbell_desktop.application import make_application

BEAT_MILLISECONDS = 5


class Heartbeat(QObject):
    """Measures how late a timer fires."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._worst = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=BEAT_MILLISECONDS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        self._notifier = QSocketNotifier(0, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._obey)

    def _beat(self) -> None:
        now = time.perf_counter()
        self._worst = max(self._worst, 1000 * (now - self._last) - BEAT_MILLISECONDS)
        self._last = now

    def _obey(self) -> None:
        match os.read(0, 64).strip():
            case b"start":
                self._worst = 0.0
            case b"tell":
                print(self._worst, flush=True)  # noqa: T201 - whoever started this reads it
            case _:
                QApplication.exit()


def main() -> int:
    """Run until the input ends."""
    application = make_application(sys.argv[:1])
    desktop = DesktopApp(application, read_settings(folders.settings_path()))
    desktop.listen()
    Heartbeat(desktop)
    print("listening", flush=True)  # noqa: T201
    try:
        return application.exec()
    finally:
        desktop.close()


if __name__ == "__main__":
    sys.exit(main())
