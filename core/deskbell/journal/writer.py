"""The one thread that writes the journal: whatever came while the last commit was under way goes into the next."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from deskbell.clock import Clock
from deskbell.errors import JournalBusy, JournalClosed, JournalError
from deskbell.journal import failures
from deskbell.journal.store import ALIVE_AT, Store

log = logging.getLogger(__name__)

LINGER_SECONDS: Final = 0.05
"""How long a note that nobody waits for may wait for others."""

LOCK_SECONDS: Final = 30.0
"""How long a note waits for a lock that another program holds."""

BEAT_SECONDS: Final = 5.0
"""How often the journal is told that the desk is alive while countdowns run."""

RETRY_SECONDS: Final = 5.0
"""How long after a failure to try again what nobody waits for."""

IDLE_SECONDS: Final = 1.0
"""How long nothing must happen before the house is kept."""

CHECKPOINT_COMMITS: Final = 1_000
"""After so many commits the log is worked into the journal even if there is no idle moment for it."""

_LAST_SECONDS: Final = 2.0  # patience with a lock when the desk closes


@dataclass(slots=True, eq=False)
class Note:
    """Something to write. ``settled`` hears how it went; without one the note of its ``topic`` is tried again later."""

    write: Callable[[Store], None]
    settled: Callable[[JournalError | None], None] | None
    topic: str
    since: float


@dataclass(frozen=True, slots=True)
class House:
    """What the writer asks of its owner, on its own thread.

    ``reopen`` closes a store that is damaged or gone and gives another in its place. ``keep`` tidies up a little while
    nothing is to be written and says whether there is more. ``is_running`` says whether any countdown runs. ``trouble``
    hears of an error, and None when the next commit has gone well again.
    """

    reopen: Callable[[Store, Exception], Store]
    keep: Callable[[Store], bool]
    is_running: Callable[[], bool]
    trouble: Callable[[JournalError | None], None]


class Writer:
    """``note`` may be called from any thread, with any lock held that no ``settled`` takes; it waits for nothing."""

    def __init__(self, store: Store, house: House, clock: Clock, *, lock_seconds: float = LOCK_SECONDS) -> None:
        self._store = store
        self._house = house
        self._clock = clock
        self._lock_seconds = lock_seconds
        self._lock = threading.Lock()
        self._wakeup = threading.Condition(self._lock)
        self._notes: list[Note] = []
        self._is_urgent = False
        self._closing_since = math.inf
        self._later: dict[str, Note] = {}  # what could not be kept and nobody waits for, by topic
        self._retry_at = math.inf
        self._beat_at = -math.inf
        self._tidy_at = clock.monotonic() + IDLE_SECONDS
        self._in_trouble = False
        self._has_ended = False
        self._commits = 0  # since the log was last worked into the journal
        self._broken_by: Exception | None = None  # as long as there is no other store in place of the damaged one
        self._thread = threading.Thread(target=self._run, name="DeskbellJournal", daemon=True)
        self._thread.start()

    def note(
        self,
        write: Callable[[Store], None],
        settled: Callable[[JournalError | None], None] | None = None,
        *,
        topic: str = "",
    ) -> None:
        """Write soon; at once, and then call ``settled``, if somebody waits for it. Notes keep their order."""
        note = Note(write, settled, topic, self._clock.monotonic())
        with self._lock:
            if self._has_ended:
                if settled is not None:  # not here: the caller may hold a lock that it takes
                    threading.Thread(target=_tell, args=(note, JournalClosed())).start()
                return
            self._notes.append(note)
            if settled is not None or len(self._notes) == 1:
                self._is_urgent |= settled is not None
                self._wakeup.notify()

    def close(self, seconds: float) -> None:
        """Write what is noted and end, at most ``seconds`` from now."""
        with self._lock:
            self._closing_since = min(self._closing_since, self._clock.monotonic())
            self._wakeup.notify()
        if self._thread is not threading.current_thread():
            self._thread.join(seconds)

    # -- the thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while self._wait():
            notes, now = self._take(), self._clock.monotonic()
            is_idle = not notes and now >= self._tidy_at
            if notes or self._later or now >= self._next_beat():
                self._keep([*self._later.values(), *notes])
            if self._commits >= CHECKPOINT_COMMITS:
                self._checkpoint()
            if is_idle:
                self._tidy()
        self._store.close(keeps_log=bool(self._later))  # what could not be kept may be the word that all is well

    def _wait(self) -> bool:
        """Sleep until something is due; False once there is nothing left and no more will come."""
        with self._lock:
            while (due := self._due()) > (now := self._clock.monotonic()):
                if self._closing_since < math.inf:
                    self._has_ended = True
                    return False
                self._clock.wait(self._wakeup, None if due == math.inf else due - now)
            return True

    def _due(self) -> float:
        if self._notes:
            is_now = self._is_urgent or self._closing_since < math.inf
            return -math.inf if is_now else self._notes[0].since + LINGER_SECONDS
        return min(self._next_beat(), self._retry_at, self._tidy_at)

    def _next_beat(self) -> float:
        return self._beat_at + BEAT_SECONDS if self._house.is_running() else math.inf

    def _take(self) -> list[Note]:
        with self._lock:
            notes, self._notes = self._notes, []
            self._is_urgent = False
            return notes

    def _keep(self, notes: list[Note]) -> None:
        self._later.clear()
        self._retry_at = math.inf
        self._beat_at = self._clock.monotonic()
        has_reopened = False
        while True:
            try:
                self._write(notes)
            except Exception as failure:  # whatever it was, those who wait have to learn it
                if (failures.is_damage(failure) or isinstance(failure, failures.OutOfPlace)) and not has_reopened:
                    has_reopened = self._reopen(failure, notes)
                    if has_reopened:
                        continue
                    return
                notes = self._after(failure, notes)
                if not notes:
                    return
            else:
                self._settle(notes)
                return

    def _write(self, notes: list[Note]) -> None:
        if self._broken_by is not None:
            raise self._broken_by
        self._store.check_place()
        now = self._clock.monotonic()
        with self._store.transaction():
            for note in notes:
                note.write(self._store)
            if self._house.is_running():
                self._store.set_fact(ALIVE_AT, now)
        if notes:  # a sign of life leaves nothing to tidy up
            self._tidy_at = now + IDLE_SECONDS
        self._commits += 1

    def _settle(self, notes: list[Note]) -> None:
        for note in notes:
            self._later.pop(note.topic, None)  # which is older
        if self._in_trouble and not self._later:
            self._in_trouble = False
            self._report(None)
        for note in notes:
            _tell(note, None)

    def _after(self, failure: Exception, notes: list[Note]) -> list[Note]:
        """Give up what has to be given up; what is to be tried again."""
        if failures.is_lock(failure):
            return self._outwait_lock(notes)
        if len(notes) > 1:
            return self._keep_singly(notes)
        for note in notes:
            self._give_up(note, failures.error_for(failure))
        return []

    def _keep_singly(self, notes: list[Note]) -> list[Note]:
        """Let only that suffer which cannot be kept; what is to be tried again."""
        for number, note in enumerate(notes):
            try:
                self._write([note])
            except Exception as failure:  # as in ``_keep``
                if failures.is_lock(failure):
                    return notes[number:]
                self._give_up(note, failures.error_for(failure))
            else:
                self._settle([note])
        return []

    def _outwait_lock(self, notes: list[Note]) -> list[Note]:
        now = self._clock.monotonic()
        notes = [*notes, *self._take()]
        latest = now if now > self._closing_since + _LAST_SECONDS else now - self._lock_seconds
        for note in notes:
            if note.since < latest:
                self._give_up(note, JournalBusy())
        return [note for note in notes if note.since >= latest]

    def _give_up(self, note: Note, error: JournalError) -> None:
        self._in_trouble = True
        self._report(error)
        if note.settled is None:
            self._later[note.topic] = note
            self._retry_at = self._clock.monotonic() + RETRY_SECONDS
        _tell(note, error)

    def _reopen(self, failure: Exception, notes: list[Note]) -> bool:
        self._broken_by = failure
        try:
            self._store = self._house.reopen(self._store, failure)
        except Exception as again:
            log.exception("The journal cannot be replaced")
            error = failures.error_for(again)
            for note in notes:
                self._give_up(note, error)
            return False
        self._broken_by = None
        self._in_trouble &= isinstance(failure, failures.LogGone)  # its owner tells of all else
        return True

    def _checkpoint(self) -> None:
        """Do what is left to an idle moment otherwise. What has been committed stands, however this goes."""
        self._commits = 0
        try:
            self._store.checkpoint()
        except failures.FAILURES as failure:
            log.warning("The journal's log could not be worked in: %s", failure)

    def _tidy(self) -> None:
        self._tidy_at = math.inf
        try:
            if self._house.keep(self._store):
                self._tidy_at = self._clock.monotonic() + IDLE_SECONDS
        except failures.FAILURES as failure:
            log.warning("The journal could not be tidied: %s", failure)
        except Exception:
            log.exception("The journal could not be tidied")

    def _report(self, error: JournalError | None) -> None:
        try:
            self._house.trouble(error)
        except Exception:
            log.exception("Somebody failed to hear how the journal is")


def _tell(note: Note, error: JournalError | None) -> None:
    if note.settled is None:
        return
    try:
        note.settled(error)
    except Exception:
        log.exception("Somebody failed to hear that a note is kept")
