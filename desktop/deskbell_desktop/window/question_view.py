"""One question: prompt, options and composer, and what a person does with them."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from PySide6.QtCore import QEvent, QObject, QPoint, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from deskbell.task import Draft, Task
from deskbell_desktop import theme
from deskbell_desktop.lookalikes import plain_name, plain_words
from deskbell_desktop.theme import Theme
from deskbell_desktop.visible_text import tooltip
from deskbell_desktop.window.composer import Composer
from deskbell_desktop.window.elided_label import ElidedLabel
from deskbell_desktop.window.options_view import OptionsView
from deskbell_desktop.window.prompt_view import PromptView

_BUSY_EVENTS: Final = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.InputMethod,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.Wheel,
        QEvent.Type.Drop,
        QEvent.Type.TouchBegin,
    }
)
_COLUMN_WIDTH: Final = 720  # px; about 68 characters of the prompt's text and its margins
_PROMPT_SHARE: Final = 0.5  # of the height, kept for the prompt when everything is long
_COMPOSER_SHARE: Final = 0.36  # of the height, at most for the text field
_LEAST_OPTIONS: Final = 56  # px; one card
_EDGE: Final = 4  # px that a card leaves for its focus ring


class QuestionView(QWidget):
    """Shows a task and collects the answer. Knows nothing of the desk."""

    answered = Signal(object)  # Draft: what is to be sent
    draftChanged = Signal()
    touched = Signal()
    optionsMoved = Signal()

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("body")
        self.task_id = ""
        self._options_place = QPoint()
        self.prompt = PromptView(look, self)
        self.files = ElidedLabel(self)
        self.files.setFont(theme.font(theme.SMALL))
        self.files.setProperty("muted", True)
        self.options = OptionsView(look, self)
        self.composer = Composer(look, self)
        self.options.chosen.connect(self._on_chosen)
        self.options.ticked.connect(self._on_edited)
        self.composer.edited.connect(self._on_edited)
        self.composer.sendRequested.connect(self.send)
        self.composer.heightChanged.connect(self._arrange)
        self.options.armed.connect(self._on_armed)
        for bar in (self.prompt.verticalScrollBar(), self.options.verticalScrollBar()):
            bar.actionTriggered.connect(self.touched)
            bar.sliderPressed.connect(self.touched)
        for watched in (self.prompt, self.prompt.viewport(), self.options.viewport(), self.composer.edit):
            watched.installEventFilter(self)
        self.composer.edit.viewport().installEventFilter(self)

    @property
    def draft(self) -> Draft:
        """What has been entered so far."""
        return Draft(options=self.options.ticked_values, text=self.composer.text)

    def show_task(self, task: Task, arm_milliseconds: int) -> None:
        """Show a task with its draft; options count only after ``arm_milliseconds``."""
        self.task_id = task.task_id
        details, draft = task.details, task.draft or Draft()
        self.setEnabled(True)
        self.prompt.show_prompt(task.prompt)
        names = ", ".join(plain_name(file.name) for file in details.attachments)
        self.files.setText(names)
        self.files.setToolTip(tooltip(names))
        self.files.setVisible(bool(details.attachments))
        self.options.show_options(task.options, is_multiple=details.multiple, ticked=draft.options)
        self._order_tabs()
        self.composer.show_draft(draft.text, self._placeholder(task), allows_text=details.allow_text)
        self.composer.setVisible(details.allow_text or details.multiple)
        self._update_send()
        self._arrange()
        self.arm(arm_milliseconds)

    def arm(self, milliseconds: int) -> None:
        """Let clicks and keys count only after ``milliseconds``, because the question has just come into sight."""
        self.composer.shut(is_shut=True)
        self.prompt.is_shut = True
        self.options.arm_after(milliseconds)

    @Slot()
    def send(self) -> None:
        """Send what has been entered, if anything has and the question has been in sight long enough."""
        if self.composer.send.isEnabled() and self.options.is_armed:
            self.answered.emit(self.draft)

    def mark_sent(self, draft: Draft) -> None:
        """Show that this was sent, and take nothing more."""
        self.options.mark_sent(draft.options)
        self.composer.send.setEnabled(False)
        self.composer.edit.setReadOnly(True)

    def show_draft(self, draft: Draft, task: Task) -> None:
        """Show a draft that came from elsewhere."""
        self.options.tick(draft.options)
        self.composer.show_draft(draft.text, self._placeholder(task), allows_text=task.details.allow_text)
        self._update_send()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that somebody is busy here."""
        if event.type() in _BUSY_EVENTS and self.isEnabled():
            self.touched.emit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share out the room."""
        super().resizeEvent(event)
        self._arrange()

    @Slot()
    def _arrange(self) -> None:
        width = min(_COLUMN_WIDTH, self.width() - 2 * theme.PADDING)
        left, top = (self.width() - width) // 2, theme.GAP
        files = self.files.sizeHint().height() + theme.GRID if self.files.isVisibleTo(self) else 0
        composer = self._composer_height(width)
        prompt, options = self._heights(width, max(0, self.height() - top - files - composer - 2 * theme.GAP))
        self.prompt.setGeometry(left, top, width, prompt)
        top += prompt
        self.files.setGeometry(left, top, width, files)
        top += files + theme.GAP - _EDGE
        self.options.setGeometry(left - _EDGE, top, width + 2 * _EDGE, options)
        top += options + (_EDGE if options else 0)
        self.composer.setGeometry(left, top, width, composer)
        self._tell_of_move()

    def _tell_of_move(self) -> None:
        place = self.options.mapTo(self.window(), QPoint(0, 0))
        if place != self._options_place:
            self._options_place = place
            self.optionsMoved.emit()

    def _composer_height(self, width: int) -> int:
        if not self.composer.isVisibleTo(self):
            return 0
        self.composer.resize(width, self.composer.height())
        self.composer.limit_height(round(self.height() * _COMPOSER_SHARE))
        return self.composer.natural_height()

    def _heights(self, width: int, room: int) -> tuple[int, int]:
        """How high prompt and options become: as high as they like, or a fair share each."""
        prompt = self.prompt.natural_height(width)
        options = self.options.natural_height(width + 2 * _EDGE)
        if prompt + options > room:
            least = min(options, _LEAST_OPTIONS)
            prompt = max(0, min(prompt, max(room - options, min(round(room * _PROMPT_SHARE), room - least))))
        return prompt, max(0, min(options, room - prompt))

    def _order_tabs(self) -> None:
        # Cards are made when they are needed; Qt would put them last.
        for one, other in pairwise((self.prompt, *self.options.cards, self.composer.edit)):
            QWidget.setTabOrder(one, other)

    def _placeholder(self, task: Task) -> str:
        wish = plain_words(task.details.placeholder)
        return wish or (self.tr("Something else…") if task.options else self.tr("Your answer…"))

    def _update_send(self) -> None:
        self.composer.edit.setReadOnly(False)
        self.composer.send.setEnabled(bool(self.draft))

    @Slot()
    def _on_edited(self) -> None:
        self._update_send()
        self.touched.emit()
        self.draftChanged.emit()

    @Slot()
    def _on_armed(self) -> None:
        self.composer.shut(is_shut=False)
        self.prompt.is_shut = False

    @Slot(str)
    def _on_chosen(self, value: str) -> None:
        self.answered.emit(Draft(options=(value,), text=self.composer.text))
