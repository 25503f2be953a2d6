"""``deskbell mcp`` between a client and a desk, both of which may be gone at any moment."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import psutil
import pytest
from mcp.client.stdio import StdioServerParameters
from mcp_types import Implementation
from tests.core.mcp.conftest import MODES, PATIENCE, run

from deskbell.endpoint import find_endpoint, replace_token
from deskbell.http.guard import MAX_BODY_BYTES
from deskbell.mcp.relay import relay as relay_module
from deskbell.mcp.relay.display import adopt_display
from deskbell.task import Answer
from mcp import Client

if TYPE_CHECKING:
    from tests.core.conftest import RunningDesk

QUESTION = {"question": "Which index?", "options": ["Trigram", "Full text"]}
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "claude-code", "version": "1"}}
COMMAND = [sys.executable, "-m", "deskbell", "mcp"]


class Lines:
    """What a process writes, line by line, as it comes."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._queue: queue.Queue[bytes] = queue.Queue()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def next(self) -> bytes:
        """The next line; empty at the end."""
        return self._queue.get(timeout=PATIENCE)

    def close(self) -> None:
        self._thread.join(PATIENCE)
        self._stream.close()

    def _read(self) -> None:
        for line in self._stream:
            self._queue.put(line)
        self._queue.put(b"")


class RelayProcess:
    """The relay, spoken to line by line."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen([*COMMAND, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin = self.process.stdin
        self.lines = Lines(self.process.stdout)

    def send(self, message: Any) -> None:
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.stdin.write(line + b"\n")
        self.stdin.flush()

    def request(self, number: int, method: str, params: Any = None) -> None:
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}})

    def ask(self, number: int = 2, **arguments: Any) -> None:
        self.request(number, "tools/call", {"name": "ask_human", "arguments": {**QUESTION, **arguments}})

    def hear(self) -> Any:
        """The next message."""
        return json.loads(self.lines.next())

    def hello(self) -> Any:
        """Shake hands."""
        self.request(1, "initialize", HELLO)
        answer = self.hear()
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    def close(self) -> int:
        """End of input; the exit code."""
        with contextlib.suppress(OSError):
            self.stdin.close()
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            self.lines.close()


@pytest.fixture
def start_relay() -> Iterator[Callable[..., RelayProcess]]:
    started: list[RelayProcess] = []

    def start(*options: str) -> RelayProcess:
        started.append(RelayProcess(*options))
        return started[-1]

    yield start
    for each in started:
        each.close()


class LoneDesk:
    """A desk that can be killed."""

    def __init__(self) -> None:
        program = Path(__file__).with_name("lone_desk.py")
        self.process = subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin = self.process.stdin
        self.lines = Lines(self.process.stdout)
        assert self.lines.next() == b"ready\n"

    def answer(self, option: str) -> None:
        self.stdin.write(f"{option}\n".encode())
        self.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.stdin.close()
        self.process.wait(PATIENCE)
        self.lines.close()


@pytest.fixture
def start_desk(home: Path) -> Iterator[Callable[[], LoneDesk]]:
    started: list[LoneDesk] = []

    def start() -> LoneDesk:
        started.append(LoneDesk())
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.kill()


def texts(answer: Any) -> str:
    return str(answer["result"]["content"][0]["text"])


@contextlib.asynccontextmanager
async def sdk_client(mode: str) -> Any:
    """The SDK's client over standard input and output."""
    server = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=dict(os.environ))
    async with Client(server, mode=mode, client_info=Implementation(name="claude-code", version="1")) as client:
        yield client


@pytest.mark.parametrize("mode", MODES)
def test_the_sdks_client_asks_and_hears(running_desk: RunningDesk, mode: str) -> None:
    """Through the relay, with a handshake and without one; the window learns who asks and from where."""

    async def ask() -> None:
        async with sdk_client(mode) as client:
            tools = await client.list_tools()
            call = asyncio.ensure_future(client.call_tool("ask_human", QUESTION))
            task = await asyncio.to_thread(running_desk.next_task)
            await asyncio.wrap_future(running_desk.desk.answer(task.task_id, Answer(("Trigram",), "Ünder")))
            result = await call

        assert {tool.name for tool in tools.tools} >= {"ask_human", "interactive_feedback"}
        assert result.structured_content["text"] == "Ünder"
        source = task.details.source
        assert (source.agent, source.project) == ("Claude Code", Path.cwd().name)
        assert source.pid == os.getpid()
        assert len(source.session) == 16

    run(ask())


