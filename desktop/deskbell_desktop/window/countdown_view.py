"""The foot of the window: what will happen and when, with a bar that runs out."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from deskbell.task import Draft, HoldReason, Task
from deskbell_desktop import theme
from deskbell_desktop.theme import Theme
from deskbell_desktop.window import wording


def share_left(task: Task) -> float:
    """How much of a countdown is left, from 1 to 0; 1 without a countdown."""
    if not task.auto_resubmit_timeout:
        return 1.0
    return min(1.0, task.get_remaining_time() / task.auto_resubmit_timeout)


def is_urgent(task: Task) -> bool:
    """Whether a countdown is in its last seconds."""
    return bool(task.auto_resubmit_timeout) and not task.is_held and task.get_remaining_time() <= theme.URGENT_SECONDS


class CountdownBar(QWidget):
    """A thin bar on the very edge that grows shorter."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._task: Task | None = None
        self.setFixedHeight(theme.BAR_HEIGHT)

    def show_task(self, task: Task | None) -> None:
        """Draw this task's countdown."""
        self._task = task
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw what is left over what is gone."""
        colours = self._theme.palette
        painter = QPainter(self)
        painter.fillRect(self.rect(), colours.line)
        if self._task is not None and self._task.auto_resubmit_timeout:
            width = self.width() * share_left(self._task)
            painter.fillRect(QRectF(0, 0, width, self.height()), self._colour(self._task))
        painter.end()

    def _colour(self, task: Task) -> QColor:
        colours = self._theme.palette
        if task.is_held:
            return colours.muted
        return colours.danger if is_urgent(task) else colours.accent


class CountdownView(QWidget):
    """Says what happens at zero before it happens."""

    holdToggled = Signal(bool)
    moreTimeRequested = Signal()

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task: Task | None = None
        self._draft: Draft | None = None
        self._is_sending = False
        self._label = QLabel(self)
        self._label.setObjectName("fate")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setFont(theme.font(theme.SMALL))
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._more = self._button(self.tr("+1 min"), self.tr("Give this question one minute more"))
        self._hold = self._button(self.tr("Hold"), self.tr("Stop the countdown of this question"))
        self._hold.setObjectName("hold")
        self._hold.setCheckable(True)
        self._bar = CountdownBar(look, self)
        self._more.clicked.connect(self.moreTimeRequested)
        self._hold.clicked.connect(self._on_hold)
        self._lay_out()

    def show_task(self, task: Task | None, draft: Draft | None, *, is_sending: bool = False) -> None:
        """Show what is to happen to ``task``, given what the person has entered, or that it is being sent."""
        self._task, self._draft, self._is_sending = task, draft, is_sending
        counts = task is not None and bool(task.auto_resubmit_timeout) and not is_sending
        self._more.setVisible(counts)
        self._hold.setVisible(counts and not _is_held_for(task, HoldReason.PAUSED))
        self._hold.setChecked(_is_held_for(task, HoldReason.PERSON))
        self._hold.setText(self.tr("Resume") if self._hold.isChecked() else self.tr("Hold"))
        self.refresh()

    def _button(self, text: str, hint: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setProperty("quiet", True)
        button.setFont(theme.font(theme.SMALL))
        button.setToolTip(hint)
        button.setAccessibleDescription(hint)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(theme.PADDING, theme.GRID, theme.PADDING - theme.GRID, theme.GRID)
        row.setSpacing(theme.GRID)
        row.addWidget(self._label, 1)
        row.addWidget(self._more)
        row.addWidget(self._hold)
        self._label.setMinimumHeight(self._hold.sizeHint().height())  # with or without buttons nothing moves
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._bar)

    def refresh(self) -> None:
        """Show how much time is left now."""
        text = wording.fate(self._task, self._draft) if self._task else ""
        if self._is_sending:
            text = self.tr("Sending…")
        urgent = self._task is not None and is_urgent(self._task) and not self._is_sending
        if text != self._label.text():
            self._label.setText(text)
        if self._label.property("urgent") != urgent:
            self._label.setProperty("urgent", urgent)
            self._label.style().unpolish(self._label)
            self._label.style().polish(self._label)
        self._bar.show_task(self._task)

    @Slot()
    def _on_hold(self) -> None:
        is_held = _is_held_for(self._task, HoldReason.PERSON)
        self._hold.setChecked(is_held)  # until the desk says otherwise
        self.holdToggled.emit(not is_held)


def _is_held_for(task: Task | None, reason: HoldReason) -> bool:
    return task is not None and task.pace.is_held_for(reason)
