"""What a desk has to bear for minutes, and what it weighs afterwards."""

from __future__ import annotations

import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

import history_search
from deskbell.endpoint import find_endpoint
from deskbell.journal.files import Files
from deskbell.journal.store import Store
from rig.app import Launcher, Start
from rig.settings import write_settings
from rig.verdict import JOURNAL, copy_of
from rows import Row, percentile
from wire import Wire

MEMORY_MIB = 15
DESCRIPTORS = 5
SEARCH_MS = 50

_MEBIBYTE = 2**20
_WIDE_OPEN = {"max_open_tasks": 10_000, "question_burst": 100_000, "questions_per_second": 100_000}
_HISTORY = {"keep_questions": 100_000, "keep_days": 36_500}
_HEAD_START = 0.25  # seconds that the window has before somebody else answers
_CONFLICT = "HTTP 409"
_WORDS = ("deploy", "lustaingvan", "ka de", "zzzz", "数据库迁移", "")


@dataclass(frozen=True)
class Bench:
    """An app that runs, and how long things are to settle before it is weighed."""

    launcher: Launcher
    home: Path
    settle_seconds: float

    def start(self) -> None:
        """Start the app, its hands clicking at whatever they see."""
        self.launcher.start_listening(Start(str(self.home), is_eager=True))

    def wires(self, number: int) -> list[Wire]:
        """Connections to it."""
        desk = find_endpoint()
        return [Wire(desk.url, desk.token) for _ in range(number)]

    def weigh(self) -> tuple[float, int]:
        """Resident MiB and open descriptors, once what has ended is forgotten."""
        time.sleep(self.settle_seconds)
        process = psutil.Process(self.launcher.pid)
        return process.memory_info().rss / _MEBIBYTE, process.num_fds()


def prepare(home: Path) -> None:
    """Write the settings of a desk that takes everything."""
    write_settings(home, listener=_WIDE_OPEN, history=_HISTORY, window={"arm_milliseconds": 0})


def weighed(bench: Bench, name: str, load: Callable[[], Iterator[Row]], warm_up: Callable[[], Any]) -> Iterator[Row]:
    """The rows of a load on an app of its own, and what is left of it in memory and descriptors."""
    bench.start()
    warm_up()
    memory, descriptors = bench.weigh()
    yield from load()
    memory_after, descriptors_after = bench.weigh()
    yield Row(f"{name}: memory it leaves", memory_after - memory, "MiB", MEMORY_MIB, note=f"from {memory:.0f} MiB")
    yield Row(f"{name}: descriptors it leaves", abs(descriptors_after - descriptors), "", DESCRIPTORS)
    code = bench.launcher.stop()
    yield Row(f"{name}: exit code", abs(code), "", 0)


def steady(bench: Bench, *, rate: int, seconds: float) -> Iterator[Row]:
    """So many questions a second, answered by clicks as fast as the window shows them and over HTTP by and by."""
    asker, answerer = bench.wires(2)
    asked: dict[str, float] = {}
    waiting: deque[tuple[float, str]] = deque()
    times: list[float] = []
    by_click = 0
    start = time.monotonic()
    for number in range(int(rate * seconds)):
        _sleep_until(start + number / rate)
        before = time.monotonic()
        task_id = asker.ask(f"Number {number}?")
        times.append(time.monotonic() - before)
        asked[task_id] = before
        waiting.append((before, task_id))
        while waiting and waiting[0][0] < time.monotonic() - _HEAD_START:
            by_click += not _answer(answerer, waiting.popleft()[1])
    took = time.monotonic() - start
    while waiting:
        by_click += not _answer(answerer, waiting.popleft()[1])
    for wire in (asker, answerer):
        wire.close()
    name = f"{rate}/s for {seconds:.0f} s"
    yield Row(f"{name}: questions a second", len(asked) / took, "/s", 0.98 * rate, more_is_better=True)
    yield Row(f"{name}: ask → on disk, p50", 1000 * percentile(times, 0.5), "ms")
    yield Row(f"{name}: ask → on disk, p99", 1000 * percentile(times, 0.99), "ms", 50)
    yield Row(f"{name}: answered by a click", by_click, "", note=f"of {len(asked):,}")
    yield Row(f"{name}: without one answer on disk", _unanswered(bench, set(asked)), "", 0)


