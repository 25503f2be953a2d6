"""How fast a client may ask, and how many may wait."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from deskbell.http.allowances import Allowances, client_of
from deskbell.http.problems import Problem
from deskbell.http.schemas import SourceIn
from deskbell.settings import ListenerSettings

SETTINGS = ListenerSettings(question_burst=3, questions_per_second=2)
AGENT = SourceIn(agent="agent")


def takes(allowances: Allowances, source: SourceIn = AGENT, settings: ListenerSettings = SETTINGS) -> int:
    """How many questions a client gets through at once."""
    for count in range(1_000_000):
        try:
            allowances.take(source, settings)
        except Problem:
            return count
    raise AssertionError("there is no limit")


def test_a_client_may_ask_in_a_burst(clock: Any) -> None:
    """So many questions at once, and no more."""
    assert takes(Allowances(clock)) == 3


def test_an_allowance_fills_up_again(clock: Any) -> None:
    """At its rate, up to a burst and never beyond."""
    allowances = Allowances(clock)
    taken = [takes(allowances)]
    for seconds in (0.25, 0.25, 1, 1000):
        clock.jump(seconds)
        taken.append(takes(allowances))

    assert taken == [3, 0, 1, 2, 3]


def test_the_refusal_says_when_to_come_back(clock: Any) -> None:
    """In whole seconds, after which there is one more."""
    allowances, slow = Allowances(clock), ListenerSettings(question_burst=1, questions_per_second=1)
    allowances.take(AGENT, slow)
    clock.jump(0.2)

    with pytest.raises(Problem, match=r"more than 1 questions a second\. Ask again in 1 s") as refusal:
        allowances.take(AGENT, slow)

    assert (refusal.value.status, refusal.value.headers) == (429, {"Retry-After": "1"})
    clock.jump(1)
    allowances.take(AGENT, slow)


def test_each_client_has_its_own_allowance(clock: Any) -> None:
    """One that has gone wild silences nobody else."""
    allowances = Allowances(clock)
    takes(allowances, SourceIn(agent="agent", session="wild"))

    assert takes(allowances, SourceIn(agent="agent", session="calm")) == 3
    assert takes(allowances, SourceIn(agent="agent", session="wild")) == 0


@pytest.mark.parametrize(
    ("source", "client"),
    [
        (SourceIn("agent", "project", "branch", "session", 5), ("session", "session")),
        (SourceIn("agent", "project", "branch", "", 5), ("pid", 5)),
        (SourceIn("agent", "project", "branch"), ("agent", "agent")),
        (SourceIn(project="project", branch="branch"), ("agent", "")),
    ],
)
def test_who_counts_as_one_client(source: SourceIn, client: object) -> None:
    """The session, else the process, else the agent; all who say nothing share one allowance."""
    assert client_of(source) == client


def test_only_so_many_clients_are_remembered(clock: Any) -> None:
    """Names without end take no memory without end; the one that was silent for the longest is forgotten."""
    allowances = Allowances(clock, max_clients=2)
    for session in ("a", "b", "a", "c"):
        takes(allowances, SourceIn(session=session))

    assert takes(allowances, SourceIn(session="a")) == 0
    assert takes(allowances, SourceIn(session="b")) == 3
    assert len(allowances._buckets) == 2


def test_other_settings_hold_at_once(clock: Any) -> None:
    """A smaller burst counts for clients that are known already."""
    allowances = Allowances(clock)
    allowances.take(AGENT, ListenerSettings(question_burst=100))

    assert takes(allowances, settings=ListenerSettings(question_burst=5)) == 5


def test_asking_too_fast_is_refused_over_http(bench: Any, listening: Callable[..., None]) -> None:
    """With a problem that says when to try again; nothing comes onto the desk, and others may ask."""
    listening(question_burst=2, questions_per_second=1)
    replies = [bench.call("POST", "/v1/tasks", {"prompt": "?", "source": {"session": "s"}}) for _ in range(3)]

    assert [reply.status for reply in replies] == [201, 201, 429]
    assert replies[-1].headers["content-type"] == "application/problem+json"
    assert replies[-1].headers["retry-after"] == "1"
    assert "Ask again in 1 s" in replies[-1].json["detail"]
    assert len(bench.desk.tasks()) == 2
    assert bench.call("POST", "/v1/tasks", {"prompt": "?", "source": {"session": "t"}}).status == 201


def test_answering_is_not_limited(bench: Any, listening: Callable[..., None]) -> None:
    """Only new questions count."""
    listening(question_burst=1, questions_per_second=1)
    task_id = bench.call("POST", "/v1/tasks", {"prompt": "?"}).json["task_id"]

    assert {bench.call("PUT", f"/v1/tasks/{task_id}/draft", {"text": "x"}).status for _ in range(5)} == {200}


def test_waits_and_streams_share_the_seats(
    bench: Any, listening: Callable[..., None], until: Callable[..., None]
) -> None:
    """Whoever comes when all are taken is told when to come back, and what is there can be read all the same."""
    listening(max_waiters=2)
    task_id = bench.ask()
    reader = bench.stream()
    waiting = bench.send(bench.head("GET", f"/v1/tasks/{task_id}?wait=60"))
    until(lambda: bench.waiting() == 1)

    replies = [bench.call("GET", path) for path in (f"/v1/tasks/{task_id}?wait=60", "/v1/events")]

    for reply in replies:
        assert (reply.status, reply.headers["retry-after"]) == (429, "5")
        assert reply.headers["content-type"] == "application/problem+json"
        assert "2 clients are waiting already" in reply.json["detail"]
    assert bench.call("GET", f"/v1/tasks/{task_id}").status == 200
    assert bench.waiting() == 1
    reader.close()
    bench.call("POST", f"/v1/tasks/{task_id}/answer", {"options": ["Yes"]})
    assert bench.read(waiting).status == 200


def test_a_seat_is_free_again_when_its_client_has_left(
    bench: Any, listening: Callable[..., None], until: Callable[..., None]
) -> None:
    """By an answer, the end of the wait or a closed connection."""
    listening(max_waiters=1)
    task_id = bench.ask()
    assert bench.call("GET", f"/v1/tasks/{task_id}?wait=0.01").status == 200
    waiting = bench.send(bench.head("GET", f"/v1/tasks/{task_id}?wait=60"))
    until(lambda: bench.waiting() == 1)
    waiting.close()
    until(lambda: bench.waiting() == 0)
    bench.stream().close()
    bench.sockets[-1].close()
    until(lambda: bench.call("GET", f"/v1/tasks/{task_id}?wait=0.01").status == 200)

    waiting = bench.send(bench.head("GET", f"/v1/tasks/{task_id}?wait=60"))
    until(lambda: bench.waiting() == 1)
    bench.call("POST", f"/v1/tasks/{task_id}/answer", {"options": ["Yes"]})

    assert bench.read(waiting).json["status"] == "completed"
    assert bench.stream().status == 200


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_listener_makes_room_for_connections() -> None:
    """More clients may wait than most systems let a process open files."""
    code = (
        "import resource; from deskbell.desk import Desk; from deskbell.http.server import Listener\n"
        "_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))\n"
        "desk = Desk(); listener = Listener(desk, 'token', port=0); listener.start(); listener.stop(); desk.close()\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], hard)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    soft, hard = map(int, done.stdout.split())

    assert soft == (16_384 if hard == -1 else min(16_384, hard))
