"""The calls on tasks, over a real socket."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from deskbell import __version__

QUESTION = {
    "prompt": "Which **colour**?",
    "options": ["Red", {"label": "Blue", "value": "b", "description": "calm", "recommended": True}],
    "multiple": True,
    "allow_text": False,
    "title": "Colour",
    "source": {"agent": "claude", "project": "house", "branch": "main", "session": "s1", "pid": 42},
    "timeout": 30,
    "on_timeout": "option:b",
    "attachments": [{"name": "a.txt", "media_type": "text/plain", "data": base64.b64encode(b"hello").decode()}],
}


def test_a_question_comes_back_as_a_task(bench: Any) -> None:
    """A posted question is on the desk, with all its parts, and the reply says where to find it."""
    reply = bench.call("POST", "/v1/tasks", QUESTION)

    task = reply.json
    assert (reply.status, reply.headers["location"]) == (201, f"/v1/tasks/{task['task_id']}")
    assert task["created_at"].endswith("Z")
    assert {**task, "task_id": 0, "created_at": 0} == {
        "task_id": 0,
        "created_at": 0,
        "status": "active",
        "prompt": "Which **colour**?",
        "title": "Colour",
        "options": [
            {"value": "Red", "label": "Red", "description": "", "recommended": False},
            {"value": "b", "label": "Blue", "description": "calm", "recommended": True},
        ],
        "multiple": True,
        "allow_text": False,
        "kind": "question",
        "source": QUESTION["source"],
        "timeout": 30,
        "remaining": 30,
        "held": False,
        "held_by": [],
        "on_timeout": "option:b",
        "attachments": QUESTION["attachments"],
        "ended_at": None,
        "answer": None,
    }


def test_the_same_key_is_the_same_task(bench: Any) -> None:
    """Asking again with the same key and question is 200 with the task there was."""
    question = {"prompt": "Deploy?", "key": "k1"}
    first, second = (bench.call("POST", "/v1/tasks", question) for _ in range(2))

    assert (first.status, second.status) == (201, 200)
    assert first.json["task_id"] == second.json["task_id"]


def test_lists_by_status(bench: Any) -> None:
    """The list is in order of arrival, and can be narrowed to a status."""
    ids = [bench.ask("One?"), bench.ask("Two?")]

    assert [task["task_id"] for task in bench.call("GET", "/v1/tasks").json["tasks"]] == ids
    assert [task["task_id"] for task in bench.call("GET", "/v1/tasks?status=pending").json["tasks"]] == ids[1:]


def test_lists_leave_out_the_content_of_files(bench: Any) -> None:
    """A list names attached files without their bytes; the task itself has them."""
    task_id = bench.call("POST", "/v1/tasks", QUESTION).json["task_id"]

    [listed] = bench.call("GET", "/v1/tasks").json["tasks"]
    assert listed["attachments"] == [{"name": "a.txt", "media_type": "text/plain"}]
    assert bench.call("GET", f"/v1/tasks/{task_id}").json["attachments"] == QUESTION["attachments"]


def test_an_answer_goes_into_the_task(bench: Any) -> None:
    """An answer through the API is a person's, and the task shows it."""
    task_id = bench.ask()

    task = bench.call(
        "POST", f"/v1/tasks/{task_id}/answer", {"options": ["Yes"], "text": "Go", "fields": {"n": 1}}
    ).json

    assert task["status"] == "completed"
    assert {**task["answer"], "at": 0} == {
        "options": ["Yes"],
        "text": "Go",
        "fields": {"n": 1},
        "attachments": [],
        "answered_by": "person",
        "at": 0,
    }


def test_hold_release_and_activate(bench: Any) -> None:
    """The countdown and the place in the window are changed as named."""
    first, second = bench.ask("One?"), bench.ask("Two?")

    held = bench.call("POST", f"/v1/tasks/{first}/hold").json
    assert (held["held"], held["held_by"]) == (True, ["person"])
    assert bench.call("POST", f"/v1/tasks/{first}/release", {}).json["held"] is False
    assert bench.call("POST", f"/v1/tasks/{second}/activate").json["status"] == "active"
    assert bench.call("GET", f"/v1/tasks/{first}").json["status"] == "pending"


