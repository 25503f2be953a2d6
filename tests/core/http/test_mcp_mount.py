"""MCP behind the guard: the same doors as everything else, and nothing loaded or left running without need."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from deskbell.http.guard import MAX_BODY_BYTES
from deskbell.http.waiting_room import RETRY_SECONDS
from deskbell.settings import ListenerSettings, Settings

if TYPE_CHECKING:
    from tests.core.http.conftest import Reply

ACCEPT = "Accept: application/json, text/event-stream"
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


def post(bench: Any, message: Any, *lines: str, token: bool | str = True, host: str = "") -> Reply:
    """Send one message as a client of 2025 does."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    framing = ["Content-Type: application/json", f"Content-Length: {len(body)}", ACCEPT, *lines]
    head = bench.head("POST", "/mcp", *framing, token=token)
    if host:
        head = head.replace(f"Host: 127.0.0.1:{bench.listener.port}".encode(), f"Host: {host}".encode())
    reply: Reply = bench.exchange(head + body)
    return reply


def session_of(bench: Any) -> str:
    """Open a session; the header that names it."""
    reply = post(bench, HELLO)
    assert reply.status == 200
    return f"Mcp-Session-Id: {reply.headers['mcp-session-id']}"


def call(tool: str, arguments: dict[str, Any], number: int = 2) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}


def sse_messages(reply: Reply) -> list[Any]:
    """The JSON-RPC messages of a response."""
    if reply.headers["content-type"].startswith("application/json"):
        return [reply.json]
    return [json.loads(line[5:]) for line in reply.body.decode().splitlines() if line.startswith("data:")]


def listener_loop(bench: Any) -> asyncio.AbstractEventLoop:
    loop: asyncio.AbstractEventLoop = bench.listener._server[1]
    return loop


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"token": False}, 401),
        ({"token": "wrong"}, 401),
        ({"host": "evil.example"}, 421),
        ({"lines": ["Origin: http://evil.example"]}, 403),
        ({"lines": ["Content-Encoding: gzip"]}, 415),
    ],
)
def test_the_guard_stands_before_it(bench: Any, options: dict[str, Any], status: int) -> None:
    """No token, another host's name, a web page: refused, and the SDK is not even made."""
    reply = post(bench, HELLO, *options.pop("lines", ()), **options)

    assert reply.status == status
    assert reply.headers["content-type"] == "application/problem+json"
    assert not any(task.get_name() == "McpServer" for task in asyncio.all_tasks(listener_loop(bench)))


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_no_method_gets_round_the_token(bench: Any, method: str) -> None:
    """Streams and the end of a session need it as well."""
    assert bench.exchange(bench.head(method, "/mcp", ACCEPT, token=False)).status == 401


def test_a_body_that_is_too_large_is_refused(bench: Any) -> None:
    """By the listener's own limit, before anybody parses it."""
    head = bench.head("POST", "/mcp", "Content-Type: application/json", f"Content-Length: {MAX_BODY_BYTES + 1}", ACCEPT)

    assert bench.exchange(head).status == 413


def test_a_large_question_is_taken(bench: Any) -> None:
    """The SDK's own limit of 4 MiB does not hold here."""
    session = session_of(bench)

    reply = post(
        bench, call("ask_human", {"question": "x" * 3_900_000, "title": "y" * 1_000_000, "wait_s": 0}), session
    )

    assert sse_messages(reply)[0]["result"]["structuredContent"]["status"] == "pending"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"jsonrpc": "2.0"}', b'{"jsonrpc":"2.0","id":{},"method":"x"}']
)
def test_what_is_no_message_is_refused(bench: Any, body: bytes) -> None:
    """With a status, not with a broken connection, and the listener goes on."""
    assert 400 <= post(bench, body).status < 500
    assert post(bench, HELLO).status == 200


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_deep_nesting_is_refused(bench: Any, depth: int) -> None:
    """In arguments too."""
    session = session_of(bench)
    nested = b"[" * depth + b"]" * depth
    body = json.dumps(call("ask_human", {"question": "?", "form": "FORM"})).encode()

    reply = post(bench, body.replace(b'"FORM"', nested), session)

    assert reply.status in {200, 400}
    assert bench.desk.open_tasks() == []


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25"])
def test_the_handshake_agrees_on_the_version(bench: Any, version: str) -> None:
    """The version that the client asked for, with our name and instructions."""
    hello = {**HELLO, "params": {**HELLO["params"], "protocolVersion": version}}  # type: ignore[dict-item]

    result = sse_messages(post(bench, hello))[0]["result"]

    assert result["protocolVersion"] == version
    assert result["serverInfo"]["name"] == "deskbell"
    assert "ask_human" in result["instructions"]
    assert set(result["capabilities"]) == {"tools"}


