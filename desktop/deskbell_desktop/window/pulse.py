"""When the window has to be looked over because time has passed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from deskbell.task import Task

COUNTING_MILLISECONDS: Final = 500
AGING_MILLISECONDS: Final = 30_000


class Pulse(QObject):
    """Beats twice a second while a countdown that can be seen runs, slowly while only ages grow, else never."""

    beat = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.beat)

    @property
    def milliseconds(self) -> int:
        """The time between two beats; 0 for none."""
        return self._timer.interval() if self._timer.isActive() else 0

    def follow(self, tasks: Iterable[Task], *, can_be_seen: bool) -> None:
        """Beat as these open tasks need it."""
        shown = list(tasks) if can_be_seen else []
        if any(task.auto_resubmit_timeout and not task.is_held for task in shown):
            self._run(COUNTING_MILLISECONDS)
        elif shown:
            self._run(AGING_MILLISECONDS)
        else:
            self._timer.stop()

    def _run(self, milliseconds: int) -> None:
        if self.milliseconds != milliseconds:
            self._timer.start(milliseconds)