def test_a_draft_is_kept_and_taken_away(bench: Any) -> None:
    """A draft is what the countdown would send; an empty one is none."""
    task_id = bench.ask()

    bench.call("PUT", f"/v1/tasks/{task_id}/draft", {"options": ["Yes"], "text": "So far"})
    assert bench.desk.task(task_id).draft.text == "So far"
    bench.call("PUT", f"/v1/tasks/{task_id}/draft", {})
    assert bench.desk.task(task_id).draft is None


def test_cancelling_twice_is_once(bench: Any) -> None:
    """A cancelled task stays readable for a while, and cancelling it again changes nothing."""
    task_id = bench.ask()
    replies = [bench.call("DELETE", f"/v1/tasks/{task_id}") for _ in range(2)]

    assert [(reply.status, reply.json["status"]) for reply in replies] == [(200, "cancelled")] * 2


def test_a_full_desk_says_when_to_come_back(bench: Any) -> None:
    """Too many open questions are a 429 with Retry-After."""
    settings = bench.desk.settings
    bench.desk.apply_settings(replace(settings, listener=replace(settings.listener, max_open_tasks=1)))
    bench.ask()

    reply = bench.call("POST", "/v1/tasks", {"prompt": "Room for one more?"})

    assert (reply.status, reply.headers["retry-after"], reply.json["limit"]) == (429, "1", 1)


def test_a_closed_desk_says_so(bench: Any) -> None:
    """Asking while the desk closes is a 503."""
    bench.desk.close()

    assert bench.call("POST", "/v1/tasks", {"prompt": "Still there?"}).status == 503


def test_show_asks_for_the_window(bench: Any) -> None:
    """Whoever shows the desk is asked to show it."""
    summoned = threading.Event()
    bench.desk.on_summons(summoned.set)

    assert bench.call("POST", "/v1/show").status == 204
    assert summoned.is_set()


def test_health_needs_no_token(bench: Any) -> None:
    """Anybody on this machine may learn that the desk is alive, and its version."""
    reply = bench.exchange(bench.head("GET", "/healthz", token=False))

    assert reply.json == {"status": "ok", "version": __version__}


@pytest.mark.parametrize("name", ["localhost", "[::1]", "LOCALHOST", "127.0.0.1"])
def test_all_our_names_are_good(bench: Any, name: str) -> None:
    """The desk answers to each of its names."""
    request = f"GET /healthz HTTP/1.1\r\nHost: {name}:{bench.listener.port}\r\n\r\n".encode()

    assert bench.exchange(request).status == 200


def test_a_wait_ends_with_the_answer(bench: Any, until: Callable[..., None]) -> None:
    """A waiting client has the answer as soon as it is given."""
    task_id = bench.ask()
    connection = bench.send(bench.head("GET", f"/v1/tasks/{task_id}?wait=60"))
    until(bench.waiting)

    bench.call("POST", f"/v1/tasks/{task_id}/answer", {"options": ["Yes"]})

    assert bench.read(connection).json["answer"]["options"] == ["Yes"]
    until(lambda: not bench.waiting())


def test_a_wait_ends_by_itself(bench: Any) -> None:
    """With no answer in time a waiting client gets the task as it is."""
    reply = bench.call("GET", f"/v1/tasks/{bench.ask()}?wait=0.05")

    assert (reply.status, reply.json["status"]) == (200, "active")
    assert bench.waiting() == 0


def test_waiting_for_a_finished_task_does_not_wait(bench: Any) -> None:
    """A task that has ended is there at once."""
    task_id = bench.ask()
    bench.desk.cancel(task_id)

    assert bench.call("GET", f"/v1/tasks/{task_id}?wait=60").json["status"] == "cancelled"


def test_a_client_that_leaves_waits_no_more(bench: Any, until: Callable[..., None]) -> None:
    """A disconnected client leaves no waiter behind, and its question stays."""
    task_id = bench.ask()
    connection = bench.send(bench.head("GET", f"/v1/tasks/{task_id}?wait=60"))
    until(bench.waiting)

    connection.close()

    until(lambda: not bench.waiting())
    assert bench.desk.task(task_id).is_open