def burst(bench: Bench, *, number: int) -> Iterator[Row]:
    """So many within a second, while the window is looked at; then all are answered."""
    wires = bench.wires(8)
    lags: list[float] = []
    stop = threading.Event()
    looking = threading.Thread(target=_look_on, args=(bench, stop, lags))
    looking.start()
    start = time.monotonic()

    def ask(first: int) -> list[str]:
        asked = []
        for index in range(first, number, len(wires)):
            _sleep_until(start + index / number)
            asked.append(wires[first].ask(f"Burst {index}?", timeout=0))
        return asked

    with ThreadPoolExecutor(len(wires)) as pool:
        ids = [task_id for asked in pool.map(ask, range(len(wires))) for task_id in asked]
    took = time.monotonic() - start
    stop.set()
    looking.join()
    for task_id in ids:
        _answer(wires[0], task_id)
    for wire in wires:
        wire.close()
    yield Row(f"{number:,} in a second: all are on disk after", took, "s", 1.5)
    yield Row(f"{number:,} in a second: the window answers within", 1000 * max(lags), "ms", 500)
    yield Row(f"{number:,} in a second: without one answer on disk", _unanswered(bench, set(ids)), "", 0)


def waiters(bench: Bench, *, number: int, seconds: float) -> Iterator[Row]:
    """So many clients that wait all the time; then each gets its answer."""
    maker = bench.wires(1)[0]
    ids = [maker.ask(f"Leave this one alone {index}?", timeout=0) for index in range(number)]
    memory = psutil.Process(bench.launcher.pid).memory_info().rss
    wires = bench.wires(number)
    waiting = {wire.socket.fileno(): (wire, task_id) for wire, task_id in zip(wires, ids, strict=True)}
    poll = select.epoll()
    for wire, task_id in waiting.values():
        poll.register(wire.socket, select.EPOLLIN)
        _wait(wire, task_id)
    early = _serve_waiters(poll, waiting, time.monotonic() + seconds)
    grown = psutil.Process(bench.launcher.pid).memory_info().rss - memory
    answerer = bench.wires(1)[0]  # the desk has hung up on the other, which was idle
    answering = threading.Thread(target=_answer_all, args=(answerer, ids))
    start = time.monotonic()
    answering.start()
    _serve_waiters(poll, waiting, start + 60)
    released = time.monotonic() - start
    answering.join()
    left = len(waiting)
    poll.close()
    for wire in (maker, answerer, *wires):
        wire.close()
    name = f"{number} waiters for {seconds:.0f} s"
    yield Row(f"{name}: let go without an answer", early, "", 0)
    yield Row(f"{name}: memory while they wait", grown / _MEBIBYTE, "MiB", 20)
    yield Row(f"{name}: answers → all let go", released, "s", note="one answer after the other")
    yield Row(f"{name}: still waiting afterwards", left, "", 0)


def many_open(bench: Bench, *, number: int) -> Iterator[Row]:
    """So many open questions: the window lives, a crash loses none, and the next start is quick."""
    wire = bench.wires(1)[0]
    times, ids = [], []
    for index in range(number):
        before = time.monotonic()
        ids.append(wire.ask(f"Leave this one alone {index}?", timeout=200))
        times.append(time.monotonic() - before)
    before = time.monotonic()
    bench.launcher.do("look")
    lag = time.monotonic() - before
    wire.close()
    bench.launcher.kill()
    before = time.monotonic()
    bench.start()
    started = time.monotonic() - before
    wire = bench.wires(1)[0]
    before = time.monotonic()
    found = [task["task_id"] for task in wire.call("GET", "/v1/tasks")["tasks"]]
    listed = time.monotonic() - before
    for task_id in ids:
        wire.call("DELETE", f"/v1/tasks/{task_id}")
    wire.close()
    yield Row(f"{number:,} open: ask → on disk, p99", 1000 * percentile(times, 0.99), "ms", 50)
    yield Row(f"{number:,} open: the window answers within", 1000 * lag, "ms", 500)
    yield Row(f"{number:,} open: lost in a crash", len(set(ids) ^ set(found)), "", 0)
    yield Row(f"{number:,} open: in another order after it", int(ids != found), "", 0)
    yield Row(f"{number:,} open: start → listener answers", started, "s", 1.5)
    yield Row(f"{number:,} open: list of all", 1000 * listed, "ms", 500)


