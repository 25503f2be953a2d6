"""How many questions each client may still ask: a token bucket for each of them."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from deskbell.clock import SYSTEM_CLOCK, Clock
from deskbell.http.problems import Problem

if TYPE_CHECKING:
    from deskbell.http.schemas import SourceIn
    from deskbell.settings import ListenerSettings

MAX_CLIENTS: Final = 1_000
"""How many clients are remembered; the one that has asked nothing for the longest is forgotten first."""

_TOO_FAST: Final = (
    "This client asks more than {rate} questions a second. Ask again in {seconds} s, "
    "or raise listener.questions_per_second."
)

Client = tuple[str, str | int]


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Allowances:
    """Takes one from a client's allowance at each question. One thread at a time may use it.

    A client is what the asker calls itself, so this stops a loop that has gone wild, not somebody who lies: that is
    what the limit on open questions is for.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK, max_clients: int = MAX_CLIENTS) -> None:
        self._clock = clock
        self._max_clients = max_clients
        self._buckets: OrderedDict[Client, _Bucket] = OrderedDict()

    def take(self, source: SourceIn, settings: ListenerSettings) -> None:
        """Let the client of ``source`` ask once more. Raises Problem (429) when it has asked too fast."""
        bucket = self._bucket(client_of(source), settings)
        if bucket.left < 1:
            seconds = math.ceil((1 - bucket.left) / settings.questions_per_second)
            words = _TOO_FAST.format(rate=settings.questions_per_second, seconds=seconds)
            raise Problem(429, words, headers={"Retry-After": str(seconds)})
        bucket.left -= 1

    def _bucket(self, client: Client, settings: ListenerSettings) -> _Bucket:
        """The client's bucket as it is now, the last in the table."""
        now = self._clock.monotonic()
        bucket = self._buckets.pop(client, None)
        if bucket is None:
            bucket = _Bucket(settings.question_burst, now)
            if len(self._buckets) >= self._max_clients:
                self._buckets.popitem(last=False)
        refilled = bucket.left + (now - bucket.at) * settings.questions_per_second
        bucket.left, bucket.at = min(refilled, settings.question_burst), now
        self._buckets[client] = bucket
        return bucket


def client_of(source: SourceIn) -> Client:
    """Whom to count a question for: a session, else a process, else an agent, else all who say nothing together."""
    if source.session:
        return "session", source.session
    if source.pid is not None:
        return "pid", source.pid
    return "agent", source.agent
