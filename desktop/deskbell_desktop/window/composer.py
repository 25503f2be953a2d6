"""Where a person writes: grows with the text, sends with Ctrl+Enter or the button."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QFontMetrics, QFontMetricsF, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from deskbell_desktop import icons, theme
from deskbell_desktop.theme import Theme
from deskbell_desktop.window.key_repeats import KeyRepeats
from deskbell_desktop.window.press_guard import PressGuard

_MAX_LINES: Final = 8


class GrowingEdit(QPlainTextEdit):
    """A plain text field of one to eight lines. Enter starts a line; Ctrl+Enter asks to send."""

    sendRequested = Signal()
    focusChanged = Signal(bool)
    heightChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most_lines = _MAX_LINES
        self._repeats = KeyRepeats()
        self.setFont(theme.font(theme.BODY))
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def set_most_lines(self, lines: int) -> None:
        """Scroll above ``lines``, which is at most eight."""
        lines = max(1, min(lines, _MAX_LINES))
        if lines != self._most_lines:
            self._most_lines = lines
            self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Send on Ctrl+Enter, but not when the key was held down from elsewhere."""
        is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if is_enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if not self._repeats.has(event):
                self.sendRequested.emit()
            return
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Remember it, to know a key that is held down."""
        self._repeats.has(event)
        super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell the frame around."""
        super().focusInEvent(event)
        self.focusChanged.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell the frame around."""
        super().focusOutEvent(event)
        self.focusChanged.emit(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Text wraps anew, so the height may change."""
        super().resizeEvent(event)
        self._fit()

    @property
    def least_height(self) -> int:
        """The height in px of one line."""
        return self._height_of(1)

    def _height_of(self, lines: int) -> int:
        return math.ceil(lines * QFontMetricsF(self.font()).lineSpacing()) + 2 * self.frameWidth() + 2

    @Slot()
    def _fit(self) -> None:
        wanted = max(1, round(self.document().size().height()))
        fits = wanted <= self._most_lines
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if fits else Qt.ScrollBarPolicy.ScrollBarAlwaysOn
        self.setVerticalScrollBarPolicy(policy)
        height = self._height_of(min(wanted, self._most_lines))
        if height != self.height():
            self.setFixedHeight(height)
            self.heightChanged.emit()


class Composer(QFrame):
    """The text field and the Send button in one frame."""

    edited = Signal()
    sendRequested = Signal()
    heightChanged = Signal()

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self.setObjectName("composer")
        self.edit = GrowingEdit(self)
        self.edit.setAccessibleName(self.tr("Your answer"))
        self.send = QPushButton(self.tr("Send"), self)
        self.send.setObjectName("send")
        self.send.setProperty("primary", True)
        self._guard = PressGuard(self.send)
        self.send.setIconSize(QSize(16, 16))
        shortcut = QKeySequence("Ctrl+Return").toString(QKeySequence.SequenceFormat.NativeText)
        self.send.setToolTip(self.tr("Send ({keys})").format(keys=shortcut))
        self._lay_out()
        self.edit.textChanged.connect(self.edited)
        self.edit.sendRequested.connect(self.sendRequested)
        self.edit.focusChanged.connect(self._on_focus)
        self.edit.heightChanged.connect(self._on_height)
        self.send.clicked.connect(self.sendRequested)
        look.changed.connect(self._on_theme)
        self._on_theme()

    @property
    def text(self) -> str:
        """What is written."""
        return self.edit.toPlainText()

    def show_draft(self, text: str, placeholder: str, *, allows_text: bool) -> None:
        """Start with ``text``, without telling that it was edited."""
        self._guard.forget()
        self.edit.blockSignals(True)
        self.edit.setPlainText(text if allows_text else "")
        self.edit.blockSignals(False)
        self.edit.setPlaceholderText(placeholder)
        self.edit.setVisible(allows_text)
        cursor = self.edit.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.edit.setTextCursor(cursor)

    def shut(self, *, is_shut: bool) -> None:
        """Let presses on Send count or not, because the question has not been in sight long enough."""
        self._guard.is_shut = is_shut

    def limit_height(self, pixels: int) -> None:
        """Grow no higher than ``pixels``, but always show one line."""
        around = self.natural_height() - self.edit.height()
        line = QFontMetricsF(self.edit.font()).lineSpacing()
        self.edit.set_most_lines(int((pixels - around) / line))

    def natural_height(self) -> int:
        """The height in px that shows the text, up to eight lines of it."""
        margins = self.contentsMargins().top() + self.contentsMargins().bottom()
        above, below = self._insets
        field = above + self.edit.height() + below if self.edit.isVisibleTo(self) else 0
        return max(field, theme.BUTTON_HEIGHT) + 2 * theme.GRID + margins

    @property
    def _insets(self) -> tuple[int, int]:
        """Room above and below the text so that a single line stands on the line of the button's text."""
        line, button = QFontMetrics(self.edit.font()), QFontMetrics(self.send.font())
        baseline = (theme.BUTTON_HEIGHT - button.height()) / 2 + button.ascent()
        above = max(0, round(baseline - line.ascent()))
        return above, max(0, theme.BUTTON_HEIGHT - above - self.edit.least_height)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click anywhere in the frame goes to the text."""
        self.edit.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def _lay_out(self) -> None:
        field = QVBoxLayout()
        above, below = self._insets
        field.setContentsMargins(0, above, 0, below)
        field.addWidget(self.edit)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GAP, theme.GRID, theme.GRID, theme.GRID)
        row.setSpacing(theme.GAP)
        row.addLayout(field, 1)
        row.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)

    @Slot()
    def _on_height(self) -> None:
        self.updateGeometry()
        self.heightChanged.emit()

    @Slot(bool)
    def _on_focus(self, focused: bool) -> None:
        self.setProperty("focused", focused)
        self.style().unpolish(self)
        self.style().polish(self)

    @Slot()
    def _on_theme(self) -> None:
        colours = self._theme.palette
        self.send.setIcon(icons.tinted("arrow-up", colours.on_accent, 16, disabled=colours.muted))
