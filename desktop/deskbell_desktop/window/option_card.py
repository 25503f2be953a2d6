"""One option as a card: the whole card is the button."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from deskbell.task import Option
from deskbell_desktop import icons, theme
from deskbell_desktop.lookalikes import plain_words
from deskbell_desktop.theme import Theme
from deskbell_desktop.window.press_guard import PressGuard
from deskbell_desktop.window.wrapped_text import WrappedText

_RING_ROOM: Final = 4  # px around the card for the focus ring
_BADGE: Final = 24
_MIN_HEIGHT: Final = 48
_LAST_KEY: Final = 9
_UNARMED_OPACITY: Final = 0.45
_BETWEEN: Final = 2  # px between label and description


class OptionCard(QAbstractButton):
    """Shows an option and tells when it is clicked. ``readiness`` runs from 0 to 1 while the options arm."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._chip = ""
        self._label = self._description = WrappedText("", _label_font())
        self._number = 0
        self._is_sent = self._is_hovered = False
        self._readiness = 1.0
        self._guard = PressGuard(self)
        self.value = ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click too early must not leave the keyboard on an option
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_option(self, option: Option, number: int, *, is_choice_of_many: bool) -> None:
        """Show ``option`` as number ``number``, with a check box where several may be chosen."""
        self.value = option.value
        self._number = number
        label, description = plain_words(option.label), plain_words(option.description)
        self._label = WrappedText(label, _label_font())
        self._description = WrappedText(description, theme.font(theme.SMALL))
        self._chip = self.tr("recommended") if option.recommended else ""
        self._is_sent = False
        self.setCheckable(is_choice_of_many)
        self.setChecked(False)
        self.setAccessibleName(label)
        self.setAccessibleDescription(" ".join(filter(None, (description, self._chip))))
        self.updateGeometry()
        self.update()

    def mark_sent(self) -> None:
        """Show that this is what was answered."""
        self._is_sent = True
        self.update()

    def set_readiness(self, readiness: float) -> None:
        """0 while clicks do not count, 1 when they do."""
        self._readiness = readiness
        self._guard.is_shut = readiness < 1
        if readiness == 0:
            self._guard.forget()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """The height follows from the width, as text wraps."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height in px that shows all text."""
        return max(_MIN_HEIGHT, self._texts_height(self._text_room(width)) + 2 * theme.GAP) + 2 * _RING_ROOM

    def sizeHint(self) -> QSize:
        """As wide as asked for and as high as that needs."""
        return QSize(320, self.heightForWidth(max(self.width(), 320)))

    def set_hovered(self, *, is_hovered: bool) -> None:
        """Show or leave the hover state, whether or not the pointer moves."""
        if is_hovered != self._is_hovered:
            self._is_hovered = is_hovered
            self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the hover state."""
        self.set_hovered(is_hovered=True)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Leave the hover state."""
        self.set_hovered(is_hovered=False)
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw ground, badge, texts and focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(self.rect()).adjusted(_RING_ROOM, _RING_ROOM, -_RING_ROOM, -_RING_ROOM)
        self._draw_ground(painter, card)
        painter.setOpacity(_UNARMED_OPACITY + (1 - _UNARMED_OPACITY) * self._readiness)
        self._draw_badge(painter, card)
        self._draw_texts(painter, card)
        painter.setOpacity(1)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.palette.accent, theme.RING_WIDTH))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ring = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(ring, theme.CARD_RADIUS + 3, theme.CARD_RADIUS + 3)
        painter.end()

    def _draw_ground(self, painter: QPainter, card: QRectF) -> None:
        colours = self._theme.palette
        ground, edge = colours.card, colours.line
        if self._is_sent:
            ground = edge = colours.accent
        elif self.isDown() and self._readiness == 1:
            ground, edge = colours.pressed, colours.accent
        elif self._is_hovered and self._readiness == 1:
            ground, edge = colours.hover, colours.accent_line
        elif self.isChecked():
            ground, edge = colours.hover, colours.accent
        painter.setPen(QPen(edge, 1))
        painter.setBrush(ground)
        inset = card.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(inset, theme.CARD_RADIUS, theme.CARD_RADIUS)

    def _draw_badge(self, painter: QPainter, card: QRectF) -> None:
        colours = self._theme.palette
        spot = QRectF(card.left() + theme.GAP, card.top() + theme.GAP, _BADGE, _BADGE)
        filled = self._is_sent or self.isChecked()
        ground = colours.accent if filled else colours.soft
        painter.setPen(QPen(colours.line, 1) if self.isCheckable() and not filled else Qt.PenStyle.NoPen)
        painter.setBrush(colours.card if self.isCheckable() and not filled else ground)
        painter.drawRoundedRect(spot, theme.BUTTON_RADIUS, theme.BUTTON_RADIUS)
        if filled:
            self._draw_check(painter, spot)
        elif self._number <= _LAST_KEY:
            painter.setFont(theme.font(theme.SMALL, QFont.Weight.DemiBold))
            painter.setPen(colours.muted)
            painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, str(self._number))

    def _draw_check(self, painter: QPainter, spot: QRectF) -> None:
        size = 16
        picture = icons.pixmap("check", self._theme.palette.on_accent, size, self.devicePixelRatioF())
        painter.drawPixmap(round(spot.center().x() - size / 2), round(spot.center().y() - size / 2), picture)

    def _draw_texts(self, painter: QPainter, card: QRectF) -> None:
        colours = self._theme.palette
        room = self._text_room(self.width())
        left = card.left() + 2 * theme.GAP + _BADGE
        inner = self._texts_height(room)
        top = round(card.top() + max(theme.GAP, (_MIN_HEIGHT - inner) / 2 if inner < _BADGE else theme.GAP))
        painter.setPen(colours.on_accent if self._is_sent else colours.text)
        self._label.draw(painter, left, top, room)
        if self._chip:
            self._draw_chip(painter, card)
        painter.setPen(colours.on_accent if self._is_sent else colours.muted)
        self._description.draw(painter, left, top + self._label.height(room) + _BETWEEN, room)

    def _draw_chip(self, painter: QPainter, card: QRectF) -> None:
        colours = self._theme.palette
        width = _chip_width(self._chip)
        chip = QRectF(card.right() - theme.GAP - width, card.top() + theme.GAP, width, _BADGE)
        tone: QColor = colours.on_accent if self._is_sent else colours.accent
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.mix(colours.card, colours.accent, 0 if self._is_sent else 0.12))
        if not self._is_sent:
            painter.drawRoundedRect(chip, _BADGE / 2, _BADGE / 2)
        painter.setFont(_chip_font())
        painter.setPen(tone)
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, self._chip)

    def _text_room(self, width: int) -> int:
        chip = _chip_width(self._chip) + theme.GAP if self._chip else 0
        return max(80, width - 2 * _RING_ROOM - 3 * theme.GAP - _BADGE - chip)

    def _texts_height(self, room: int) -> int:
        description = self._description.height(room)
        return self._label.height(room) + (description + _BETWEEN if description else 0)


def _label_font() -> QFont:
    return theme.font(theme.BODY, QFont.Weight.DemiBold)


def _chip_font() -> QFont:
    return theme.font(theme.SMALL)


def _chip_width(text: str) -> int:
    return QFontMetrics(_chip_font()).horizontalAdvance(text) + 2 * theme.GAP - 4
