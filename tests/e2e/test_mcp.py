"""Agents that speak MCP ask through ``deskbell mcp``, and clicks on a real display answer them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from mcp.client.stdio import StdioServerParameters
from mcp_types import Implementation

from mcp import Client
from stage.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stage.desktop import DesktopApp

QUESTION = {"question": "Which index?", "options": ["Trigram", "Full text"]}


@contextlib.asynccontextmanager
async def agent(app: DesktopApp, mode: str = "legacy", **environment: str) -> AsyncIterator[Client]:
    """The SDK's client, which starts the relay as agents do."""
    relay = StdioServerParameters(
        command=sys.executable, args=["-m", "deskbell", "mcp"], env={**app.environment, **environment}
    )
    async with Client(relay, mode=mode, client_info=Implementation(name="claude-code", version="1")) as client:
        yield client


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_a_click_answers_the_agent(app: DesktopApp, mode: str) -> None:
    """The question comes up with its options, a click on the second one is what the tool returns."""

    async def ask() -> Any:
        async with agent(app, mode) as client:
            call = asyncio.ensure_future(client.call_tool("ask_human", QUESTION))
            await asyncio.to_thread(app.choose, 1, 3)
            return await call

    result = asyncio.run(ask())

    assert result.content[0].text == "The person chose: Full text"
    assert result.structured_content["answered_by"] == "person"
    app.wait_hidden()


def test_ticked_feedback_comes_back_with_what_was_typed(app: DesktopApp) -> None:
    """interactive_feedback as other servers have it: two ticks and a text."""

    async def ask() -> Any:
        async with agent(app) as client:
            arguments = {"message": "Done. What next?", "predefined_options": ["Tests", "Docs", "Nothing"]}
            call = asyncio.ensure_future(client.call_tool("interactive_feedback", arguments))
            await asyncio.to_thread(tick_and_type)
            return await call

    def tick_and_type() -> None:
        first, second, _third, text = app.cards(4)
        for spot in (first, second, text):
            app.display.click(*spot.middle)
        app.display.type_text("in this order")
        app.display.press("ctrl+Return")

    result = asyncio.run(ask())

    assert result.content[0].text == "Selected options: Tests, Docs\n\nUser input: in this order"


def test_a_killed_app_comes_back_and_the_agent_gets_its_click(app: DesktopApp) -> None:
    """Killed in the middle of a call, the app is started again by the relay with its question, and answered there."""

    async def ask() -> Any:
        async with agent(app, DESKBELL_NO_START="0") as client:
            call = asyncio.ensure_future(client.call_tool("ask_human", QUESTION))
            await asyncio.to_thread(app.cards, 3)
            await asyncio.to_thread(kill_and_choose)
            return await call

    def kill_and_choose() -> None:
        killed = app.pid
        app.signal(signal.SIGKILL)
        app.exit_code()
        until(lambda: app.endpoint["pid"] != killed, "another app", 20)
        app.choose(0, 3)

    try:
        result = asyncio.run(ask())
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            another = psutil.Process(app.endpoint["pid"])
            another.terminate()
            another.wait(5)

    assert result.structured_content["options"] == ["Trigram"]
