"""A question that rings the desk in the way an agent's will."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from deskbell import __version__
from deskbell.client import DeskClient
from deskbell.errors import DeskbellError
from deskbell.task import Source, TaskDetails

QUESTION: Final = "**{agent}** is connected. Its questions will come up here, like this one."
OPTION: Final = "It works"
SECONDS: Final = 60

_START_SECONDS: Final = 20.0
_PROTOCOL: Final = "2025-06-18"
_TOOL: Final = "ask_human"


class RehearsalFailed(DeskbellError):
    """The question did not reach the desk in the agent's way."""


def ring_the_desk(agent: str) -> bool:
    """Ask in the name of an agent; whether a person answered. Raises DeskbellError."""
    client = DeskClient()
    details = TaskDetails(title=f"{agent} is connected", source=Source(agent=agent), allow_text=False)
    question = QUESTION.format(agent=agent)
    task = client.ask(question, [OPTION], timeout=SECONDS, on_timeout="expire", details=details)
    answer = client.wait(task.task_id).answer
    return answer is not None and answer.answered_by == "person"


def ring_through_relay(agent: str, argv: Sequence[str]) -> bool:
    """Ask as an MCP client of this name would that starts ``argv``; whether a person answered.

    Raises RehearsalFailed.
    """
    hello = {"protocolVersion": _PROTOCOL, "capabilities": {}, "clientInfo": {"name": agent, "version": __version__}}
    arguments = {
        "question": QUESTION.format(agent=agent),
        "options": [OPTION],
        "title": f"{agent} is connected",
        "timeout_s": SECONDS,
        "wait_s": SECONDS,
    }
    with _Relay.started(argv) as relay:
        relay.request("initialize", hello, _START_SECONDS)
        relay.tell("notifications/initialized")
        result = relay.request("tools/call", {"name": _TOOL, "arguments": arguments}, SECONDS + _START_SECONDS)
    if result.get("isError"):
        raise RehearsalFailed(f"The tool {_TOOL} says: {_text(result)}")
    answered_by = (result.get("structuredContent") or {}).get("answered_by")
    return answered_by == "person" if answered_by else OPTION in _text(result)


class _Relay:
    """A process that speaks MCP on its standard input and output, one message a line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._number = 0
        self._reader = threading.Thread(target=self._read, name="RelayReader", daemon=True)
        self._reader.start()

    @classmethod
    @contextmanager
    def started(cls, argv: Sequence[str]) -> Iterator[_Relay]:
        """A process that is there for a while."""
        try:
            process = subprocess.Popen(  # noqa: S603 - what the agent will start
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
            )
        except OSError as error:
            raise RehearsalFailed(f"{argv[0]} cannot be started: {error.strerror or error}.") from error
        relay = cls(process)
        try:
            yield relay
        finally:
            process.terminate()
            process.wait()
            relay.close()

    def request(self, method: str, parameters: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The result of a request, within ``seconds``."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            message = self._next(method, left)
            if message.get("id") == self._number and "error" in message:
                raise RehearsalFailed(f"{method} was refused: {message['error'].get('message')}")
            if message.get("id") == self._number:
                result: dict[str, Any] = message["result"]
                return result
        raise RehearsalFailed(f"{method} was not answered within {seconds:g} seconds.")

    def tell(self, method: str) -> None:
        """Say something that wants no answer."""
        self._send({"method": method})

    def close(self) -> None:
        """Let go of a process that has ended."""
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise RehearsalFailed("The relay ended at once. Start it by hand to see why: deskbell mcp") from error

    def _next(self, method: str, seconds: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            return {}
        if not line:
            raise RehearsalFailed(f"The relay ended during {method}. Start it by hand to see why: deskbell mcp")
        try:
            message = json.loads(line)
        except ValueError as error:
            raise RehearsalFailed(f"The relay said something that is no message: {line.strip()[:80]}") from error
        return message if isinstance(message, dict) else {}

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")


def _text(result: Mapping[str, Any]) -> str:
    blocks = result.get("content") or []
    return "\n".join(str(block.get("text", "")) for block in blocks if isinstance(block, Mapping))
