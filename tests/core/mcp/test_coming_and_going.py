"""Clients come and go, and come again; a question stays until somebody ends it."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from mcp.shared.exceptions import MCPError
from tests.core.mcp.conftest import MODES, PATIENCE, open_desk, run

from deskbell.mcp import questions

if TYPE_CHECKING:
    from tests.core.mcp.conftest import McpDesk

    from mcp import Client

QUESTION = {"question": "Which index?", "options": ["Trigram", "Full text"]}


async def hang_up(call: asyncio.Future[Any]) -> None:
    call.cancel()
    with contextlib.suppress(asyncio.CancelledError, MCPError):
        await call


async def leave(client: Client, desk: McpDesk, arguments: dict[str, Any]) -> str:
    """Ask and give up; the id of the question that is left behind."""
    call = asyncio.ensure_future(client.call_tool("ask_human", arguments))
    task_id = (await desk.question()).task_id
    await desk.waiting(1)
    await hang_up(call)
    await desk.waiting(0)
    return task_id


@pytest.mark.parametrize("mode", MODES)
def test_a_cancelled_call_leaves_its_question(mcp_desk: McpDesk, mode: str) -> None:
    """Nobody waits for it any more, and it is still to be answered."""

    async def ask() -> None:
        async with mcp_desk.client(mode) as client:
            task_id = await leave(client, mcp_desk, QUESTION)

        assert mcp_desk.desk.task(task_id).is_open

    run(ask())


@pytest.mark.parametrize("mode", MODES)
def test_a_client_that_dies_leaves_its_question(mcp_desk: McpDesk, mode: str) -> None:
    """Its connection is lost in the middle of a call: nobody waits, and the question stays."""
    port = mcp_desk.listener.port
    headers = {
        "Authorization": f"Bearer {mcp_desk.token}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }

    connections: list[http.client.HTTPConnection] = []

    def post(message: dict[str, Any]) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connections.append(connection)
        connection.request("POST", "/mcp", json.dumps({"jsonrpc": "2.0", **message}), headers)
        return connection

    async def ask() -> None:
        call: dict[str, Any] = {"name": "ask_human", "arguments": QUESTION}
        if mode == "legacy":
            hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
            opening = post({"id": 1, "method": "initialize", "params": hello})
            response = opening.getresponse()
            headers["Mcp-Session-Id"] = response.headers["Mcp-Session-Id"]
            response.read()
            post({"method": "notifications/initialized"}).getresponse().read()
        else:
            prefix = "io.modelcontextprotocol"
            call["_meta"] = {f"{prefix}/protocolVersion": mode, f"{prefix}/clientCapabilities": {}}
            headers.update({"MCP-Protocol-Version": mode, "Mcp-Method": "tools/call", "Mcp-Name": "ask_human"})
        post({"id": 2, "method": "tools/call", "params": call})
        task = await mcp_desk.question()
        for connection in connections:
            connection.close()
        await mcp_desk.waiting(0)

        assert mcp_desk.desk.task(task.task_id).is_open

    run(ask())


@pytest.mark.parametrize("mode", MODES)
def test_the_same_call_comes_back_to_the_open_question(mcp_desk: McpDesk, mode: str) -> None:
    """Also when the first one is still waiting; both get the answer, and the person is asked once."""

    async def ask() -> None:
        async with mcp_desk.client(mode) as client:
            await leave(client, mcp_desk, QUESTION)
            calls = [asyncio.ensure_future(client.call_tool("ask_human", QUESTION)) for _ in range(2)]
            await mcp_desk.waiting(2)
            task = await mcp_desk.answer("Trigram")
            results = await asyncio.gather(*calls)

        assert [result.structured_content["task_id"] for result in results] == [task.task_id] * 2
        assert len(mcp_desk.desk.tasks()) == 1

    run(ask())


def test_an_answer_that_was_missed_is_not_asked_for_again(mcp_desk: McpDesk) -> None:
    """The person answered while the agent was away: the same call brings that answer."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            await leave(client, mcp_desk, QUESTION)
            await mcp_desk.answer("Trigram")
            result = await client.call_tool("ask_human", QUESTION)

        assert result.structured_content["options"] == ["Trigram"]
        assert len(mcp_desk.desk.tasks()) == 1

    run(ask())


