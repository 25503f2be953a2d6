"""The window: shows the active task, lists the others, and lets a person answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QGuiApplication, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QStackedWidget, QSystemTrayIcon, QVBoxLayout, QWidget

from deskbell.desk import Desk
from deskbell.task import Draft, Task
from deskbell_desktop import theme
from deskbell_desktop.inbox import Changes, Inbox
from deskbell_desktop.theme import Theme
from deskbell_desktop.window import wording
from deskbell_desktop.window.countdown_view import CountdownView
from deskbell_desktop.window.desk_calls import DeskCalls
from deskbell_desktop.window.empty_view import EmptyView
from deskbell_desktop.window.header import Header
from deskbell_desktop.window.key_repeats import KeyRepeats
from deskbell_desktop.window.notice import Notice
from deskbell_desktop.window.placement import MINIMUM_SIZE, Placement
from deskbell_desktop.window.pulse import Pulse
from deskbell_desktop.window.question_view import QuestionView
from deskbell_desktop.window.tab_keys import TabKeys
from deskbell_desktop.window.task_tabs import TaskTabs

_DRAFT_MILLISECONDS: Final = 200
_LAST_DIGIT: Final = 9
_ENTER: Final = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class MainWindow(QWidget):
    """One window for all questions. GUI thread only; every call into the desk is short and waits for nothing."""

    menuRequested = Signal(QPoint)

    def __init__(self, desk: Desk, inbox: Inbox, look: Theme, placement: Placement) -> None:
        super().__init__()
        self._desk = desk
        self._inbox = inbox
        self._placement = placement
        self._calls = DeskCalls(desk, self)
        self._came_by_itself = False
        self._chose_question = False  # the person's own doing brings the next question into sight
        self._is_surprised = False  # the question or the keyboard came under typing hands
        self._answered_id = ""
        self._repeats = KeyRepeats()
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
        self.pulse = Pulse(self)
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
        takes_focus = self._desk.settings.window.take_focus
        self._is_surprised |= takes_focus and not self.isActiveWindow()
        self._appear(takes_focus=takes_focus)

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
        self._arm()
        self._look_over()

    def hideEvent(self, event: QHideEvent) -> None:
        """Keep what was typed, and where the window was."""
        super().hideEvent(event)
        self._save_draft()
        self._follow_time()
        if not event.spontaneous():
            self._placement.remember(self.geometry())

    def changeEvent(self, event: QEvent) -> None:
        """A minimised window costs as little as a hidden one."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self._look_over()

    def _appear(self, *, takes_focus: bool) -> None:
        is_hidden = not self.isVisible() or self.isMinimized()
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not takes_focus)
        if is_hidden:
            self.setGeometry(self._placement.place())
            self.showNormal()
        elif not self.isActiveWindow():
            self._arm()  # it may have been covered until now
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

    # -- keys --------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """1…9 choose an option, Ctrl+Enter sends, Esc puts the window away; a key held down before does nothing."""
        if self._repeats.has(event):
            return
        if event.key() == Qt.Key.Key_Escape:
            self._step_aside()
        elif not self._takes_keys:
            self._arm()  # somebody goes on typing: the question has not been looked at yet
        elif not self._answer_by_key(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Remember it: X11 repeats a key by a release and a press of the same instant, which Qt does not always see."""
        self._repeats.has(event)
        super().keyReleaseEvent(event)

    @property
    def _takes_keys(self) -> bool:
        has_moved_on = self.focusWidget() not in {None, self}  # by Tab or a click
        return self.question.options.is_armed and (has_moved_on or not self._is_surprised)

    def _answer_by_key(self, event: QKeyEvent) -> bool:
        number = event.key() - Qt.Key.Key_0
        plain = event.modifiers() in {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier}
        if event.key() in _ENTER and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.question.send()
            return True
        return plain and 1 <= number <= _LAST_DIGIT and self.question.options.choose(number)

    # -- showing -----------------------------------------------------------------------------------------------

    def show_notice(self, text: str) -> None:
        """Show a sentence above the question until it is closed or the next answer goes; empty takes it away."""
        self.notice.say(text)

    @Slot(object)
    def _on_inbox_changed(self, changes: Changes) -> None:
        active = self._inbox.active
        self.tabs.show_tasks(self._inbox.tasks, active.task_id if active else None)
        for task in changes.ended:
            self._give_back_text(task)
        if not self._sent_timer.isActive():
            self._show_active()
        if changes.arrived and self._desk.settings.window.come_forward:
            self.come_forward()

    def _give_back_text(self, task: Task) -> None:
        """Say what was typed for a question that has ended without it."""
        if task.task_id == self._answered_id:
            return
        is_shown = task.task_id == self.question.task_id
        typed = self.question.composer.text if is_shown else task.draft.text if task.draft else ""
        if typed.strip() and not (task.answer and task.answer.text == typed):
            ended = self.tr("“{title}” has ended without you. You had typed: {text}")
            self.show_notice(ended.format(title=wording.title(task), text=typed.strip()))

    @Slot()
    def _show_active(self) -> None:
        task = self._inbox.active
        if task is not None:
            self._show_question(task)
        elif not len(self._inbox):  # else the next one is about to come forward
            self._show_nothing()
        self._look_over()

    def _show_question(self, task: Task) -> None:
        if task.task_id == self.question.task_id:
            self._follow_draft(task)
            return
        self._save_draft()
        self._is_surprised = self.question.composer.edit.hasFocus() and not self._chose_question
        self._chose_question = False
        self.setFocus()  # no option is preselected
        self.question.show_task(task, self._arm_milliseconds)
        self._pages.setCurrentWidget(self.question)
        self.tabs.setVisible(True)
        self.header.show_task(task)
        title = wording.title(task).replace("[*]", "[*][*]")  # which Qt takes for the place of a mark of its own
        self.setWindowTitle(f"{title} — Deskbell")

    def _follow_draft(self, task: Task) -> None:
        """Show a draft that somebody else has left for the question, unless something is entered here."""
        if task.draft and not self.question.draft and not self._draft_timer.isActive():
            self.question.show_draft(task.draft, task)

    def _show_nothing(self) -> None:
        is_done = bool(self.question.task_id) and not self.notice.text
        self.question.task_id = ""
        self._pages.setCurrentWidget(self.empty)
        self.tabs.setVisible(False)
        self.header.show_task(None)
        self.setWindowTitle("Deskbell")
        if is_done and self._came_by_itself and self._desk.settings.window.hide_when_done:
            self._step_aside()

    @Slot()
    def _look_over(self) -> None:
        """Bring everything that follows from time or from the countdown up to date."""
        self.header.show_paused(is_paused=self._desk.is_paused)
        self.header.show_age(self._shown)
        is_sending = self._calls.is_sending(self.question.task_id) and not self._sent_timer.isActive()
        self.countdown.show_task(self._shown, self.question.draft if self._shown else None, is_sending=is_sending)
        self.tabs.update()
        self._follow_time()

    def _follow_time(self) -> None:
        self.pulse.follow(self._inbox.tasks, can_be_seen=self.isVisible() and not self.isMinimized())

    @Slot()
    def _arm(self) -> None:
        self.question.arm(self._arm_milliseconds)

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
        if self._calls.answer(task_id, draft):
            self.notice.say("")
            self._answered_id = task_id
            self._chose_question = True
            self.question.mark_sent(draft)
            self._sent_timer.start()

    @Slot(str, object)
    def _on_returned(self, task_id: str, draft: Draft) -> None:
        """What was sent could not be kept: it is the person's again."""
        if task_id == self._answered_id:
            self._answered_id = ""
        self._calls.save_draft(task_id, draft)
        task = self._inbox.get(task_id)
        if task is not None and task_id == self.question.task_id:
            self._sent_timer.stop()
            self.question.show_task(replace(task, draft=draft), self._arm_milliseconds)
        self._look_over()

    @Slot(str)
    def _on_switch(self, task_id: str) -> None:
        self._save_draft()
        self._chose_question = self._calls.activate(task_id)

    @Slot(int)
    def switch_to(self, index: int) -> None:
        """Bring the question of a tab forward, counted from 0 on the left."""
        self._on_switch(self.tabs.task_ids[index])

    @Slot()
    def _on_touched(self) -> None:
        self._is_surprised = False
        if self._shown is not None:
            self._calls.touch(self.question.task_id)

    @Slot()
    def _on_draft_changed(self) -> None:
        self._draft_timer.start()
        self._look_over()

    @Slot()
    def _save_draft(self) -> None:
        is_due = self._draft_timer.isActive() or self.sender() is self._draft_timer
        self._draft_timer.stop()
        if is_due and self._shown is not None:
            self._calls.save_draft(self.question.task_id, self.question.draft)

    @Slot(bool)
    def _on_hold_toggled(self, hold: bool) -> None:
        call = self._calls.hold if hold else self._calls.release
        call(self.question.task_id)

    @Slot()
    def _on_more_time(self) -> None:
        self._calls.give_a_minute(self.question.task_id)

    @Slot()
    def toggle_pause(self) -> None:
        """Stop all countdowns, or let them run again."""
        if self._desk.is_paused:
            self._desk.resume()
        else:
            self._desk.pause()
        self._look_over()

    # -- building ----------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._pages.addWidget(self.question)
        self._pages.addWidget(self.empty)
        strip = QVBoxLayout()
        strip.setContentsMargins(theme.PADDING - 2, 0, theme.PADDING - 2, 0)
        strip.addWidget(self.tabs)
        notice = QVBoxLayout()
        notice.setContentsMargins(theme.PADDING, 0, theme.PADDING, 0)
        notice.addWidget(self.notice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addLayout(strip)
        column.addLayout(notice)
        column.addWidget(self._pages, 1)
        column.addWidget(self.countdown)

    def _connect(self) -> None:
        self._inbox.changed.connect(self._on_inbox_changed)
        self._calls.refused.connect(self.show_notice)
        self._calls.returned.connect(self._on_returned)
        self.header.pauseToggled.connect(self.toggle_pause)
        self.header.menuRequested.connect(self.menuRequested)
        self.tabs.switchRequested.connect(self._on_switch)
        self._tab_keys.tabRequested.connect(self.switch_to)
        self.question.answered.connect(self._on_answered)
        self.question.draftChanged.connect(self._on_draft_changed)
        self.question.touched.connect(self._on_touched)
        self.question.optionsMoved.connect(self._arm)
        self.countdown.holdToggled.connect(self._on_hold_toggled)
        self.countdown.moreTimeRequested.connect(self._on_more_time)
        self.pulse.beat.connect(self._look_over)


def _session_ends() -> bool:
    application = QGuiApplication.instance()
    return isinstance(application, QGuiApplication) and application.isSavingSession()


def _single_shot(parent: QWidget, milliseconds: int, slot: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(slot)
    return timer