def test_many_wait_for_one(bench: Any, until: Callable[..., None]) -> None:
    """Every client that waits for a task learns how it ended."""
    task_id = bench.ask()
    connections = [bench.send(bench.head("GET", f"/v1/tasks/{task_id}?wait=60")) for _ in range(50)]
    until(lambda: bench.waiting() == len(connections))

    bench.desk.cancel(task_id)

    assert {bench.read(connection).json["status"] for connection in connections} == {"cancelled"}


def test_a_connection_is_used_again(bench: Any) -> None:
    """Several requests go over one connection, also right after one that was refused."""
    connection = bench.connect()
    statuses = []
    for path in ("/v1/tasks", "/nowhere", "/v1/tasks"):
        connection.sendall(bench.head("GET", path))
        statuses.append(bench.read(connection).status)

    assert statuses == [200, 404, 200]


def test_requests_sent_ahead_are_answered_in_order(bench: Any) -> None:
    """A client may send its next requests before it has the answers (RFC 9112, section 9.3.2)."""
    connection = bench.send(b"".join(bench.head("GET", path) for path in ("/healthz", "/nowhere", "/v1/tasks")))
    reader = connection.makefile("rb")

    statuses = [int(line.split()[1]) for line in _heads(reader, 3)]

    assert statuses == [200, 404, 200]


def _heads(reader: Any, count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield reader.readline()
        length = 0
        while (line := reader.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            length = int(value) if name == b"content-length" else length
        reader.read(length)


def test_a_large_body_in_pieces_is_taken(bench: Any) -> None:
    """A body below the cap is taken, however it is sent."""
    prompt = b"x" * 3_000_000
    body = b'{"prompt": "' + prompt + b'"}'
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:1_000_000], body[1_000_000:]))
    head = bench.head("POST", "/v1/tasks", "Content-Type: application/json", "Transfer-Encoding: chunked")

    assert bench.exchange(head + chunks + b"0\r\n\r\n").status == 201


def test_an_unexpected_error_is_a_problem_too(
    bench: Any, monkeypatch: pytest.MonkeyPatch, expect_log: Callable[[str], None]
) -> None:
    """A mistake of the desk's own is a 500 that gives nothing away, and is logged."""

    def fail(_status: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(bench.desk, "tasks", fail)
    expect_log("A request failed")
    reply = bench.call("GET", "/v1/tasks")

    assert (reply.status, reply.headers["content-type"]) == (500, "application/problem+json")
    assert b"secret" not in reply.body


PAGE = "http://localhost:3000"


def test_an_allowed_page_may_call(bench: Any, allow: Callable[..., None]) -> None:
    """A page from the settings may call as soon as they say so, and its browser is told."""
    assert bench.call("GET", "/v1/tasks", Origin=PAGE).status == 403

    allow(PAGE)
    reply = bench.call("GET", "/v1/tasks", Origin=PAGE, Referer=PAGE + "/x", Sec_Fetch_Site="cross-site")

    assert (reply.status, reply.headers["access-control-allow-origin"]) == (200, PAGE)
    assert bench.call("GET", "/v1/nothing", Origin=PAGE).headers["access-control-allow-origin"] == PAGE
    assert bench.call("GET", "/v1/tasks", Origin="http://localhost:3001").status == 403


def test_an_allowed_page_still_needs_the_token(bench: Any, allow: Callable[..., None]) -> None:
    """The settings let a page try; the token lets it in."""
    allow(PAGE)

    assert bench.exchange(bench.head("GET", "/v1/tasks", f"Origin: {PAGE}", token=False)).status == 401


def test_a_preflight_is_answered_for_an_allowed_page_only(bench: Any, allow: Callable[..., None]) -> None:
    """A browser's question before the call has no token, and is answered for exactly the listed page."""
    allow(PAGE)
    lines = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization")

    good = bench.exchange(bench.head("OPTIONS", "/v1/tasks", f"Origin: {PAGE}", *lines, token=False))
    evil = bench.exchange(bench.head("OPTIONS", "/v1/tasks", "Origin: http://evil.com", *lines, token=False))

    assert (good.status, good.headers["access-control-allow-origin"]) == (204, PAGE)
    assert "POST" in good.headers["access-control-allow-methods"]
    assert "authorization" in good.headers["access-control-allow-headers"]
    assert (evil.status, "access-control-allow-origin" in evil.headers) == (403, False)
