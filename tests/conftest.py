"""What holds for every test: a home of its own, and nothing left behind that still runs or complains."""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from deskbell.folders import HOME_VARIABLE

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before anything imports Qt, which aborts without a display

hypothesis.settings.register_profile("deskbell", database=None, deadline=None)
hypothesis.settings.load_profile("deskbell")

FAREWELL_SECONDS = 3.0


def pytest_configure() -> None:
    """Let the programs that tests start hear of Ctrl-C and hang-up, even if whoever started the tests does not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def no_thread_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that leaves a thread running, and say where it was started."""
    started: dict[threading.Thread, traceback.StackSummary] = {}
    start = threading.Thread.start

    def noting_start(thread: threading.Thread) -> None:
        frames = traceback.walk_stack(sys._getframe(1))
        started[thread] = traceback.StackSummary.extract(frames, limit=8, lookup_lines=False)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", noting_start)
    yield
    deadline = time.monotonic() + FAREWELL_SECONDS
    for thread in started:
        if thread is not threading.current_thread() and thread.is_alive():
            thread.join(max(0.0, deadline - time.monotonic()))
    alive = [thread for thread in started if thread.is_alive()]
    left = [f"{thread.name}, started at\n{''.join(started[thread].format())}" for thread in alive]
    assert not left, "Threads still run: " + "\n".join(left)


class LogWatch(logging.Handler):
    """Keeps what is logged as a warning or worse, and knows what of that was to be expected."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self.expected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(f"{record.levelname} {record.name}: {self.format(record)}")

    def surprises(self) -> list[str]:
        return [text for text in self.messages if not any(re.search(pattern, text) for pattern in self.expected)]

    def missing(self) -> list[str]:
        return [pattern for pattern in self.expected if not any(re.search(pattern, text) for text in self.messages)]


@pytest.fixture(autouse=True)
def log_watch() -> Iterator[LogWatch]:
    """Fail a test that logs a warning or worse unless it said so with ``expect_log``."""
    watch = LogWatch()
    logging.getLogger().addHandler(watch)
    yield watch
    logging.getLogger().removeHandler(watch)
    assert not watch.surprises(), "Unexpected log records:\n" + "\n".join(watch.surprises())
    assert not watch.missing(), f"Never logged: {watch.missing()}"


@pytest.fixture
def expect_log(log_watch: LogWatch) -> Callable[[str], None]:
    """Say that a warning or worse that matches a regular expression must be logged during this test."""
    return log_watch.expected.append


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the files of whoever runs it, and from those of other tests."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
