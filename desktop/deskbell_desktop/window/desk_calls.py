"""What a person does in the window, passed on to the desk."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, Signal

from deskbell.desk import Desk
from deskbell.errors import DeskbellError, TaskFinished, TaskNotFound
from deskbell.task import Answer, Draft

_TOUCH_SECONDS: Final = 1.0
_MINUTE_SECONDS: Final = 60


class DeskCalls(QObject):
    """Calls the desk, which waits for nothing, and tells in a sentence what it refused. GUI thread only.

    Every call says whether it was taken. Only an answer that comes too late is worth a sentence; for the rest it is
    enough that the task's end arrives as an event.
    """

    refused = Signal(str)

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._touched = ("", -math.inf)

    def answer(self, task_id: str, draft: Draft) -> bool:
        """Send what was entered."""
        answer = Answer(draft.options, draft.text, draft.fields, draft.attachments)
        too_late = self.tr("This question had ended before: somebody else or the countdown was first.")
        return self._try(lambda: self._desk.answer(task_id, answer), too_late)

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
