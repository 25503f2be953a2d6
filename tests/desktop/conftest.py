"""A desk and a window on the offscreen platform, and hands to use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QAbstractAnimation, QEvent, QObject, QPoint, QRect, Qt, QThreadPool, QTimer
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from deskbell.desk import Desk
from deskbell.settings import CountdownSettings, Settings, WindowSettings
from deskbell.task import Answer, Source, Task, TaskDetails
from deskbell_desktop.application import make_application
from deskbell_desktop.bridge import Bridge
from deskbell_desktop.inbox import Inbox
from deskbell_desktop.theme import Theme
from deskbell_desktop.window.main_window import MainWindow
from deskbell_desktop.window.option_card import OptionCard
from deskbell_desktop.window.placement import Placement

CLAUDE = Source("Claude Code", "shop-api", "main")


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The application as it really is: style, icon, name."""
    return make_application(["deskbell-tests"])


@pytest.fixture(autouse=True)
def nothing_of_qt_is_left(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a timer or an animation running, or a window in sight."""
    yield
    QThreadPool.globalInstance().waitForDone()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    things = shiboken6.getAllValidWrappers()
    running = [thing for thing in things if isinstance(thing, QTimer) and thing.isActive()]
    moving = [thing for thing in things if isinstance(thing, QAbstractAnimation) and _runs(thing)]
    shown = [window for window in QApplication.topLevelWidgets() if window.isVisible()]
    left = [*running, *moving, *shown]
    assert not left, f"Left behind: {left}"


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk without a window."""
    one = Desk()
    yield one
    one.close()


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Theme]:
    """The light theme, in force."""
    one = Theme(qapp, "light")
    yield one
    _delete(one)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were opened in a browser."""
    addresses: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: addresses.append(url.toString()))
    return addresses


class Stage:
    """A desk and its window without a listener, and a person's hands."""

    def __init__(self, qtbot: QtBot, application: QApplication, settings: Settings, place: Path) -> None:
        self.qtbot = qtbot
        self.desk = Desk(settings)
        self.bridge = Bridge(self.desk)
        self.inbox = Inbox()
        self.look = Theme(application, settings.window.theme)
        self.window = MainWindow(self.desk, self.inbox, self.look, Placement(place))
        self.bridge.eventsArrived.connect(self.inbox.take)

    @property
    def question(self) -> Any:
        return self.window.question

    @property
    def edit(self) -> Any:
        return self.window.question.composer.edit

    @property
    def cards(self) -> list[OptionCard]:
        return self.window.question.options.cards

    @property
    def fate(self) -> str:
        """What is written at the foot of the window."""
        label = self.window.countdown.findChild(QLabel, "fate")
        assert label is not None
        return label.text()

    @property
    def notice(self) -> str:
        return self.window.notice.text if self.window.notice.isVisible() else ""

    def ring(
        self,
        prompt: str,
        *options: Any,
        timeout: float | None = None,
        on_timeout: str | None = None,
        source: Source = CLAUDE,
        **details: Any,
    ) -> Task:
        """Ask and return at once."""
        more = TaskDetails(source=source, **details)
        return self.desk.ask(prompt, options, timeout=timeout, on_timeout=on_timeout, details=more).task

    def ask(self, prompt: str, *options: Any, **rest: Any) -> Task:
        """Ask and wait until the window lists the question."""
        task = self.ring(prompt, *options, **rest)
        self.qtbot.waitUntil(lambda: task.task_id in self.window.tabs.task_ids)
        self.settle()
        return task

    def settle(self) -> None:
        """Let what is queued happen."""
        for _ in range(3):
            QApplication.processEvents()

    def wait_for(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()))

    def shows(self, task: Task) -> None:
        """Wait until the window shows ``task``."""
        self.wait_for(lambda: self.question.task_id == task.task_id)

    def card(self, label: str) -> OptionCard:
        return next(card for card in self.cards if card.accessibleName() == label)

    def click(self, widget: QWidget) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    @property
    def focused(self) -> QWidget:
        """Where keys go."""
        return self.window if self.window.focusWidget() is None else self.window.focusWidget()

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Type a key where the focus is."""
        QTest.keyClick(self.focused, key, modifiers)

    def hold_key(self, key: Qt.Key, text: str = "") -> None:
        """What a key that is held down sends: presses that repeat."""
        for _ in range(3):
            event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text, True)
            QApplication.sendEvent(self.focused, event)

    def type(self, text: str) -> None:
        self.edit.setFocus()
        QTest.keyClicks(self.edit, text)

    def activate(self) -> None:
        """Bring the window up with the keyboard in it."""
        self.window.summon()
        self.qtbot.waitUntil(self.window.isActiveWindow)
        self.settle()

    def answer(self, task: Task) -> Answer:
        """Wait for a task's answer."""
        self.wait_for(lambda: not self.desk.task(task.task_id).is_open)
        answer = self.desk.task(task.task_id).answer
        assert answer is not None
        return answer

    def is_open(self, task: Task) -> bool:
        self.settle()
        return self.desk.task(task.task_id).is_open

    def place_of(self, widget: QWidget) -> QRect:
        """A widget's rectangle in the window."""
        return QRect(widget.mapTo(self.window, QPoint(0, 0)), widget.size())

    def close(self) -> None:
        self.window.may_close = True
        self.window.close()
        self.bridge.close()
        self.desk.close()
        QThreadPool.globalInstance().waitForDone()
        for thing in (self.window, self.inbox, self.bridge, self.look):
            _delete(thing)


@pytest.fixture
def make_stage(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Makes a stage with ``[window]`` settings as given; clicks count at once unless the test is about arming."""
    stages: list[Stage] = []

    def make(countdown: CountdownSettings | None = None, **window: Any) -> Stage:
        chosen = WindowSettings(**{"arm_milliseconds": 0, "theme": "light", **window})
        settings = Settings(countdown or CountdownSettings(), window=chosen)
        stages.append(Stage(qtbot, qapp, settings, tmp_path / f"window-{len(stages)}.json"))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


@pytest.fixture
def stage(make_stage: Callable[..., Stage]) -> Stage:
    return make_stage()


def _runs(animation: QAbstractAnimation) -> bool:
    return animation.state() == QAbstractAnimation.State.Running


def _delete(thing: QObject) -> None:
    thing.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