def fill_history(home: Path, rows: int) -> None:
    """Let so many questions have ended on a desk that does not run."""
    folder = (home / JOURNAL).parent
    folder.mkdir(mode=0o700, parents=True)
    folder.parent.chmod(0o700)
    history_search._fill(Store(home / JOURNAL, Files(folder / "files")), rows)


def history(bench: Bench, *, rows: int, rounds: int) -> Iterator[Row]:
    """Search among so many, over HTTP, while questions come and go."""
    searcher, asker = bench.wires(2)
    times = []
    for number in range(rounds):
        for words in _WORDS:
            before = time.monotonic()
            searcher.call("GET", f"/v1/history?limit=50&q={_quoted(words)}")
            times.append(time.monotonic() - before)
        _answer(asker, asker.ask(f"Meanwhile {number}?"))
    for wire in (searcher, asker):
        wire.close()
    yield Row(f"{rows:,} rows of history: search over HTTP, p50", 1000 * percentile(times, 0.5), "ms")
    yield Row(f"{rows:,} rows of history: search over HTTP, p95", 1000 * percentile(times, 0.95), "ms", SEARCH_MS)


def _quoted(words: str) -> str:
    return "".join(f"%{byte:02X}" for byte in words.encode())


def _sleep_until(moment: float) -> None:
    pause = moment - time.monotonic()
    if pause > 0:
        time.sleep(pause)


def _answer(wire: Wire, task_id: str) -> bool:
    """Answer unless the window was first; whether this one counts."""
    try:
        wire.answer(task_id)
    except RuntimeError as refusal:
        if not str(refusal).startswith(_CONFLICT):
            raise
        return False
    return True


def _answer_all(wire: Wire, ids: list[str]) -> None:
    for task_id in ids:
        _answer(wire, task_id)


def _wait(wire: Wire, task_id: str) -> None:
    wire.send(wire.request("GET", f"/v1/tasks/{task_id}?wait=55"))


def _serve_waiters(poll: select.epoll, waiting: dict[int, tuple[Wire, str]], until: float) -> int:
    """Let everybody wait on whose task is open, until nobody waits or it is ``until``; how many were let go."""
    released = 0
    while waiting and (left := until - time.monotonic()) > 0:
        for descriptor, _ in poll.poll(left):
            wire, task_id = waiting[descriptor]
            wire.feed()
            task = wire.take()
            if task is None:
                continue
            if task["answer"] is None:
                _wait(wire, task_id)
                continue
            released += 1
            del waiting[descriptor]
            poll.unregister(descriptor)
    return released


def _look_on(bench: Bench, stop: threading.Event, lags: list[float]) -> None:
    while not stop.wait(0.02):
        before = time.monotonic()
        bench.launcher.do("look")
        lags.append(time.monotonic() - before)


def _unanswered(bench: Bench, ids: set[str]) -> int:
    """How many of these have not exactly one answer in the journal."""
    ends = "SELECT count(*) FROM event WHERE task = task.number AND kind = 'completed'"
    with copy_of(bench.home / JOURNAL, bench.home / "copy") as journal:
        rows = journal.execute(f"SELECT task_id FROM task WHERE answer IS NOT NULL AND ({ends}) = 1")
        return len(ids - {row["task_id"] for row in rows})
