"""``deskbell mcp --print-config``: what clients are to be configured with."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from typing import Any

import pytest

CLIENTS = ("claude", "codex", "cursor", "vscode", "windsurf", "gemini", "copilot", "opencode", "zed", "cline")


def printed(client: str) -> tuple[Any, str]:
    done = subprocess.run(
        [sys.executable, "-m", "deskbell", "mcp", "--print-config", client], capture_output=True, text=True, check=True
    )
    return (tomllib.loads if client == "codex" else json.loads)(done.stdout), done.stderr


@pytest.mark.parametrize("client", CLIENTS)
def test_each_client_gets_what_it_reads(client: str) -> None:
    """Nothing but the configuration on standard output, in its format; where it belongs stands on standard error."""
    config, place = printed(client)
    around, servers = next((name, value) for name, value in config.items() if "deskbell" in value)
    server = servers["deskbell"]
    command = server["command"] if isinstance(server["command"], list) else [server["command"], *server["args"]]

    assert around in {"mcpServers", "mcp_servers", "servers", "mcp", "context_servers"}
    assert command[command.index("mcp") :][:1] == ["mcp"]
    assert place.startswith("For ")


@pytest.mark.parametrize(
    ("client", "limit", "seconds"),
    [
        ("codex", "tool_timeout_sec", 1),
        ("gemini", "timeout", 1000),
        ("copilot", "timeout", 1000),
        ("cline", "timeout", 1),
    ],
)
def test_calls_end_before_the_client_gives_them_up(client: str, limit: str, seconds: int) -> None:
    """Where a client can be told how long a call may take, it is told more than the call waits."""
    config, _ = printed(client)
    server = next(value["deskbell"] for value in config.values() if "deskbell" in value)

    assert int(server["args"][-1]) < server[limit] / seconds


def test_an_unknown_client_lists_the_known_ones() -> None:
    """With exit code 2, as for any command that makes no sense."""
    done = subprocess.run(
        [sys.executable, "-m", "deskbell", "mcp", "--print-config", "nonesuch"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert all(name in done.stderr for name in CLIENTS)
