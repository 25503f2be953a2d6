"""The tab bar: one tab for each open task, in queue order, each with its countdown as a ring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QTabBar, QToolButton, QWidget

from deskbell.task import Task
from deskbell_desktop import icons, theme
from deskbell_desktop.theme import Theme
from deskbell_desktop.visible_text import tooltip
from deskbell_desktop.window import wording
from deskbell_desktop.window.countdown_view import is_urgent, share_left

_HEIGHT: Final = 36
_RING: Final = 14
_TEXT_MAX: Final = 220
_TEXT_MIN: Final = 24  # px; less says nothing
_PAD: Final = 10
_MANY: Final = 4
_ARROWS: Final = {"ScrollLeftButton": "chevron-left", "ScrollRightButton": "chevron-right"}  # by Qt's names


class TaskTabs(QTabBar):
    """Tells when a person wants another task; shows what it is given and switches nothing by itself."""

    switchRequested = Signal(str)  # task id

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._arrows: list[QToolButton] = []
        self._tasks: dict[str, Task] = {}
        self._ids: list[str] = []  # of the tabs; asking Qt for each would be slow with many
        self._titles: dict[str, str] = {}
        self._widths: dict[str, int] = {}
        self.setFont(theme.font(theme.SMALL))
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideRight)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Open questions"))
        self.setMouseTracking(True)
        self._arrows = [arrow for arrow in self.findChildren(QToolButton) if arrow.objectName() in _ARROWS]
        for arrow in self._arrows:
            arrow.setIconSize(QSize(theme.ICON_SIZE, theme.ICON_SIZE))
        look.changed.connect(self.tabLayoutChange)
        self.currentChanged.connect(self._on_current_changed)  # by click, arrow key or wheel

    @property
    def task_ids(self) -> list[str]:
        """The tasks shown, from left to right."""
        return list(self._ids)

    def show_tasks(self, tasks: Sequence[Task], active_id: str | None) -> None:
        """Show these tasks, keeping the tabs of those already there."""
        self._tasks = {task.task_id: task for task in tasks}
        known = self.task_ids
        gone = [index for index, task_id in enumerate(known) if task_id not in self._tasks]
        new = [task for task in tasks if task.task_id not in self._widths]
        was_visible = self.isVisible()
        is_burst = len(gone) + len(new) > _MANY and was_visible
        blocked = self.blockSignals(True)
        if is_burst:  # a visible tab bar lays itself out anew at each step
            self.setVisible(False)
        for index in reversed(gone):
            del self._ids[index], self._titles[known[index]], self._widths[known[index]]
            self.removeTab(index)
        for task in new:
            self._add(task)
        if active_id is not None and active_id in self._tasks:
            self._bring_forward(active_id)
        if is_burst:
            self.setVisible(True)
        self.blockSignals(blocked)
        self.update()

    def tabSizeHint(self, index: int) -> QSize:
        """As wide as the title needs, within limits."""
        return QSize(self._widths[self._ids[index]], _HEIGHT)

    def minimumTabSizeHint(self, index: int) -> QSize:
        """Tabs scroll rather than shrink."""
        return self.tabSizeHint(index)

    def sizeHint(self) -> QSize:
        """May be any width; always one row high."""
        return QSize(super().sizeHint().width(), _HEIGHT)

    @Slot()
    def tabLayoutChange(self) -> None:
        """Draw the scroll arrows in our own way; Qt has just set them to its own."""
        for arrow in self._arrows:
            arrow.setArrowType(Qt.ArrowType.NoArrow)
            colours = self._theme.palette
            arrow.setIcon(icons.tinted(_ARROWS[arrow.objectName()], colours.muted, disabled=colours.line))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the tabs that can be seen."""
        painter = QPainter(self)
        painter.setClipRect(0, 0, self._end, self.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hovered = self.tabAt(self.mapFromGlobal(self.cursor().pos()))
        for index, task_id in enumerate(self._ids):
            place = self.tabRect(index)
            if place.left() > self._end:
                break
            if place.right() >= 0 and task_id in self._tasks:
                self._draw_tab(painter, place, self._tasks[task_id], index == self.currentIndex(), index == hovered)
        painter.end()

    @property
    def _end(self) -> int:
        """Where the room for tabs ends and the scroll arrows begin."""
        arrows = [arrow.x() for arrow in self._arrows if arrow.isVisible()]
        return min(arrows, default=self.width())

    def _add(self, task: Task) -> None:
        title = self._titles[task.task_id] = wording.title(task)
        metrics = QFontMetrics(theme.font(theme.SMALL, QFont.Weight.DemiBold))
        text_width = min(_TEXT_MAX, metrics.horizontalAdvance(title) + 2)
        self._widths[task.task_id] = text_width + _RING + 3 * _PAD
        self._ids.append(task.task_id)
        index = self.addTab(title.replace("&", "&&"))
        self.setTabToolTip(index, tooltip("\n".join(filter(None, (title, wording.origin(task.details.source))))))

    def _bring_forward(self, active_id: str) -> None:
        self.setCurrentIndex(self._ids.index(active_id))

    def _draw_tab(self, painter: QPainter, place: QRect, task: Task, is_current: bool, is_hovered: bool) -> None:
        colours = self._theme.palette
        pill = QRectF(place).adjusted(1, 2, -3, -2)
        if is_current or is_hovered:
            painter.setPen(QPen(colours.line, 1) if is_current else Qt.PenStyle.NoPen)
            painter.setBrush(colours.card if is_current else colours.soft)
            painter.drawRoundedRect(pill.adjusted(0.5, 0.5, -0.5, -0.5), theme.BUTTON_RADIUS, theme.BUTTON_RADIUS)
        if is_current and self.hasFocus():
            painter.setPen(QPen(colours.accent, theme.RING_WIDTH))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(pill.adjusted(1, 1, -1, -1), theme.BUTTON_RADIUS, theme.BUTTON_RADIUS)
        self._draw_ring(painter, QRectF(pill.left() + _PAD, pill.center().y() - _RING / 2, _RING, _RING), task)
        weight = QFont.Weight.DemiBold if is_current else QFont.Weight.Normal
        painter.setFont(theme.font(theme.SMALL, weight))
        painter.setPen(colours.text if is_current or is_hovered else colours.muted)
        room = QRect(place.left() + _RING + 2 * _PAD, place.top(), place.width() - _RING - 3 * _PAD, place.height())
        room.setRight(min(room.right(), self._end - theme.GRID))
        if room.width() < _TEXT_MIN:
            return
        title = painter.fontMetrics().elidedText(self._titles[task.task_id], Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, title)

    def _draw_ring(self, painter: QPainter, spot: QRectF, task: Task) -> None:
        colours = self._theme.palette
        tone = colours.danger if is_urgent(task) else colours.accent
        if task.is_held and task.auto_resubmit_timeout:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.muted)
            for left in (spot.left() + 3, spot.right() - 6):
                painter.drawRoundedRect(QRectF(left, spot.top() + 2, 3, spot.height() - 4), 1, 1)
            return
        inner = spot.adjusted(1.5, 1.5, -1.5, -1.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.line, 2.5))
        painter.drawEllipse(inner)
        if task.auto_resubmit_timeout:
            painter.setPen(QPen(tone, 2.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawArc(inner, 90 * 16, round(share_left(task) * 360 * 16))

    @Slot(int)
    def _on_current_changed(self, index: int) -> None:
        if 0 <= index < len(self._ids):
            self.switchRequested.emit(self._ids[index])
