"""The last events of the desk, kept for readers that follow them or come back for them."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading
from collections import deque
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deskbell.events import TaskEvent
    from deskbell.task import Attachment

CAPACITY: Final = 1_000
MAX_CHARACTERS: Final = 16 * 1024 * 1024
"""How much prompt text the kept events may hold together."""


@dataclass(slots=True)
class Entry:
    """One event by its number. ``frame`` is how it travels, once somebody has written it down."""

    number: int
    event: TaskEvent
    frame: bytes | None = None


class Feed:
    """Numbers events and keeps the last ones.

    ``record`` may be called from any thread, one call at a time, as a desk does. Readers live on one event loop and are
    woken once for however many events came in the meantime. ``instance`` tells this feed from an earlier one.
    """

    def __init__(self, capacity: int = CAPACITY, max_characters: int = MAX_CHARACTERS) -> None:
        self.instance = secrets.token_hex(4)
        self._capacity = capacity
        self._max_characters = max_characters
        self._characters = 0
        self._last = 0
        self._entries: deque[Entry] = deque()
        self._lock = threading.Lock()
        self._readers: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._waking = False

    @property
    def latest(self) -> int:
        """The number of the last event; 0 before the first."""
        return self._last

    def record(self, event: TaskEvent) -> None:
        """Keep an event and wake the readers."""
        light = _without_files(event)
        with self._lock:
            self._last += 1
            self._entries.append(Entry(self._last, light))
            self._characters += len(light.task.prompt)
            while len(self._entries) > self._capacity or self._characters > self._max_characters:
                self._characters -= len(self._entries.popleft().event.task.prompt)
            if self._readers and not self._waking:
                self._waking = True
                next(iter(self._readers.values())).call_soon_threadsafe(self._wake)

    def after(self, number: int) -> list[Entry] | None:
        """The events that came after ``number``; None if some of them are kept no more or the number is unknown."""
        with self._lock:
            missed = self._last - number
            if not 0 <= missed <= len(self._entries):
                return None
            return list(islice(self._entries, len(self._entries) - missed, None))

    @contextlib.contextmanager
    def reader(self) -> Iterator[asyncio.Event]:
        """An event that is set, on the running loop, whenever there is something new."""
        news = asyncio.Event()
        with self._lock:
            self._readers[news] = asyncio.get_running_loop()
        try:
            yield news
        finally:
            with self._lock:
                del self._readers[news]

    def _wake(self) -> None:
        with self._lock:
            self._waking = False
            readers = tuple(self._readers)
        for news in readers:
            news.set()


def _without_files(event: TaskEvent) -> TaskEvent:
    """An event that keeps no file's content in memory."""
    task = event.task
    answered_with = (task.result or {}).get("attachments")
    if not (task.details.attachments or answered_with or task.draft):
        return event
    twin = task.copy()
    twin.draft = None
    twin.details = replace(task.details, attachments=tuple(map(_emptied, task.details.attachments)))
    if twin.result is not None:
        twin.result["attachments"] = [{**file, "data": ""} for file in answered_with or ()]
    return replace(event, task=twin)


def _emptied(file: Attachment) -> Attachment:
    return replace(file, data=b"")
