"""The window: shows the active task, lists the others, and passes on what a person does."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QStackedWidget, QSystemTrayIcon, QVBoxLayout, QWidget

from deskbell.desk import Desk
from deskbell.errors import DeskbellError, TaskFinished, TaskNotFound
from deskbell.task import Answer, Draft, Task
from deskbell_desktop import theme
from deskbell_desktop.inbox import Changes, Inbox
from deskbell_desktop.theme import Theme
from deskbell_desktop.visible_text import visible
from deskbell_desktop.window.countdown_view import CountdownView
from deskbell_desktop.window.empty_view import EmptyView
from deskbell_desktop.window.header import Header
from deskbell_desktop.window.notice import Notice
from deskbell_desktop.window.placement import MINIMUM_SIZE, Placement
from deskbell_desktop.window.question_view import QuestionView
from deskbell_desktop.window.tab_keys import TabKeys
from deskbell_desktop.window.task_tabs import TaskTabs

_DRAFT_MILLISECONDS: Final = 200
_TOUCH_SECONDS: Final = 1.0
_MINUTE_SECONDS: Final = 60
_LAST_KEY: Final = 9
_ENTER: Final = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class MainWindow(QWidget):
    """One window for all questions. GUI thread only; every call into the desk is short and waits for nothing."""

    menuRequested = Signal(QPoint)

    def __init__(self, desk: Desk, inbox: Inbox, look: Theme, placement: Placement) -> None:
        super().__init__()
        self._desk = desk
        self._inbox = inbox
        self._placement = placement
        self._last_touch = -math.inf
        self._came_by_itself = False
        self._released = (0, 0)  # key and milliseconds
        self.may_close = False
        self.setObjectName("window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumSize(MINIMUM_SIZE)
        self.header = Header(look, self)
        self.tabs = TaskTabs(look, self)
        self.notice = Notice(look, self)
        self.question = QuestionView(look, self)
        self.empty = EmptyView(look, self)
        self.countdown = CountdownView(look, self)
        self._tab_keys = TabKeys(self.tabs, self)
        self._pages = QStackedWidget(self)
        self._draft_timer = _single_shot(self, _DRAFT_MILLISECONDS, self._save_draft)
        self._sent_timer = _single_shot(self, theme.MOTION_MILLISECONDS, self._show_active)
        self._lay_out()
        self._connect()
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setGeometry(placement.place())
        self._show_active()
        self.setFocus()

    # -- coming and going --------------------------------------------------------------------------------------

    def summon(self) -> None:
        """Show the window because a person wants to see it; it may take the keyboard."""
        self._came_by_itself = False
        self._appear(takes_focus=True)

    def come_forward(self) -> None:
        """Show the window because a question has come; the keyboard stays where it is unless settings say otherwise."""
        if not self.isVisible() or self.isMinimized():
            self._came_by_itself = True
        self._appear(takes_focus=self._desk.settings.window.take_focus)

    def show_notice(self, text: str) -> None:
        """Show a sentence above the question until it is closed or the next answer goes; empty takes it away."""
        if bool(text) != self.notice.isVisibleTo(self):
            self.question.arm(self._arm_milliseconds)  # the options move under the pointer
        self.notice.say(text)

    @Slot(int)
    def switch_to(self, index: int) -> None:
        """Bring the question of a tab forward, counted from 0 on the left."""
        self._on_switch(self.tabs.task_ids[index])

    def closeEvent(self, event: QCloseEvent) -> None:
        """Go to the tray, or to the task bar where there is none; close only when the app ends."""
        self._save_draft()
        if self.may_close or _session_ends():
            event.accept()
            return
        event.ignore()
        self._step_aside()

    def showEvent(self, event: QShowEvent) -> None:
        """What comes into sight has to be seen before it can be clicked."""
        super().showEvent(event)
        self.question.arm(self._arm_milliseconds)

    def hideEvent(self, event: QHideEvent) -> None:
        """Keep what was typed, and where the window was."""
        super().hideEvent(event)
        self._save_draft()
        if not event.spontaneous():
            self._placement.remember(self.geometry())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """1…9 choose an option, Ctrl+Enter sends, Esc puts the window away; a key held down before does nothing."""
        if event.isAutoRepeat() or (event.key(), event.timestamp()) == self._released:
            return
        number = event.key() - Qt.Key.Key_0
        plain = event.modifiers() in {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier}
        if event.key() == Qt.Key.Key_Escape:
            self._step_aside()
        elif event.key() in _ENTER and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.question.send()
        elif plain and 1 <= number <= _LAST_KEY and self.question.isVisible():
            self.question.options.choose(number)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Remember it: X11 repeats a key by a release and a press of the same instant, which Qt does not always see."""
        self._released = (event.key(), event.timestamp())
        super().keyReleaseEvent(event)

    def _appear(self, *, takes_focus: bool) -> None:
        was_hidden = not self.isVisible() or self.isMinimized()
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not takes_focus)
        if was_hidden:
            self.setGeometry(self._placement.place())
            self.showNormal()
        self.raise_()
        if takes_focus:
            self.activateWindow()
        elif not self.isActiveWindow():
            QApplication.alert(self)

    def _step_aside(self) -> None:
        if QSystemTrayIcon.isSystemTrayAvailable():
            self.hide()
        else:
            self._placement.remember(self.geometry())
            self.showMinimized()

    # -- showing -----------------------------------------------------------------------------------------------

    @Slot(object)
    def _on_inbox_changed(self, changes: Changes) -> None:
        active = self._inbox.active
        self.tabs.show_tasks(self._inbox.tasks, active.task_id if active else None)
        if not self._sent_timer.isActive():
            self._tell_of_lost_text(changes)
            self._show_active()
        if changes.arrived and self._desk.settings.window.come_forward:
            self.come_forward()

    def _tell_of_lost_text(self, changes: Changes) -> None:
        """When a question ends under somebody's hands, give back what was typed."""
        typed = self.question.composer.text.strip()
        task = next((task for task in changes.ended if task.task_id == self.question.task_id), None)
        if task is None or not typed or (task.answer and task.answer.text.strip() == typed):
            return
        self.show_notice(self.tr("This question has ended without you. You had typed: {text}").format(text=typed))

    @Slot()
    def _show_active(self) -> None:
        task = self._inbox.active
        if task is None:
            if not len(self._inbox):  # else the next one is about to come forward
                self._show_nothing()
            return
        if task.task_id != self.question.task_id:
            self._save_draft()
            self._last_touch = -math.inf
            self.setFocus()  # no option is preselected
            self.question.show_task(task, self._arm_milliseconds)
            self._pages.setCurrentWidget(self.question)
            self.header.show_task(task)
            self.setWindowTitle(f"{visible(task.heading)} — Deskbell")
        self.tabs.setVisible(True)
        self._show_countdown()

    def _show_nothing(self) -> None:
        had_question = bool(self.question.task_id)
        self.question.task_id = ""
        self._pages.setCurrentWidget(self.empty)
        self.header.show_task(None)
        self.tabs.setVisible(False)
        self.setWindowTitle("Deskbell")
        self._show_countdown()
        if had_question and self._came_by_itself and self._desk.settings.window.hide_when_done:
            self._step_aside()

    def _show_countdown(self) -> None:
        self.header.show_paused(is_paused=self._desk.is_paused)
        task = self._shown
        self.countdown.show_task(task, self.question.draft if task else None)

    @property
    def _shown(self) -> Task | None:
        return self._inbox.get(self.question.task_id)

    @property
    def _arm_milliseconds(self) -> int:
        return self._desk.settings.window.arm_milliseconds

    # -- what a person does ------------------------------------------------------------------------------------

    @Slot(object)
    def _on_answered(self, draft: Draft) -> None:
        task_id = self.question.task_id
        self._draft_timer.stop()
        self.notice.clear()
        self.question.mark_sent(draft)
        self._sent_timer.start()
        answer = Answer(draft.options, draft.text, draft.fields, draft.attachments)
        self._try(lambda: self._desk.answer(task_id, answer))

    @Slot(str)
    def _on_switch(self, task_id: str) -> None:
        self._save_draft()
        self._try(lambda: self._desk.activate(task_id))

    @Slot()
    def _on_touched(self) -> None:
        now = time.monotonic()
        if self._shown is not None and now - self._last_touch >= _TOUCH_SECONDS:
            self._last_touch = now
            task_id = self.question.task_id
            self._try(lambda: self._desk.touch(task_id))

    @Slot()
    def _on_draft_changed(self) -> None:
        self._draft_timer.start()
        self._show_countdown()

    @Slot()
    def _save_draft(self) -> None:
        if self._draft_timer.isActive() or self.sender() is self._draft_timer:
            self._draft_timer.stop()
            if self._shown is not None:
                task_id, draft = self.question.task_id, self.question.draft
                self._try(lambda: self._desk.set_draft(task_id, draft or None))

    @Slot(bool)
    def _on_hold_toggled(self, hold: bool) -> None:
        task_id = self.question.task_id
        self._try(lambda: self._desk.hold(task_id) if hold else self._desk.release(task_id))

    @Slot()
    def _on_more_time(self) -> None:
        task_id = self.question.task_id
        self._try(lambda: self._desk.extend(task_id, _MINUTE_SECONDS))

    @Slot()
    def toggle_pause(self) -> None:
        """Stop all countdowns, or let them run again."""
        if self._desk.is_paused:
            self._desk.resume()
        else:
            self._desk.pause()
        self._show_countdown()

    @Slot()
    def _on_ticked(self) -> None:
        self.tabs.update()
        self.header.show_age(self._shown)

    def _try(self, call: Callable[[], object]) -> None:
        """Do something at the desk; say so if it comes too late or does not fit."""
        try:
            call()
        except (TaskFinished, TaskNotFound):
            self.show_notice(self.tr("This question had ended before: somebody else or the countdown was first."))
        except DeskbellError as error:
            self.show_notice(str(error))
            self.question.take_back()

    # -- building ----------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._pages.addWidget(self.question)
        self._pages.addWidget(self.empty)
        tabs = QVBoxLayout()
        tabs.setContentsMargins(theme.PADDING - 2, 0, theme.PADDING - 2, 0)
        tabs.addWidget(self.tabs)
        notice = QVBoxLayout()
        notice.setContentsMargins(theme.PADDING, 0, theme.PADDING, 0)
        notice.addWidget(self.notice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addLayout(tabs)
        column.addLayout(notice)
        column.addWidget(self._pages, 1)
        column.addWidget(self.countdown)

    def _connect(self) -> None:
        self._inbox.changed.connect(self._on_inbox_changed)
        self.header.pauseToggled.connect(self.toggle_pause)
        self.header.menuRequested.connect(self.menuRequested)
        self.tabs.switchRequested.connect(self._on_switch)
        self._tab_keys.tabRequested.connect(self.switch_to)
        self.question.answered.connect(self._on_answered)
        self.question.draftChanged.connect(self._on_draft_changed)
        self.question.touched.connect(self._on_touched)
        self.countdown.holdToggled.connect(self._on_hold_toggled)
        self.countdown.moreTimeRequested.connect(self._on_more_time)
        self.countdown.ticked.connect(self._on_ticked)


def _session_ends() -> bool:
    application = QGuiApplication.instance()
    return isinstance(application, QGuiApplication) and application.isSavingSession()


def _single_shot(parent: QWidget, milliseconds: int, slot: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(slot)
    return timer