def test_an_answer_that_was_missed_long_ago_counts_no_more(mcp_desk: McpDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person is asked anew."""
    monkeypatch.setattr(questions, "FRESH", timedelta(0))

    async def ask() -> None:
        async with mcp_desk.client() as client:
            await leave(client, mcp_desk, QUESTION)
            await mcp_desk.answer("Trigram")
            result = await mcp_desk.call_and_answer(client, "ask_human", QUESTION, "Full text")

        assert result.structured_content["options"] == ["Full text"]

    run(ask())


def test_a_question_whose_answer_was_heard_is_asked_anew(mcp_desk: McpDesk) -> None:
    """The same words later are another question: an old yes answers nothing."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            first = await mcp_desk.call_and_answer(client, "ask_human", QUESTION, "Trigram")
            second = await mcp_desk.call_and_answer(client, "ask_human", QUESTION, "Full text")
            pending = await client.call_tool("ask_human", {**QUESTION, "wait_s": 0})
            again = {"task_id": pending.structured_content["task_id"]}
            await mcp_desk.call_and_answer(client, "wait_for_answer", again, "Trigram")
            third = await client.call_tool("ask_human", {**QUESTION, "wait_s": 0})

        assert first.structured_content["options"] == ["Trigram"]
        assert second.structured_content["options"] == ["Full text"]
        assert third.structured_content["status"] == "pending"

    run(ask())


def test_silence_is_no_answer_that_was_missed(mcp_desk: McpDesk) -> None:
    """A question that ended by its countdown while nobody waited is asked anew."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            task_id = await leave(client, mcp_desk, QUESTION)
            mcp_desk.desk._queue.update_auto_resubmit_timeout_for_all(1)
            await mcp_desk.desk.wait_async(task_id)
            result = await mcp_desk.call_and_answer(client, "ask_human", QUESTION, "Trigram")

        assert result.structured_content["options"] == ["Trigram"]

    run(ask())


def test_other_clients_with_the_same_words_ask_for_themselves(mcp_desk: McpDesk) -> None:
    """Each session has questions of its own."""

    async def ask() -> None:
        async with mcp_desk.client() as one, mcp_desk.client() as other:
            for client in (one, other):
                await client.call_tool("ask_human", {**QUESTION, "wait_s": 0})

        assert len(mcp_desk.desk.open_tasks()) == 2

    run(ask())


def test_clients_say_by_a_header_that_they_are_the_same(mcp_desk: McpDesk) -> None:
    """With the session of the header a new connection comes back to the question of the old one."""
    header = json.dumps({"session": "s-1"})

    async def ask() -> None:
        async with mcp_desk.client(deskbell_source=header) as one:
            await leave(one, mcp_desk, QUESTION)
        async with mcp_desk.client(deskbell_source=header) as other:
            await mcp_desk.call_and_answer(other, "ask_human", QUESTION, "Trigram")

        assert len(mcp_desk.desk.tasks()) == 1

    run(ask())


def test_a_call_that_is_sent_again_by_name_hears_the_answer_again(tmp_path: Path) -> None:
    """Also when the desk has been restarted since, and although the first try may have brought it."""
    header = {"deskbell_source": json.dumps({"session": "s-1"}), "deskbell_call": "call-1"}

    async def ask(desk: McpDesk, *, answer: bool) -> Any:
        async with desk.client(**header) as client:
            if answer:
                return (await desk.call_and_answer(client, "ask_human", QUESTION, "Trigram")).structured_content
            return (await client.call_tool("ask_human", QUESTION)).structured_content

    with open_desk(tmp_path) as desk:
        first = asyncio.run(ask(desk, answer=True))
    with open_desk(tmp_path) as desk:
        again = asyncio.run(ask(desk, answer=False))

    assert again == first


def test_an_open_question_is_found_again_after_a_restart(tmp_path: Path) -> None:
    """By the same session and content."""
    header = {"deskbell_source": json.dumps({"session": "s-1"})}

    async def ask(desk: McpDesk) -> str:
        async with desk.client(**header) as client:
            result = await client.call_tool("ask_human", {**QUESTION, "wait_s": 0})
            return str(result.structured_content["task_id"])

    with open_desk(tmp_path) as desk:
        first = asyncio.run(ask(desk))
    with open_desk(tmp_path) as desk:
        again = asyncio.run(ask(desk))

    assert again == first


@pytest.mark.parametrize("mode", MODES)
def test_whoever_asks_for_progress_gets_it(mcp_desk: McpDesk, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """In time, with seconds that grow, until the answer is there."""
    assert questions.PROGRESS_SECONDS <= 15
    monkeypatch.setattr(questions, "PROGRESS_SECONDS", 0.02)
    heard: list[float] = []
    enough = asyncio.Event()

    async def note(progress: float, _total: float | None, _message: str | None) -> None:
        heard.append(progress)
        if len(heard) >= 3:
            enough.set()

    async def ask() -> None:
        async with mcp_desk.client(mode) as client:
            call = asyncio.ensure_future(client.call_tool("ask_human", QUESTION, progress_callback=note))
            await enough.wait()
            await mcp_desk.answer("Trigram")
            assert (await call).structured_content["options"] == ["Trigram"]

        assert heard == sorted(set(heard))

    run(ask())


def test_a_desk_that_closes_says_so_to_whoever_waits(mcp_desk: McpDesk) -> None:
    """The call comes back as pending, marked as one that is worth sending again."""

    async def ask() -> None:
        async with mcp_desk.client() as client:
            call = asyncio.ensure_future(client.call_tool("ask_human", QUESTION))
            await mcp_desk.waiting(1)
            mcp_desk.desk._journal = SilentJournal()  # a desk without one cancels its questions
            await asyncio.to_thread(mcp_desk.desk.close)
            result = await call

        assert result.structured_content["status"] == "pending"
        assert result.meta is not None
        assert result.meta["deskbell/closing"] is True

    run(ask())


class SilentJournal:
    def close(self) -> None:
        pass


def test_a_listener_that_stops_ends_the_calls(tmp_path: Path) -> None:
    """Within its three seconds, with sessions open and calls under way."""

    async def ask() -> None:
        with open_desk(tmp_path) as desk:
            async with desk.client() as client:
                call = asyncio.ensure_future(client.call_tool("ask_human", QUESTION))
                await desk.question()
                thread = desk.listener._thread
                await asyncio.to_thread(desk.listener.stop)
                assert thread is not None
                assert not thread.is_alive()
                await hang_up(call)

    run(ask())
