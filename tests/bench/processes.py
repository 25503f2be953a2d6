"""Starting, and doing nothing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from rows import Row, percentile
from stage.desktop import DesktopApp

_MEBIBYTE = 2**20

_EVENT = """{"session_id": "s", "cwd": "/", "permission_mode": "default", "hook_event_name": "PermissionRequest",
"tool_name": "Bash", "tool_input": {"command": "Ship it?"}}"""

_RINGING = (
    ("ask", ("ask", "Ship it?", "-o", "Yes"), ""),
    ("hook", ("hook", "claude"), _EVENT),
)
"""What agents run: its name, its words, its standard input."""


def cold_start(app: DesktopApp, *, rounds: int) -> Iterator[Row]:
    """Spawn → tray icon in the tray, and → listener answers."""
    tray, listener = [], []
    for _ in range(rounds):
        start = time.monotonic()
        app.spawn()
        while not app.display.tray_icons():
            time.sleep(0.002)
        tray.append(time.monotonic() - start)
        app.wait_listening()
        listener.append(time.monotonic() - start)
        app.stop()
    yield Row("cold start → tray icon", percentile(tray, 0.5), "s", 0.6, note=f"median of {rounds}")
    yield Row("cold start → listener answers", percentile(listener, 0.5), "s", 1.0)


def commands(app: DesktopApp, *, rounds: int) -> Iterator[Row]:
    """What an agent runs dozens of times a day."""
    for name, words, event in _RINGING:
        times = [_spawn_to_request(app, words, event) for _ in range(rounds)]
        took = 1000 * percentile(times, 0.5)
        yield Row(f"deskbell {name}: spawn → request sent", took, "ms", 120, note=f"median of {rounds}")
    yield Row("deskbell --help", 1000 * percentile(_runs(app, rounds, "-m", "deskbell", "--help"), 0.5), "ms")
    nothing = 1000 * percentile(_runs(app, rounds, "-c", "pass"), 0.5)
    yield Row("python -c pass", nothing, "ms", note="to compare with")


def relay(app: DesktopApp, *, rounds: int) -> Iterator[Row]:
    """What every agent that speaks MCP starts, and keeps as long as it runs."""
    before = app.rss
    first = _hello(app)[0]
    yield Row("first request to /mcp of a desk: SDK loaded", first, "s", note="once; others are served meanwhile")
    yield Row("… memory of the app", (app.rss - before) / _MEBIBYTE, "MiB", note="more")
    answers = [_hello(app) for _ in range(rounds)]
    took = 1000 * percentile([seconds for seconds, _ in answers], 0.5)
    yield Row("deskbell mcp: spawn → initialize answered", took, "ms", 80, note=f"median of {rounds}")
    yield Row("deskbell mcp: resident memory", max(size for _, size in answers) / _MEBIBYTE, "MiB", 20)


def _hello(app: DesktopApp) -> tuple[float, int]:
    """Seconds until a relay that is started has passed on the answer to initialize, and its resident memory then."""
    client = {"name": "bench", "version": "1"}
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
    message = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    command = [Path(sys.executable).with_name("deskbell"), "mcp"]
    start = time.monotonic()
    with subprocess.Popen(command, env=app.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        took = time.monotonic() - start
        assert answer["result"]["serverInfo"]["name"] == "deskbell"
        resident = int(psutil.Process(process.pid).memory_info().rss)
    return took, resident


def idle(app: DesktopApp, *, settle: float, seconds: float) -> Iterator[Row]:
    """What the hidden app costs when nobody asks, once ``settle`` seconds have passed."""
    time.sleep(settle)
    process = psutil.Process(app.pid)
    cpu, before = process.cpu_times(), _voluntary_switches(app.pid)
    time.sleep(seconds)
    cpu_after, after = process.cpu_times(), _voluntary_switches(app.pid)
    woken = sum(count - before.get(thread, 0) for thread, count in after.items())
    used = cpu_after.user + cpu_after.system - cpu.user - cpu.system
    yield Row("idle: wake-ups", woken / seconds, "/s", 0.1, note=f"over {seconds:g} s, all threads")
    yield Row("idle: CPU", max(0.0, round(100 * used / seconds, 1)), "%", 0)
    yield Row("idle: resident memory", app.rss / _MEBIBYTE, "MiB", 110)


def _spawn_to_request(app: DesktopApp, words: Sequence[str], event: str) -> float:
    """Seconds until a desk that is only a socket has the whole head of the request."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        environment = app.environment | {"DESKBELL_URL": url, "DESKBELL_TOKEN": "t" * 43}
        start = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "deskbell", *words],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin
        with process.stdin:
            process.stdin.write(event.encode())
        connection, _ = server.accept()
        with connection:
            received = b""
            while b"Ship it?" not in received:
                received += connection.recv(65_536)
            took = time.monotonic() - start
            process.kill()
            process.wait()
    return took


def _runs(app: DesktopApp, rounds: int, *words: str) -> list[float]:
    times = []
    for _ in range(rounds):
        start = time.monotonic()
        subprocess.run([sys.executable, *words], env=app.environment, check=True, stdout=subprocess.DEVNULL)
        times.append(time.monotonic() - start)
    return times


def _voluntary_switches(pid: int) -> dict[str, int]:
    """How often each thread of a process has gone to sleep so far."""
    found = {}
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        lines = status.read_text().splitlines()
        found[status.parent.name] = int(next(line for line in lines if line.startswith("voluntary")).split()[1])
    return found


def machine() -> str:
    """What this was measured on."""
    return f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, {os.uname().sysname} {os.uname().machine}"
