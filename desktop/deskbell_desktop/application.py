"""The QApplication with the name, the icon and the style of Deskbell."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QApplication

from deskbell import __version__
from deskbell_desktop import icons


class Application(QApplication):
    """Tells when somebody quits the app, such as the application menu of macOS, before the windows are asked."""

    quitRequested = Signal()

    def event(self, event: QEvent) -> bool:
        """Notice events of the application itself."""
        if event.type() == QEvent.Type.Quit:
            self.quitRequested.emit()
        return super().event(event)


def make_application(arguments: Sequence[str]) -> Application:
    """The application with its name, icon and style."""
    application = Application(list(arguments))
    application.setApplicationName("deskbell")
    application.setApplicationDisplayName("Deskbell")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("deskbell")
    application.setStyle("Fusion")
    application.setWindowIcon(icons.application_icon())
    application.setQuitOnLastWindowClosed(False)
    return application
