"""The bridge from any thread to the GUI thread."""

from __future__ import annotations

import sys
import threading

from PySide6.QtCore import QObject, QThread, Signal
from pytestqt.qtbot import QtBot

from deskbell.desk import Desk
from deskbell.events import TaskEvent
from deskbell.settings import ListenerSettings, Settings
from deskbell_desktop.bridge import Bridge


class Recorder(QObject):
    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.batches: list[tuple[TaskEvent, ...]] = []
        self.threads: set[QThread] = set()
        bridge.eventsArrived.connect(self.take)

    def take(self, events: tuple[TaskEvent, ...]) -> None:
        self.batches.append(events)
        self.threads.add(QThread.currentThread())

    @property
    def events(self) -> list[TaskEvent]:
        return [event for batch in self.batches for event in batch]


def _ask_from_threads(desk: Desk, threads: int, each: int) -> None:
    def ask() -> None:
        for number in range(each):
            desk.ask(f"Question {number}?", ["Yes"])

    workers = [threading.Thread(target=ask) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def test_events_of_many_threads_arrive_on_the_gui_thread_in_order(qtbot: QtBot) -> None:
    """Whatever thread brings an event about, it is handed over on the GUI thread, in the queue's own order."""
    desk = Desk(Settings(listener=ListenerSettings(max_open_tasks=1000)))
    bridge = Bridge(desk)
    recorder = Recorder(bridge)
    _ask_from_threads(desk, 8, 50)

    qtbot.waitUntil(lambda: len(recorder.events) == 400)
    bridge.close()
    desk.close()

    assert recorder.threads == {QThread.currentThread()}
    numbers = [event.sequence for event in recorder.events]
    assert numbers == sorted(numbers)
    assert len(set(numbers)) == 400


def test_a_burst_is_one_delivery(qtbot: QtBot, desk: Desk) -> None:
    """All that happens while the GUI thread is busy comes as one batch when it is free again."""
    bridge = Bridge(desk)
    recorder = Recorder(bridge)
    _ask_from_threads(desk, 4, 20)  # joining them keeps the GUI thread busy

    qtbot.waitUntil(lambda: len(recorder.events) >= 80)
    bridge.close()

    assert len(recorder.batches) == 1


def test_nothing_comes_after_close(qtbot: QtBot, desk: Desk) -> None:
    """A closed bridge passes on neither what was under way nor what happens later, and may be closed again."""
    bridge = Bridge(desk)
    recorder = Recorder(bridge)
    desk.ask("Under way?")
    bridge.close()
    bridge.close()
    desk.ask("Later?")
    with qtbot.assertNotEmitted(bridge.summoned, wait=0):
        desk.summon()

    qtbot.wait(0)

    assert recorder.batches == []


def test_a_summons_arrives_on_the_gui_thread(qtbot: QtBot, desk: Desk) -> None:
    """Asking for the window from another thread arrives as a signal."""
    bridge = Bridge(desk)
    with qtbot.waitSignal(bridge.summoned):
        thread = threading.Thread(target=desk.summon)
        thread.start()
    thread.join()
    bridge.close()


class Emitter(QObject):
    happened = Signal(object)


def test_emitting_keeps_the_count_of_true(qtbot: QtBot) -> None:
    """Emitting a signal leaves the reference count of True alone: PySide6 6.12.0 drops one each time."""
    emitter = Emitter()
    emitter.happened.connect(lambda _value: None)
    before = sys.getrefcount(True)
    for number in range(1000):
        emitter.happened.emit(number)

    assert abs(sys.getrefcount(True) - before) < 100
