"""A new token while the desk runs: the old one opens nothing any more, and nobody is caught in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from deskbell.errors import EndpointError

NO_TOKEN = "Authorization: Bearer TOKEN"


def test_the_old_token_is_refused_and_the_new_one_taken(bench: Any) -> None:
    """From the reply on, on new connections."""
    old = bench.token

    reply = bench.call("POST", "/v1/token")

    assert (reply.status, reply.body) == (204, b"")
    assert bench.exchange(bench.head("GET", "/v1/tasks", token=old)).status == 401
    assert bench.call("GET", "/v1/tasks").status == 200


def test_the_reply_does_not_carry_the_token(bench: Any) -> None:
    """Clients find it where it is kept; what goes over the wire may be written down by somebody."""
    connection = bench.send(bench.head("POST", "/v1/token", "Connection: close"))
    said = b"".join(iter(lambda: connection.recv(65_536), b""))

    assert len(bench.kept) == 1
    assert bench.token.encode() not in said


def test_every_replacement_is_another_token(bench: Any) -> None:
    """Tokens are never used again, and long enough not to be guessed."""
    for _ in range(3):
        bench.call("POST", "/v1/token")

    assert len({bench.first_token, *bench.kept}) == 4
    assert min(map(len, bench.kept)) >= 43  # 32 random bytes


def test_a_connection_that_is_kept_needs_the_new_token_too(bench: Any) -> None:
    """Having been let in once is no reason to be let in again."""
    request = bench.head("GET", "/v1/tasks")
    connection = bench.send(request)
    assert bench.read(connection).status == 200
    bench.call("POST", "/v1/token")

    connection.sendall(request)

    assert bench.read(connection).status == 401


def test_event_streams_of_the_old_token_end(bench: Any) -> None:
    """Whoever reads with the old token reads no further; others go on."""
    old_reader = bench.stream()
    bench.call("POST", "/v1/token")
    new_reader = bench.stream()
    task_id = bench.ask()

    assert old_reader.block() == []
    assert new_reader.event()["data"]["task"]["task_id"] == task_id


def test_waits_of_the_old_token_end(bench: Any, until: Callable[..., None]) -> None:
    """Whoever waits with the old token learns that it was replaced, and not the answer."""
    task_id = bench.ask()
    waiting = bench.send(bench.head("GET", f"/v1/tasks/{task_id}?wait=60"))
    until(lambda: bench.waiting() == 1)

    bench.call("POST", "/v1/token")

    reply = bench.read(waiting)
    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")
    assert NO_TOKEN in reply.json["detail"]
    until(lambda: bench.waiting() == 0)


def test_a_body_that_ends_after_the_replacement_is_refused(bench: Any) -> None:
    """A request that was let in with the old token must not be finished with it."""
    body = b'{"prompt": "Deploy?"}'
    fields = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    connection = bench.send(bench.head("POST", "/v1/tasks", *fields) + body[:5])
    bench.call("GET", "/healthz")
    bench.call("POST", "/v1/token")

    connection.sendall(body[5:])

    assert bench.read(connection).status == 401
    assert bench.desk.tasks() == []


def test_both_tokens_are_good_while_the_new_one_is_put_in_place(
    make_bench: Callable[..., Any], until: Callable[..., None]
) -> None:
    """A client that reads the file a moment early or late is refused in neither case."""
    kept: list[str] = []
    go_on = threading.Event()

    def keep(token: str) -> None:
        kept.append(token)
        assert go_on.wait(10)

    bench = make_bench(keep_token=keep)
    replacing = bench.send(bench.head("POST", "/v1/token"))
    until(lambda: kept)
    statuses = [bench.exchange(bench.head("GET", "/v1/tasks", token=token)).status for token in (bench.token, kept[0])]
    early = bench.stream(token=kept[0])
    go_on.set()

    assert statuses == [200, 200]
    assert bench.read(replacing).status == 204
    task_id = bench.ask()
    assert early.event()["data"]["task"]["task_id"] == task_id


def test_two_replacements_at_once_are_one(make_bench: Callable[..., Any], until: Callable[..., None]) -> None:
    """The one that comes second came with a token that is good no more."""
    kept: list[str] = []
    go_on = threading.Event()

    def keep(token: str) -> None:
        kept.append(token)
        assert go_on.wait(10)

    bench = make_bench(keep_token=keep)
    first = bench.send(bench.head("POST", "/v1/token"))
    until(lambda: kept)
    second = bench.send(bench.head("POST", "/v1/token"))
    bench.call("GET", "/healthz")
    go_on.set()

    assert [bench.read(first).status, bench.read(second).status] == [204, 401]
    assert len(kept) == 1


def test_a_token_that_cannot_be_kept_changes_nothing(make_bench: Callable[..., Any]) -> None:
    """When clients could not find the new token the old one stays, and the caller learns why."""

    def keep(_token: str) -> None:
        raise EndpointError("The disk is full. Make room.")

    bench = make_bench(keep_token=keep)

    reply = bench.call("POST", "/v1/token")

    assert reply.status == 507
    assert reply.json["detail"] == "The new token cannot be kept, so the old one stays. The disk is full. Make room."
    assert bench.call("GET", "/v1/tasks").status == 200


def test_what_nobody_expected_changes_nothing_either(
    make_bench: Callable[..., Any], expect_log: Callable[[str], None]
) -> None:
    """A mistake while keeping the token leaves no second one behind."""
    offered: list[str] = []

    def keep(token: str) -> None:
        offered.append(token)
        raise RuntimeError("never thought of")

    expect_log("never thought of")
    bench = make_bench(keep_token=keep)

    assert bench.call("POST", "/v1/token").status == 500
    assert bench.exchange(bench.head("GET", "/v1/tasks", token=offered[0])).status == 401
    assert bench.call("GET", "/v1/tasks").status == 200


def test_a_token_given_from_outside_stays(make_bench: Callable[..., Any]) -> None:
    """A listener that cannot keep a token does not make one."""
    bench = make_bench(keep_token=None)

    reply = bench.call("POST", "/v1/token")

    assert (reply.status, bench.call("GET", "/v1/tasks").status) == (403, 200)
    assert "whoever started it" in reply.json["detail"]


@pytest.mark.parametrize("given", ["", "x", "the-right-toke", "the-right-token,", "the-right token", "\xff"])
def test_what_is_no_token_in_force_is_refused(bench: Any, given: str) -> None:
    """Before and after a replacement."""
    head = bench.head("GET", "/v1/tasks", token=False)[:-2] + f"Authorization: Bearer {given}\r\n\r\n".encode("latin-1")
    before = bench.exchange(head).status
    bench.call("POST", "/v1/token")

    assert (before, bench.exchange(head).status) == (401, 401)
