"""Clients that others wrote in JavaScript ask, and a person answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deskbell.folders import HOME_VARIABLE
from deskbell.launch import NO_START_VARIABLE
from deskbell.task import Answer, Task

if TYPE_CHECKING:
    from tests.core.conftest import RunningDesk
    from tests.mcp.conftest import NodeTools

pytestmark = pytest.mark.timeout(400)  # the first test installs what all of them run

DESKBELL = str(Path(sys.executable).with_name("deskbell"))


def run_and_answer(
    node_tools: NodeTools, desk: RunningDesk, *words: str
) -> tuple[subprocess.CompletedProcess[str], Task]:
    """Run a program that asks one question, and answer it."""
    tasks: list[Task] = []

    def answer() -> None:
        task = desk.next_task()
        tasks.append(task)
        desk.desk.answer(task.task_id, Answer(("Full text",), "with ünicode")).result()

    person = threading.Thread(target=answer)
    person.start()
    done = node_tools.run(*words)
    person.join()
    assert done.returncode == 0, done.stdout + done.stderr
    return done, tasks[0]


def check(result: Any, task: Task) -> None:
    assert result["structuredContent"]["task_id"] == task.task_id
    assert result["structuredContent"]["options"] == ["Full text"]
    assert result["structuredContent"]["answered_by"] == "person"
    assert result["content"][0]["text"] == "The person chose: Full text\n\nThe person wrote: with ünicode"


def at_home() -> tuple[str, ...]:
    """Options for the Inspector, which hands on next to nothing of its environment."""
    return ("-e", f"{HOME_VARIABLE}={os.environ[HOME_VARIABLE]}", "-e", f"{NO_START_VARIABLE}=1")


def targets(desk: RunningDesk) -> dict[str, tuple[str, ...]]:
    return {"stdio": ("stdio", DESKBELL, "mcp"), "http": ("http", f"{desk.endpoint.url}/mcp", desk.endpoint.token)}


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_the_official_client_asks(node_tools: NodeTools, running_desk: RunningDesk, transport: str) -> None:
    """The SDK for JavaScript, through the relay and straight to the listener; it checks results by our schemas."""
    done, task = run_and_answer(node_tools, running_desk, "ask.mjs", *targets(running_desk)[transport])
    heard = json.loads(done.stdout)

    assert heard["server"]["name"] == "deskbell"
    assert {"ask_human", "wait_for_answer", "interactive_feedback"} <= set(heard["tools"])
    check(heard["result"], task)
    assert task.details.source.agent == "deskbell-test"


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_the_inspector_asks(node_tools: NodeTools, running_desk: RunningDesk, transport: str) -> None:
    """MCP Inspector's command line calls ask_human."""
    if transport == "stdio":
        words = ["--cli", DESKBELL, "mcp", "--transport", "stdio", *at_home()]
    else:
        authorization = f"Authorization: Bearer {running_desk.endpoint.token}"
        words = ["--cli", f"{running_desk.endpoint.url}/mcp", "--transport", "http", "--header", authorization]
    arguments = ["question=Which index?", 'options=["Trigram", "Full text"]']
    call = ["--method", "tools/call", "--tool-name", "ask_human", "--format", "json", "--tool-arg", *arguments]

    done, task = run_and_answer(node_tools, running_desk, "inspector", *words, *call)

    check(json.loads(done.stdout)["result"], task)


def test_the_inspector_finds_nothing_wrong_with_the_tools(node_tools: NodeTools, running_desk: RunningDesk) -> None:
    """Its portability check of the schemas passes: no model provider refuses them."""
    done = node_tools.run(
        "inspector", "--cli", DESKBELL, "mcp", "--transport", "stdio", *at_home(), "--method", "tools/list", "--strict"
    )

    assert done.returncode == 0, done.stderr
