"""The head of the window: who asks, from where, since when."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from deskbell.task import Task
from deskbell_desktop import icons, theme
from deskbell_desktop.lookalikes import plain_name
from deskbell_desktop.theme import Theme
from deskbell_desktop.visible_text import tooltip
from deskbell_desktop.window import wording
from deskbell_desktop.window.elided_label import ElidedLabel

_AVATAR: Final = 28


class Avatar(QWidget):
    """The asker's first letter in a circle."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._letter = ""
        self.setFixedSize(_AVATAR, _AVATAR)

    def show_name(self, name: str) -> None:
        """Draw the first letter of ``name``."""
        self._letter = name[:1].upper()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the circle and its letter."""
        colours = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.mix(colours.ground, colours.accent, 0.16))
        painter.drawEllipse(QRectF(self.rect()))
        painter.setPen(colours.accent)
        painter.setFont(theme.font(theme.SMALL, QFont.Weight.DemiBold))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._letter)
        painter.end()


class Header(QWidget):
    """Names the asker and carries the buttons that are about the desk rather than about this question."""

    pauseToggled = Signal()
    menuRequested = Signal(QPoint)

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._is_paused = False
        self.setObjectName("header")
        self._avatar = Avatar(look, self)
        self._agent = ElidedLabel(self)
        self._agent.setFont(theme.font(theme.SMALL, QFont.Weight.DemiBold))
        self._place = ElidedLabel(self)
        self._age = QLabel(self)
        for label in (self._place, self._age):
            label.setFont(theme.font(theme.SMALL))
            label.setProperty("muted", True)
        self._pause = self._button(self.tr("Pause all countdowns"))
        self._menu = self._button(self.tr("Menu"))
        self._pause.clicked.connect(self.pauseToggled)
        self._menu.clicked.connect(self._on_menu)
        self._lay_out()
        look.changed.connect(self._on_theme)
        self._on_theme()

    def show_task(self, task: Task | None) -> None:
        """Name who asks."""
        source = task.details.source if task else None
        agent = plain_name(source.agent) if source else ""
        place = wording.place(source) if source else ""
        name = agent or (self.tr("An agent") if task else "Deskbell")
        self._agent.setText(name)
        self._place.setText(f"· {place}" if place else "")
        self.setToolTip(tooltip(" · ".join(filter(None, (name, place)))))
        self._avatar.show_name(name)
        self.show_age(task)

    def show_age(self, task: Task | None) -> None:
        """Say since when the question waits."""
        self._age.setText(wording.age(task.created_at) if task else "")

    def show_paused(self, *, is_paused: bool) -> None:
        """Show whether all countdowns stand still."""
        if is_paused == self._is_paused:
            return
        self._is_paused = is_paused
        hint = self.tr("Let the countdowns run") if is_paused else self.tr("Pause all countdowns")
        self._pause.setToolTip(hint)
        self._pause.setAccessibleName(hint)
        self._on_theme()

    def _button(self, hint: str) -> QPushButton:
        button = QPushButton(self)
        button.setProperty("quiet", True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setFixedWidth(theme.BUTTON_HEIGHT)
        button.setIconSize(QSize(theme.ICON_SIZE, theme.ICON_SIZE))
        button.setToolTip(hint)
        button.setAccessibleName(hint)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.PADDING, theme.GAP, theme.GAP, theme.GRID)
        row.setSpacing(theme.GRID + 2)
        row.addWidget(self._avatar)
        row.addSpacing(theme.GRID)
        row.addWidget(self._agent)
        row.addWidget(self._place, 1)
        row.addWidget(self._age)
        row.addWidget(self._pause)
        row.addWidget(self._menu)

    @Slot()
    def _on_menu(self) -> None:
        self.menuRequested.emit(self._menu.mapToGlobal(QPoint(0, self._menu.height())))

    @Slot()
    def _on_theme(self) -> None:
        colours = self._theme.palette
        tone = colours.accent if self._is_paused else colours.muted
        self._pause.setIcon(icons.tinted("play" if self._is_paused else "pause", tone))
        self._menu.setIcon(icons.tinted("settings", colours.muted))