@pytest.mark.parametrize("mode", MODES)
def test_several_calls_at_once_are_answered_as_they_come(running_desk: RunningDesk, mode: str) -> None:
    """The last question may be answered first."""

    async def ask() -> None:
        async with sdk_client(mode) as client:
            calls = [
                asyncio.ensure_future(client.call_tool("ask_human", {"question": f"Number {number}?"}))
                for number in range(5)
            ]
            tasks = [await asyncio.to_thread(running_desk.next_task) for _ in calls]
            for task in reversed(tasks):
                await asyncio.wrap_future(running_desk.desk.answer(task.task_id, Answer(text=task.prompt)))
            results = await asyncio.gather(*calls)

        assert [result.structured_content["text"] for result in results] == [f"Number {n}?" for n in range(5)]

    run(ask())


@pytest.mark.parametrize("mode", MODES)
def test_progress_is_passed_on(running_desk: RunningDesk, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """As it comes, and before the answer."""
    monkeypatch.setattr("deskbell.mcp.questions.PROGRESS_SECONDS", 0.02)
    heard = asyncio.Event()

    async def note(_progress: float, _total: float | None, _message: str | None) -> None:
        heard.set()

    async def ask() -> None:
        async with sdk_client(mode) as client:
            call = asyncio.ensure_future(client.call_tool("ask_human", QUESTION, progress_callback=note))
            await heard.wait()
            task = running_desk.next_task()
            await asyncio.wrap_future(running_desk.desk.answer(task.task_id, Answer(("Trigram",))))
            await call

    run(ask())


@pytest.mark.parametrize("mode", MODES)
def test_a_cancelled_call_is_given_up_at_the_desk_too(running_desk: RunningDesk, mode: str) -> None:
    """Nobody waits there any more, the question stays, and the client hears nothing of it again."""

    async def ask() -> None:
        async with sdk_client(mode) as client:
            call = asyncio.ensure_future(client.call_tool("ask_human", QUESTION))
            task = await asyncio.to_thread(running_desk.next_task)
            await asyncio.to_thread(running_desk.somebody_waits_for, task.task_id)
            call.cancel()
            while running_desk.desk._queue._waiters:  # noqa: ASYNC110 - nobody tells it
                await asyncio.sleep(0.005)
            assert running_desk.desk.task(task.task_id).is_open
            await client.list_tools()

    run(ask())


def test_the_same_call_again_comes_back_to_the_question(
    running_desk: RunningDesk, start_relay: Callable[..., RelayProcess]
) -> None:
    """After a client has given up and asks again, it is one question still."""
    relay = start_relay()
    relay.hello()
    relay.ask(2)
    task = running_desk.next_task()
    running_desk.somebody_waits_for(task.task_id)
    relay.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}})
    running_desk.nobody_waits_for(task.task_id)
    relay.ask(3)
    running_desk.somebody_waits_for(task.task_id)
    running_desk.desk.answer(task.task_id, Answer(("Trigram",))).result()

    answer = relay.hear()

    assert answer["id"] == 3
    assert answer["result"]["structuredContent"]["task_id"] == task.task_id


def test_the_wait_of_the_command_line_holds(
    running_desk: RunningDesk, start_relay: Callable[..., RelayProcess]
) -> None:
    """For calls that say nothing themselves."""
    relay = start_relay("--wait", "0")
    relay.hello()
    relay.ask()

    assert relay.hear()["result"]["structuredContent"]["status"] == "pending"


def test_the_session_ends_with_the_relay(running_desk: RunningDesk, start_relay: Callable[..., RelayProcess]) -> None:
    """At the end of its input it takes leave, within a second or so, and exits with 0."""
    relay = start_relay()
    relay.hello()
    relay.ask()
    task = running_desk.next_task()
    running_desk.somebody_waits_for(task.task_id)
    started = time.monotonic()

    assert relay.close() == 0

    assert time.monotonic() - started < 5
    assert running_desk.desk.task(task.task_id).is_open
    deadline = time.monotonic() + PATIENCE
    while running_desk.desk._queue._waiters:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_it_ends_when_nobody_reads_what_it_writes(running_desk: RunningDesk) -> None:
    """A client that has died leaves no relay behind, even if its input stays open."""
    reader, writer = os.pipe()
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=writer) as relay:
        os.close(writer)
        os.close(reader)
        assert relay.stdin is not None
        relay.stdin.write(b'{"jsonrpc":"2.0","id":1,"method":"server/discover"}\n')
        relay.stdin.flush()

        assert relay.wait(PATIENCE) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it(running_desk: RunningDesk, start_relay: Callable[..., RelayProcess], number: int) -> None:
    """As clients end their servers."""
    relay = start_relay()
    relay.hello()

    relay.process.send_signal(number)

    assert relay.process.wait(PATIENCE) in {128 + number, -number}


