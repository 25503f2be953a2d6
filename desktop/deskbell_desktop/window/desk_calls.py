"""What a person does in the window, passed on to the desk."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal, Slot

from deskbell.desk import Desk
from deskbell.errors import DeskbellError, TaskFinished, TaskNotFound
from deskbell.task import Answer, Draft, Task

_TOUCH_SECONDS: Final = 1.0
_MINUTE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class _Sent:
    task_id: str
    draft: Draft
    kept: Future[Task]


class DeskCalls(QObject):
    """Calls the desk, which waits for nothing, and tells in a sentence what it refused. GUI thread only.

    Every call says whether it was taken. Only an answer that comes too late is worth a sentence; for the rest it is
    enough that the task's end arrives as an event. An answer that was taken counts once it is kept: ``returned`` gives
    it back when it could not be.
    """

    refused = Signal(str)
    returned = Signal(str, object)  # the task's id and the Draft that was sent
    _settled = Signal(object)  # _Sent

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._touched = ("", -math.inf)
        self._sending: set[str] = set()
        self._settled.connect(self._on_settled, Qt.ConnectionType.QueuedConnection)

    def answer(self, task_id: str, draft: Draft) -> bool:
        """Send what was entered."""
        answer = Answer(draft.options, draft.text, draft.fields, draft.attachments)
        return self._try(
            lambda: self._follow(_Sent(task_id, draft, self._desk.answer(task_id, answer))), self._too_late
        )

    def is_sending(self, task_id: str) -> bool:
        """Whether an answer was taken that is not kept yet."""
        return task_id in self._sending

    @property
    def _too_late(self) -> str:
        return self.tr("This question had ended before: somebody else or the countdown was first.")

    def _follow(self, sent: _Sent) -> None:
        if not sent.kept.done():
            self._sending.add(sent.task_id)
            sent.kept.add_done_callback(partial(self._pass_on, sent))
        elif sent.kept.exception():
            self._on_settled(sent)

    def _pass_on(self, sent: _Sent, _kept: Future[Task]) -> None:
        """On the thread that kept it."""
        self._settled.emit(sent)

    @Slot(object)
    def _on_settled(self, sent: _Sent) -> None:
        self._sending.discard(sent.task_id)
        error = sent.kept.exception()
        if isinstance(error, (TaskFinished, TaskNotFound)):
            self.refused.emit(self._too_late)
        elif error is not None:
            self.refused.emit(str(error))
            self.returned.emit(sent.task_id, sent.draft)

    def save_draft(self, task_id: str, draft: Draft) -> bool:
        """Keep what was entered so far; an empty draft takes it away."""
        return self._try(lambda: self._desk.set_draft(task_id, draft or None))

    def activate(self, task_id: str) -> bool:
        """Bring another question forward."""
        return self._try(lambda: self._desk.activate(task_id))

    def touch(self, task_id: str) -> None:
        """Somebody is busy with this question. Passed on at most once a second."""
        last_id, last_time = self._touched
        now = time.monotonic()
        if task_id != last_id or now - last_time >= _TOUCH_SECONDS:
            self._touched = (task_id, now)
            self._try(lambda: self._desk.touch(task_id))

    def hold(self, task_id: str) -> bool:
        """Stop a countdown."""
        return self._try(lambda: self._desk.hold(task_id))

    def release(self, task_id: str) -> bool:
        """Let a countdown go on."""
        return self._try(lambda: self._desk.release(task_id))

    def give_a_minute(self, task_id: str) -> bool:
        """Lengthen a countdown."""
        return self._try(lambda: self._desk.extend(task_id, _MINUTE_SECONDS))

    def _try(self, call: Callable[[], object], too_late: str = "") -> bool:
        try:
            call()
        except (TaskFinished, TaskNotFound):
            if too_late:
                self.refused.emit(too_late)
            return False
        except DeskbellError as error:
            self.refused.emit(str(error))
            return False
        return True