def test_the_stateless_version_needs_no_handshake(bench: Any) -> None:
    """2026-07-28: server/discover, and tools without a session."""
    prefix = "io.modelcontextprotocol"
    meta = {f"{prefix}/protocolVersion": "2026-07-28", f"{prefix}/clientCapabilities": {}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}}

    reply = post(bench, message, "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: server/discover")

    assert reply.json["result"]["supportedVersions"] == ["2026-07-28"]
    assert "mcp-session-id" not in reply.headers


def test_an_unknown_session_is_said_to_be_unknown(bench: Any) -> None:
    """404, upon which clients open a new one."""
    assert post(bench, call("ask_human", {"question": "?"}), "Mcp-Session-Id: nonesuch").status == 404


def test_whoever_waits_with_an_old_token_is_sent_away(bench: Any, until: Callable[..., None]) -> None:
    """The response ends without an answer, and the question stays."""
    session = session_of(bench)
    replies: list[Reply] = []
    waiting = threading.Thread(
        target=lambda: replies.append(post(bench, call("ask_human", {"question": "?"}), session))
    )
    waiting.start()
    until(bench.waiting, "waiting")

    assert bench.call("POST", "/v1/token").status == 204
    waiting.join(10)

    assert [sse_messages(reply) for reply in replies] == [[]]
    assert len(bench.desk.open_tasks()) == 1
    assert post(bench, HELLO).status == 200


def test_waiting_calls_take_seats(make_bench: Callable[..., Any], until: Callable[..., None]) -> None:
    """As other waiting clients do; when there is none left, a client is told to come back."""
    bench = make_bench()
    bench.desk.apply_settings(Settings(listener=ListenerSettings(max_waiters=1)))
    session = session_of(bench)
    until(lambda: not bench.listener._server[0].server_state.tasks, "the end of the request")
    body = json.dumps(call("ask_human", {"question": "?"})).encode()
    framing = ("Content-Type: application/json", f"Content-Length: {len(body)}", ACCEPT, session)
    bench.send(bench.head("POST", "/mcp", *framing) + body)
    until(bench.waiting, "waiting")

    reply = post(bench, HELLO)

    assert (reply.status, reply.headers["retry-after"]) == (429, str(RETRY_SECONDS))


def test_nothing_runs_on_when_the_clients_have_gone(bench: Any, until: Callable[..., None]) -> None:
    """No timer of the SDK or its libraries is due within a minute: an idle desk sleeps."""
    session = session_of(bench)
    post(bench, call("notify_human", {"message": "Done"}), session)
    loop = listener_loop(bench)
    for connection in bench.sockets:
        connection.close()

    def is_quiet() -> bool:
        names = {getattr(task.get_coro(), "__name__", "") for task in asyncio.all_tasks(loop)}
        soon = loop.time() + 60
        timers = tuple(loop._scheduled)  # type: ignore[attr-defined]
        return "_shutdown_watcher" not in names and all(timer.cancelled() or timer.when() > soon for timer in timers)

    until(is_quiet)


WITHOUT_SDK = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"mcp", "mcp_types"}:
            raise ModuleNotFoundError(f"{name} is not there", name=name)

sys.meta_path.insert(0, Blocker())

import urllib.request, urllib.error
from deskbell.desk import Desk
from deskbell.http.server import Listener

desk = Desk()
listener = Listener(desk, "token", port=0)
listener.start()
request = urllib.request.Request(f"{listener.url}/mcp", b"{}", {
    "Authorization": "Bearer token", "Content-Type": "application/json"})
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
listener.stop()
desk.close()
"""


def test_a_desk_without_the_sdk_says_how_to_get_it() -> None:
    """Everything else works there."""
    done = subprocess.run([sys.executable, "-c", WITHOUT_SDK], capture_output=True, text=True, check=False, timeout=60)

    assert done.stdout.startswith("501 "), done.stderr
    assert "pip install 'deskbell[desktop]'" in done.stdout


def test_the_sdk_is_loaded_by_the_first_request_and_not_before() -> None:
    """A listener that serves everything else has not loaded it."""
    program = (
        "import sys, urllib.request\n"
        "from deskbell.desk import Desk\n"
        "from deskbell.http.server import Listener\n"
        "desk = Desk(); listener = Listener(desk, 'token', port=0); listener.start()\n"
        "urllib.request.urlopen(f'{listener.url}/healthz').read()\n"
        "listener.stop(); desk.close()\n"
        "print(*(name for name in sys.modules if name.partition('.')[0] in {'mcp', 'mcp_types', 'pydantic'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert (done.stdout.strip(), done.stderr) == ("", "")
