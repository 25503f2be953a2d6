"""A sentence above the question about something that has happened, until it is read."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from deskbell_desktop import icons, theme
from deskbell_desktop.theme import Theme
from deskbell_desktop.visible_text import visible

_MOST_LINES: Final = 3  # the rest can be scrolled to
_FEW_LINES: Final = 2  # in a low window
_LOW: Final = 480  # px


class Notice(QWidget):
    """Hidden while there is nothing to say. The text can be selected and copied."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        frame = QFrame(self)
        frame.setObjectName("notice")
        self._text = QLabel(frame)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setFont(theme.font(theme.SMALL))
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._scroll = QScrollArea(frame)
        self._scroll.setWidget(self._text)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._close = QPushButton(frame)
        self._close.setProperty("quiet", True)
        self._close.setFixedWidth(theme.BUTTON_HEIGHT)
        self._close.setIconSize(QSize(16, 16))
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._close.setAccessibleName(self.tr("Close this message"))
        self._close.clicked.connect(self.clear)
        row = QHBoxLayout(frame)
        row.setContentsMargins(theme.GAP, theme.GRID, theme.GRID, theme.GRID)
        row.addWidget(self._scroll, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 2 * theme.GRID, 0, theme.GRID)
        around.addWidget(frame)
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

    def showEvent(self, event: QShowEvent) -> None:
        """Watch how high the window is."""
        super().showEvent(event)
        self.window().installEventFilter(self)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit a window that has become lower or higher."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        wanted = self._text.heightForWidth(self._scroll.width())
        lines = _FEW_LINES if self.window().height() < _LOW else _MOST_LINES
        metrics = self._text.fontMetrics()
        most = lines * metrics.lineSpacing() + metrics.descent()
        self._scroll.setFixedHeight(max(0, min(wanted, most)))

    @Slot()
    def clear(self) -> None:
        """Take the notice away."""
        self.say("")

    @Slot()
    def _on_theme(self) -> None:
        self._close.setIcon(icons.tinted("x", self._theme.palette.muted, 16))
