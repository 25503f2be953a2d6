"""``deskbell hook``: what agents run. JSON on standard input, a decision on standard output.

Whatever goes wrong, the agent gets what makes it ask by itself, and exit code 0: to some agents any other means no.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from deskbell.cli.interruption import Interrupted, interruptible
from deskbell.errors import DeskbellError
from deskbell.hooks import AGENTS, load
from deskbell.hooks.inquiry import Agent, Event, Inquiry, Json, Unreadable
from deskbell.hooks.ringing import DeskSilent, Errand, recall, ring

INPUT_SECONDS: Final = 5.0
"""How long an agent may take to say what it wants."""

UNHEARD_SECONDS: Final = 0.75
"""How old this process may get before a desk has taken its questions: it must be gone within a second."""

_LEAST_SECONDS: Final = 0.2  # for the desk, however long the agent and Python took
_OLDEST_SECONDS: Final = 10.0  # anything above is a clock that counts something else

MAX_BYTES: Final = 16 * 1024 * 1024

_MISUSED: Final = 1  # not 2, which agents take for a refusal
_RECALL: Final = "recall"
_STDOUT: Final = 1
_STARTED: Final = 19  # of what follows the name in /proc/PID/stat: ticks from the boot to the start (proc(5))


def run(words: Sequence[str]) -> int:
    """Run the hook that ``words`` name; the exit code."""
    if not words or words[0] in {"-h", "--help"}:
        sys.stdout.write(_usage())
        return 0 if words else _MISUSED
    if words[0] == _RECALL and words[1:2] and words[1] in AGENTS:
        return _recall(load(words[1]))
    if words[0] not in AGENTS or len(words) > 2:  # noqa: PLR2004 - a name, and an event for Codex' notify
        sys.stderr.write(_usage())
        return _MISUSED
    return _answer(words[0], words[1] if len(words) > 1 else None)


def _answer(name: str, argument: str | None) -> int:
    agent = load(name)
    lookout = Lookout()
    event: Event | None = None
    decision: Json | None = None
    raw, heard = b"", False
    try:
        with interruptible():
            raw = argument.encode(errors="replace") if argument is not None else _standard_input()
            event = _parsed(raw)
            inquiry = agent.read(event)
            if inquiry:
                decision = ring(inquiry, lookout.is_agent_there, max(_LEAST_SECONDS, UNHEARD_SECONDS - _age()))
    except Interrupted as interrupted:
        return interrupted.exit_code
    except DeskSilent as silent:
        _complain(silent)
        heard = True
    except (Unreadable, DeskbellError, TimeoutError) as error:
        _complain(error)
    except Exception as error:  # noqa: BLE001,RUF100 - no fault of ours may stand between an agent and its own dialog
        _complain(error)
    _print(agent.silence(event) if decision is None else decision)
    if heard:
        _start_recall(name, raw)
    return 0


class Lookout:
    """Whether the agent that started this is still there: its process, and its end of the pipe."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._poll = None
        if sys.platform != "win32":
            import select  # noqa: PLC0415 - there it knows sockets only

            self._poll = select.poll()
            self._poll.register(_STDOUT, 0)

    def is_agent_there(self) -> bool:
        """Whether somebody still waits for the decision."""
        return os.getppid() == self._parent and not (self._poll and self._poll.poll(0))


def _age() -> float:
    """Seconds since this process was started, or at least those that it has worked."""
    with suppress(OSError, ValueError, AttributeError, IndexError):
        fields = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        started = int(fields[_STARTED]) / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - started
        if 0 <= age < _OLDEST_SECONDS:
            return age
    return time.process_time()


def _standard_input() -> bytes:
    """All of standard input. Raises Unreadable and TimeoutError."""
    if sys.stdin is None or sys.stdin.isatty():
        raise Unreadable("There is nothing on standard input. Agents run this; see 'deskbell hook --help'.")
    raw = Errand(lambda: sys.stdin.buffer.read(MAX_BYTES + 1)).result(INPUT_SECONDS)
    if len(raw) > MAX_BYTES:
        raise Unreadable("There is too much on standard input.")
    return raw


def _parsed(raw: bytes) -> Event:
    try:
        event = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"This is no JSON: {error}") from error
    if not isinstance(event, dict):
        raise Unreadable("This is no JSON object.")
    return event


def _print(decision: Json | None) -> None:
    """In ASCII, whatever the agent takes for the encoding."""
    with suppress(OSError):
        if decision is not None:
            sys.stdout.write(json.dumps(decision) + "\n")
        sys.stdout.flush()


def _complain(error: Exception) -> None:
    """For the agent's log."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"deskbell hook: {str(error) or type(error).__name__}\n")


def _start_recall(name: str, raw: bytes) -> None:
    """Let a process of its own take back what the desk may have heard, when that gets round to it."""
    import tempfile  # noqa: PLC0415 - hardly ever needed
    from subprocess import DEVNULL  # noqa: PLC0415

    from deskbell.launch import detached  # noqa: PLC0415

    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-P", "-m", "deskbell"]
    with suppress(OSError, DeskbellError), tempfile.TemporaryFile() as file:
        file.write(raw)
        file.seek(0)
        detached([*program, "hook", _RECALL, name], DEVNULL, file).returncode = 0


def _recall(agent: Agent) -> int:
    with suppress(Unreadable, DeskbellError):
        inquiry: Inquiry | None = agent.read(_parsed(sys.stdin.buffer.read(MAX_BYTES)))
        if inquiry:
            recall(inquiry)
    return 0


def _usage() -> str:
    names = "\n".join(f"  {name:<10}{about}" for name, about in AGENTS.items())
    return (
        "Usage: deskbell hook AGENT [EVENT]\n\n"
        "Asks on behalf of an agent that runs this as its hook. The agent's JSON comes on standard input, or as\n"
        "EVENT, and what the agent reads goes to standard output. Without a desk, or when nobody decides, the agent\n"
        "asks by itself. docs/agents.md has what to put into each agent's settings.\n\n"
        f"Agents:\n{names}\n"
    )