@pytest.mark.parametrize(
    ("line", "code", "message_id"),
    [
        (b"{", -32700, None),
        (b"\xff\xfe", -32700, None),
        (b"null", -32600, None),
        (b"[]", -32600, None),
        (b'"text"', -32600, None),
        (b"[" * 100_000, -32700, None),
        (b'{"jsonrpc":"2.0","id":{},"method":"tools/list"}', -32600, None),
        (b'{"jsonrpc":"2.0","id":7,"method":"nonesuch/method"}', -32601, 7),
        (b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"nonesuch"}}', -32602, 7),
        (b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":[]}', -32602, 7),
        (b'{"jsonrpc":"1.0","id":7,"method":"tools/list"}', -32602, 7),
    ],
)
def test_nonsense_is_answered_and_survived(
    running_desk: RunningDesk, start_relay: Callable[..., RelayProcess], line: bytes, code: int, message_id: Any
) -> None:
    """With the protocol's own errors; what comes next is served."""
    relay = start_relay()
    relay.hello()

    relay.send(line)
    answer = relay.hear()
    relay.request(8, "tools/list")

    assert (answer["error"]["code"], answer["id"]) == (code, message_id)
    assert relay.hear()["id"] == 8


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"   ",
        b'{"jsonrpc":"2.0","method":"nonesuch"}',
        b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}',
        b'{"jsonrpc":"2.0","id":1,"result":{}}',
    ],
)
def test_what_wants_no_answer_gets_none(
    running_desk: RunningDesk, start_relay: Callable[..., RelayProcess], line: bytes
) -> None:
    """Empty lines, notifications nobody knows, responses nobody waits for."""
    relay = start_relay()
    relay.hello()

    relay.send(line)
    relay.request(8, "tools/list")

    assert relay.hear()["id"] == 8


@pytest.mark.parametrize(
    "template",
    [
        b'{"jsonrpc":"2.0","id":"a 1","method":"x","params":{"x":"%b"}}',
        b'{"method":"x","params":{"x":"%b"},"jsonrpc":"2.0","id":"a 1"}',
    ],
)
@pytest.mark.parametrize("size", [MAX_BODY_BYTES - 10, 3 * MAX_BODY_BYTES])
def test_a_message_that_is_too_large_is_refused(
    running_desk: RunningDesk, start_relay: Callable[..., RelayProcess], template: bytes, size: int
) -> None:
    """Its sender learns it if the id stands where clients write it, and nothing of it is kept."""
    assert relay_module.MAX_MESSAGE_BYTES == MAX_BODY_BYTES
    relay = start_relay()
    relay.hello()

    relay.send(template % (b"x" * size))
    answer = relay.hear()
    relay.request(8, "tools/list")

    assert (answer["id"], answer["error"]["code"]) == ("a 1", -32600)
    assert "16 MiB" in answer["error"]["message"]
    assert relay.hear()["id"] == 8


def test_a_large_question_and_a_large_answer_pass(
    running_desk: RunningDesk, start_relay: Callable[..., RelayProcess]
) -> None:
    """Megabytes both ways."""
    relay = start_relay()
    relay.hello()
    relay.ask(question="?" + "x" * 3_900_000)
    task = running_desk.next_task()
    running_desk.desk.answer(task.task_id, Answer(("Trigram",), "y" * 3_900_000)).result()

    assert relay.hear()["result"]["structuredContent"]["text"] == "y" * 3_900_000


def test_pings_are_answered_without_a_desk(home: Path, start_relay: Callable[..., RelayProcess]) -> None:
    """They ask whether the relay is alive, and start nothing."""
    relay = start_relay()
    relay.request(1, "ping")

    assert relay.hear() == {"jsonrpc": "2.0", "id": 1, "result": {}}


def test_a_desk_that_cannot_be_started_is_a_sentence(home: Path, start_relay: Callable[..., RelayProcess]) -> None:
    """In the answer to initialize, with what to do."""
    relay = start_relay()
    relay.request(1, "initialize", HELLO)

    assert "deskbell desktop" in relay.hear()["error"]["message"]


def test_a_replaced_token_is_followed(running_desk: RunningDesk, start_relay: Callable[..., RelayProcess]) -> None:
    """In the middle of a call, and for the next one."""
    relay = start_relay()
    relay.hello()
    relay.ask()
    task = running_desk.next_task()
    running_desk.somebody_waits_for(task.task_id)
    before = find_endpoint().token
    subprocess.run(
        [sys.executable, "-c", "from deskbell.client import DeskClient; DeskClient().replace_token()"], check=True
    )
    deadline = time.monotonic() + PATIENCE
    while not (find_endpoint().token != before and running_desk.desk._queue._waiters):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    running_desk.desk.answer(task.task_id, Answer(("Trigram",))).result()

    assert relay.hear()["result"]["structuredContent"]["options"] == ["Trigram"]
    relay.request(3, "tools/list")
    assert "result" in relay.hear()


