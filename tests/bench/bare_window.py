"""A Qt window that shows itself for an ``s`` on standard input and hides for an ``h``: the least a toolkit can do."""

from __future__ import annotations

import os
import sys

from PySide6.QtCore import QSocketNotifier, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget


class BareWindow(QWidget):
    """Draws one white rectangle."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.fillRect(16, 100, self.width() - 32, 100, Qt.GlobalColor.white)
        painter.end()

    def obey(self) -> None:
        """Do what the next byte says; end at the end of the input."""
        match os.read(0, 1):
            case b"s":
                self.show()
            case b"h":
                self.hide()
            case _:
                QApplication.exit()


def main() -> int:
    """Run until the input ends."""
    application = QApplication(["bare", "-name", "deskbell"])
    application.setApplicationName("deskbell")
    application.setQuitOnLastWindowClosed(False)
    window = BareWindow()
    window.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    window.resize(560, 680)
    notifier = QSocketNotifier(0, QSocketNotifier.Type.Read)
    notifier.activated.connect(window.obey)
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
