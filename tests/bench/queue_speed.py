"""How fast the queue is, whatever else it holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from deskbell.task_queue import Task, TaskQueue
from rows import Row

RESIDENTS = (10, 1_000, 100_000)
_GOAL = 200_000
_SPREAD_GOAL = 1.3
_ROUNDS = 3


def measure(*, cycles: int) -> Iterator[Row]:
    """Add, complete and remove, per second, beside a bare dict and a lock."""
    speeds = [_queue_speed(residents, cycles) for residents in RESIDENTS]
    for residents, speed in zip(RESIDENTS, speeds, strict=True):
        yield Row(f"queue cycles, {residents:,} resident", speed, "/s", _GOAL, more_is_better=True)
    yield Row("queue: slowest size against fastest", max(speeds) / min(speeds), "times", _SPREAD_GOAL)
    yield Row("bare dict and lock, the same Task", _bare_speed(cycles), "/s", note="to compare with")


def _queue_speed(residents: int, cycles: int) -> float:
    queue = TaskQueue(max_tasks=residents + 10)
    try:
        for number in range(residents):
            queue.add_task(f"resident-{number}", "p")

        def cycle(name: str) -> None:
            queue.add_task(name, "p")
            queue.complete_task(name, {"text": "ok"})
            queue.remove_task(name)

        return _best_rate(cycle, cycles)
    finally:
        queue.stop_cleanup()


def _bare_speed(cycles: int) -> float:
    tasks: dict[str, Task] = {}
    lock = threading.Lock()

    def cycle(name: str) -> None:
        task = Task(name, "p")
        with lock:
            tasks[name] = task
        with lock:
            tasks[name].status, tasks[name].result = "completed", {"text": "ok"}
        with lock:
            del tasks[name]

    return _best_rate(cycle, cycles)


def _best_rate(cycle: Callable[[str], None], cycles: int) -> float:
    names = [f"t{number}" for number in range(cycles)]
    best = 0.0
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        for name in names:
            cycle(name)
        best = max(best, cycles / (time.perf_counter() - start))
    return best