def test_a_token_that_is_wrong_is_a_sentence(
    running_desk: RunningDesk, start_relay: Callable[..., RelayProcess]
) -> None:
    """And no endless search for a better one."""
    endpoint = find_endpoint()
    os.environ["DESKBELL_TOKEN"] = "x" * 43
    try:
        relay = start_relay()
        relay.request(1, "initialize", HELLO)
        answer = relay.hear()
    finally:
        del os.environ["DESKBELL_TOKEN"]

    assert "deskbell token" in answer["error"]["message"]
    assert endpoint.token not in json.dumps(answer)


@pytest.mark.parametrize("killed", [True, False])
def test_a_call_outlives_the_desk(
    start_desk: Callable[[], LoneDesk], start_relay: Callable[..., RelayProcess], killed: bool
) -> None:
    """Killed or closed in the middle of it and started again: the client gets the answer to its question."""
    desk = start_desk()
    relay = start_relay()
    relay.hello()
    relay.ask()
    task_id = desk.lines.next()

    desk.kill() if killed else desk.close()
    desk = start_desk()
    desk.answer("Trigram")
    answer = relay.hear()

    assert answer["id"] == 2
    assert answer["result"]["structuredContent"]["options"] == ["Trigram"]
    assert answer["result"]["structuredContent"]["task_id"] == task_id.decode().strip()
    relay.request(3, "tools/list")
    assert "result" in relay.hear()


def test_an_answer_that_was_kept_just_before_a_crash_is_not_asked_for_again(
    start_desk: Callable[[], LoneDesk], start_relay: Callable[..., RelayProcess]
) -> None:
    """The relay was stopped when it came; it gets it from the next desk."""
    desk = start_desk()
    relay = start_relay()
    relay.hello()
    relay.ask()
    desk.lines.next()
    psutil.Process(relay.process.pid).suspend()
    desk.kill()
    desk = start_desk()
    desk.answer("Full text")
    desk.close()
    desk = start_desk()
    psutil.Process(relay.process.pid).resume()

    answer = relay.hear()

    assert answer["result"]["structuredContent"]["options"] == ["Full text"]


def test_a_stateless_call_outlives_the_desk(start_desk: Callable[[], LoneDesk]) -> None:
    """2026-07-28: there is no session to renew."""

    async def ask() -> None:
        desk = start_desk()
        async with sdk_client("2026-07-28") as client:
            call = asyncio.ensure_future(client.call_tool("ask_human", QUESTION))
            await asyncio.to_thread(desk.lines.next)
            await asyncio.to_thread(desk.kill)
            desk = await asyncio.to_thread(start_desk)
            desk.answer("Trigram")
            assert (await call).structured_content["options"] == ["Trigram"]

    run(ask())


def test_a_new_desk_is_found_by_an_old_relay(
    start_desk: Callable[[], LoneDesk], start_relay: Callable[..., RelayProcess]
) -> None:
    """Between two calls: another port, another token, another session, and nobody notices."""
    desk = start_desk()
    relay = start_relay()
    relay.hello()
    desk.close()
    replace_token("n" * 43)
    desk = start_desk()

    relay.ask()
    desk.lines.next()
    desk.answer("Trigram")

    assert relay.hear()["result"]["structuredContent"]["options"] == ["Trigram"]


def test_nothing_but_messages_is_written_to_standard_output(
    start_desk: Callable[[], LoneDesk], start_relay: Callable[..., RelayProcess]
) -> None:
    """Also when the desk goes away; whatever else is said is said on standard error."""
    desk = start_desk()
    relay = start_relay()
    relay.hello()
    desk.kill()
    relay.send({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"})
    relay.request(2, "ping")

    assert relay.hear()["id"] == 2


def test_the_display_of_the_client_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many clients start their servers without it; what is said already stays."""
    (tmp_path / "environ").write_bytes(b"DISPLAY=:7\0SECRET=x\0XAUTHORITY=/a=b\0XDG_RUNTIME_DIR=/theirs\0")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/ours")
    monkeypatch.setattr(os, "environ", os.environ.copy())

    adopt_display(tmp_path)
    adopt_display(tmp_path / "nonesuch")

    assert (os.environ["DISPLAY"], os.environ["XAUTHORITY"]) == (":7", "/a=b")
    assert os.environ["XDG_RUNTIME_DIR"] == "/ours"
    assert "SECRET" not in os.environ


def test_it_is_small_and_quick_to_load() -> None:
    """Nothing of the server, of Qt, of httpx, of click: none of that is used."""
    program = (
        "import sys; sys.argv = ['deskbell', 'mcp']; import deskbell.cli, deskbell.mcp.relay.relay; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}

    assert not loaded & {"mcp", "mcp_types", "httpx", "click", "msgspec", "starlette", "http", "asyncio", "subprocess"}
