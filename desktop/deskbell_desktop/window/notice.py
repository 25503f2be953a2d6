"""A sentence above the question about something that has happened, until it is read."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QWidget

from deskbell_desktop import icons, theme
from deskbell_desktop.theme import Theme
from deskbell_desktop.visible_text import visible

_MOST_HEIGHT: Final = 60  # px; three lines, the rest can be scrolled to


class Notice(QFrame):
    """Hidden while there is nothing to say. The text can be selected and copied."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self.setObjectName("notice")
        self._text = QLabel(self)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setFont(theme.font(theme.SMALL))
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(self._text)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._close = QPushButton(self)
        self._close.setProperty("quiet", True)
        self._close.setFixedWidth(theme.BUTTON_HEIGHT)
        self._close.setIconSize(QSize(16, 16))
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.setAccessibleName(self.tr("Close this message"))
        self._close.clicked.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP, theme.GRID, theme.GRID, theme.GRID)
        row.addWidget(self._scroll, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        look.changed.connect(self._on_theme)
        self._on_theme()
        self.hide()

    @property
    def text(self) -> str:
        """What is said."""
        return self._text.text()

    def say(self, sentence: str) -> None:
        """Show ``sentence``; an empty one takes the notice away."""
        self._text.setText(visible(sentence))
        self._fit()
        self.setVisible(bool(sentence))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Text wraps anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        wanted = self._text.heightForWidth(self._scroll.width())
        self._scroll.setFixedHeight(max(0, min(wanted, _MOST_HEIGHT)))

    @Slot()
    def clear(self) -> None:
        """Take the notice away."""
        self.say("")

    @Slot()
    def _on_theme(self) -> None:
        self._close.setIcon(icons.tinted("x", self._theme.palette.muted, 16))
