"""The one way by which what happens in the core reaches the GUI thread."""

from __future__ import annotations

import threading
import time
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from deskbell.desk import Desk
from deskbell.events import TaskEvent

_FRAME_SECONDS: Final = 0.016
_SHARE: Final = 3  # rest so many times as long as the work took
_LONGEST_REST_SECONDS: Final = 0.25


class Bridge(QObject):
    """Collects desk events on any thread and hands them over in batches on the GUI thread.

    Create and connect it on the GUI thread before anything can ring. However many events arrive while the GUI thread is
    busy, one queued call is under way, and it takes along all that has come until it runs. Order is kept. After a batch
    it rests for a frame, or longer if the batch took long, so that a burst leaves the machine to those who ring.
    """

    eventsArrived = Signal(object)  # tuple[TaskEvent, ...]
    summoned = Signal()
    troubled = Signal(str)  # a sentence for the person; empty when all is well again
    _wake = Signal()

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._lock = threading.Lock()
        self._events: list[TaskEvent] = []
        self._is_closed = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._deliver)
        self._wake.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        desk.subscribe(self._collect)
        desk.on_summons(self._pass_on_summons)

    def close(self) -> None:
        """Let nothing more through. Idempotent."""
        self._is_closed = True
        self._rest.stop()
        self._desk.unsubscribe(self._collect)

    def pass_on_trouble(self, sentence: str) -> None:
        """Let the window say that something is wrong. Any thread."""
        if not self._is_closed:
            self.troubled.emit(sentence)

    def _collect(self, event: TaskEvent) -> None:
        with self._lock:
            self._events.append(event)
            is_first = len(self._events) == 1
        if is_first:
            self._wake.emit()

    def _pass_on_summons(self) -> None:
        if not self._is_closed:
            self.summoned.emit()

    @Slot()
    def _deliver(self) -> None:
        if self._rest.isActive():
            return
        with self._lock:
            events, self._events = self._events, []
        if events and not self._is_closed:
            start = time.monotonic()
            self.eventsArrived.emit(tuple(events))
            took = time.monotonic() - start
            self._rest.start(round(1000 * min(max(_FRAME_SECONDS, _SHARE * took), _LONGEST_REST_SECONDS)))
