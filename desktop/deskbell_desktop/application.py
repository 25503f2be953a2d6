"""The QApplication with the name, the icon and the style of Deskbell."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QApplication

from deskbell import __version__
from deskbell_desktop import icons


def make_application(arguments: Sequence[str]) -> QApplication:
    """The QApplication with the app's name, icon and style."""
    application = QApplication(list(arguments))
    application.setApplicationName("deskbell")
    application.setApplicationDisplayName("Deskbell")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("deskbell")
    application.setStyle("Fusion")
    application.setWindowIcon(icons.application_icon())
    application.setQuitOnLastWindowClosed(False)
    return application
