"""What the window shows when nobody asks."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deskbell_desktop import icons, theme
from deskbell_desktop.theme import Theme

COMMAND: Final = 'deskbell ask "Ship it?" -o Yes -o No'
_BELL: Final = 72
_COPIED_MILLISECONDS: Final = 1500


class EmptyView(QWidget):
    """The bell, one sentence, and the command that rings it."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._bell = QLabel(self)
        self._bell.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._sentence = QLabel(self.tr("Nobody is asking."), self)
        self._sentence.setFont(theme.font(theme.HEADING, QFont.Weight.DemiBold))
        self._hint = QLabel(self.tr("An agent rings with this command, or you do to try:"), self)
        self._hint.setFont(theme.font(theme.SMALL))
        self._hint.setProperty("muted", True)
        self._hint.setWordWrap(True)
        for label in (self._sentence, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._copy = QPushButton(self)
        self._copy.setProperty("quiet", True)
        self._copy.setIconSize(QSize(16, 16))
        self._copy.setFixedWidth(theme.BUTTON_HEIGHT)
        self._copy.setToolTip(self.tr("Copy the command"))
        self._copy.setAccessibleName(self.tr("Copy the command"))
        self._copy.clicked.connect(self._on_copy)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.timeout.connect(self._on_theme)
        self._lay_out()
        look.changed.connect(self._on_theme)
        self._on_theme()

    def _lay_out(self) -> None:
        command = QLabel(COMMAND, self)
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setPixelSize(theme.SMALL)
        command.setFont(mono)
        command.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        frame = QFrame(self)
        frame.setObjectName("composer")
        row = QHBoxLayout(frame)
        row.setContentsMargins(theme.GAP, theme.GRID, theme.GRID, theme.GRID)
        row.addWidget(command)
        row.addWidget(self._copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.WIDE_PADDING, theme.WIDE_PADDING, theme.WIDE_PADDING, theme.WIDE_PADDING)
        column.setSpacing(theme.GAP)
        column.addStretch(2)
        column.addWidget(self._bell)
        column.addWidget(self._sentence)
        column.addWidget(self._hint)
        column.addWidget(frame, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(COMMAND)
        self._copy.setIcon(icons.tinted("check", self._theme.palette.accent, 16))
        self._copied.start(_COPIED_MILLISECONDS)

    @Slot()
    def _on_theme(self) -> None:
        self._bell.setPixmap(icons.pixmap("bell", self._theme.palette.accent, _BELL, self.devicePixelRatioF()))
        self._copy.setIcon(icons.tinted("copy", self._theme.palette.muted, 16))
