"""A test question in an agent's name, through a relay that stands in for the real one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from deskbell.connect.rehearsal import RehearsalFailed, ring_through_relay

RELAY = """
import json, sys
answers = json.loads(sys.argv[1])
for line in sys.stdin:
    message = json.loads(line)
    with open(sys.argv[2], "a") as log:
        log.write(line)
    answer = answers.get(message["method"])
    if answer is None:
        continue
    if isinstance(answer, str):
        print(answer, flush=True)
        continue
    print(json.dumps({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}}), flush=True)
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}), flush=True)
    if answer.get("goes"):
        break
"""

INITIALIZED = {"result": {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "deskbell"}}}


def ring(log: Path, called: Any) -> bool:
    answers = {"initialize": INITIALIZED, "tools/call": called}
    return ring_through_relay("Codex", [sys.executable, "-c", RELAY, json.dumps(answers), str(log)])


@pytest.mark.parametrize(
    ("result", "answered"),
    [
        ({"content": [{"type": "text", "text": "It works"}], "structuredContent": {"answered_by": "person"}}, True),
        ({"content": [{"type": "text", "text": "It works"}], "structuredContent": {"answered_by": "timeout"}}, False),
        ({"content": [{"type": "text", "text": "Selected: It works"}]}, True),
        ({"content": [{"type": "text", "text": '{"status": "pending"}'}]}, False),
    ],
)
def test_it_tells_whether_a_person_answered(tmp_path: Path, result: dict[str, Any], answered: bool) -> None:
    """As the tool says."""
    assert ring(tmp_path / "log", {"result": result}) == answered

    said = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [message["method"] for message in said] == ["initialize", "notifications/initialized", "tools/call"]
    assert said[0]["params"]["clientInfo"]["name"] == "Codex"
    assert said[2]["params"]["arguments"]["options"] == ["It works"]


@pytest.mark.parametrize(
    ("called", "says"),
    [
        ({"error": {"code": -32602, "message": "no such tool"}}, "tools/call was refused: no such tool"),
        (
            {"result": {"isError": True, "content": [{"type": "text", "text": "desk full"}]}},
            "ask_human says: desk full",
        ),
        ("rubbish", "The relay said something that is no message: rubbish"),
    ],
)
def test_it_tells_what_went_wrong(tmp_path: Path, called: Any, says: str) -> None:
    """In a sentence."""
    with pytest.raises(RehearsalFailed, match=says):
        ring(tmp_path / "log", called)


def test_a_relay_that_ends_is_noticed() -> None:
    """At once."""
    with pytest.raises(RehearsalFailed, match="ended"):
        ring_through_relay("Codex", [sys.executable, "-c", "pass"])


def test_a_command_that_is_not_there_is_noticed() -> None:
    """With its name."""
    with pytest.raises(RehearsalFailed, match=r"/nowhere/deskbell cannot be started"):
        ring_through_relay("Codex", ["/nowhere/deskbell", "mcp"])
