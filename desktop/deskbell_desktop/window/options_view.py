"""The options of a question as a column of cards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from PySide6.QtCore import QAbstractAnimation, QEvent, QObject, Qt, QVariantAnimation, Signal, Slot
from PySide6.QtGui import QCursor, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStyle, QWidget

from deskbell.task import Option
from deskbell_desktop.theme import Theme
from deskbell_desktop.window.option_card import OptionCard

_ALMOST: Final = 0.99  # only the end of the arming time makes a card ready


class OptionsView(QScrollArea):
    """Cards that count clicks only once they are armed.

    With a single choice a click answers at once; with several, clicks tick and somebody else sends.
    """

    chosen = Signal(str)  # the value of a single choice
    ticked = Signal()
    armed = Signal()

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._cards: list[OptionCard] = []
        self._count = 0
        self._is_multiple = False
        self._column = QWidget()
        self.setWidget(self._column)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.verticalScrollBar().valueChanged.connect(self._follow_pointer)
        self._arming = QVariantAnimation(self)
        self._arming.setStartValue(0.0)
        self._arming.setEndValue(1.0)
        self._arming.valueChanged.connect(self._on_arming)
        self._arming.finished.connect(self._on_armed)

    @property
    def cards(self) -> list[OptionCard]:
        """The cards shown, in order."""
        return self._cards[: self._count]

    @property
    def is_armed(self) -> bool:
        """Whether clicks and keys count."""
        return self._arming.state() == QAbstractAnimation.State.Stopped

    @property
    def ticked_values(self) -> tuple[str, ...]:
        """The values that are ticked, in order."""
        return tuple(card.value for card in self.cards if card.isChecked())

    def show_options(self, options: Sequence[Option], *, is_multiple: bool, ticked: Collection[str]) -> None:
        """Show these options and nothing of the last ones."""
        self._count, self._is_multiple = len(options), is_multiple
        while len(self._cards) < self._count:
            self._add_card()
        for number, (card, option) in enumerate(zip(self._cards, options, strict=False), 1):
            card.show_option(option, number, is_choice_of_many=is_multiple)
            card.setChecked(is_multiple and option.value in ticked)
            card.setEnabled(True)
            card.show()
        for card in self._cards[self._count :]:
            card.hide()
        self.verticalScrollBar().setValue(0)
        self._arrange()

    def arm_after(self, milliseconds: int) -> None:
        """Let clicks and keys count only from then on, fading the cards in meanwhile."""
        self._arming.stop()
        self._set_readiness(0.0)
        self._arming.setDuration(milliseconds)
        self._arming.start()

    def choose(self, number: int) -> bool:
        """Do what a click on card ``number``, counted from 1, does. False if there is none or it is not armed."""
        if not 1 <= number <= self._count or not self.is_armed:
            return False
        self.ensureWidgetVisible(self._cards[number - 1])
        self._cards[number - 1].click()
        return True

    def mark_sent(self, values: Collection[str]) -> None:
        """Show what was answered and take no more clicks."""
        for card in self.cards:
            card.setEnabled(False)
            if card.value in values:
                card.mark_sent()

    def tick(self, values: Collection[str]) -> None:
        """Tick these values and no others, where several may be chosen."""
        for card in self.cards:
            card.setChecked(self._is_multiple and card.value in values)

    def natural_height(self, width: int) -> int:
        """The height in px at which nothing has to scroll."""
        return sum(card.heightForWidth(width) for card in self.cards)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the cards to the width."""
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        """Watch the pointer leave the window."""
        super().showEvent(event)
        self.window().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hover nothing once the pointer has left: Qt does not tell a card that came up under a pointer at rest."""
        if event.type() == QEvent.Type.Leave and watched is self.window():
            for card in self.cards:
                card.set_hovered(is_hovered=False)
        return super().eventFilter(watched, event)

    def _add_card(self) -> None:
        card = OptionCard(self._theme, self._column)
        card.clicked.connect(self._on_clicked)
        self._cards.append(card)

    def _arrange(self) -> None:
        width, top = self.viewport().width(), 0
        for card in self.cards:
            height = card.heightForWidth(width)
            card.setGeometry(0, top, width, height)
            top += height
        self._column.resize(width, top)
        self._follow_pointer()

    @Slot()
    def _follow_pointer(self) -> None:
        """Hover the card that now lies under a pointer at rest: Qt tells only when the pointer moves."""
        spot = self.viewport().mapFromGlobal(QCursor.pos())
        is_here = self.viewport().underMouse() and self.viewport().rect().contains(spot)
        under = self._column.childAt(self._column.mapFromGlobal(QCursor.pos())) if is_here else None
        for card in self.cards:
            card.set_hovered(is_hovered=card is under)

    @Slot()
    def _on_clicked(self) -> None:
        card = self.sender()
        if self._is_multiple:
            self.ticked.emit()
        elif isinstance(card, OptionCard) and self.is_armed:
            self.chosen.emit(card.value)

    @Slot(object)
    def _on_arming(self, readiness: float) -> None:
        if self._moves():
            self._set_readiness(min(readiness, _ALMOST))

    @Slot()
    def _on_armed(self) -> None:
        self._set_readiness(1.0)
        self.armed.emit()

    def _moves(self) -> bool:
        return self.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0

    def _set_readiness(self, readiness: float) -> None:
        for card in self.cards:
            card.set_readiness(readiness)
