"""What belongs into the configuration of MCP clients so that they start ``deskbell mcp``."""

from __future__ import annotations

import json
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

WAIT_SECONDS: Final = 295
"""How long a call waits where the client can be told to: longer than any countdown, so that one call is enough."""

LIMIT_SECONDS: Final = 330
"""What such a client is told to grant a call."""

SHORT_WAIT_SECONDS: Final = 110
"""Claude Code moves calls of more than two minutes to the background."""


@dataclass(frozen=True, slots=True)
class Client:
    """One client: where its configuration is, and what it wants to read there."""

    place: str
    write: Callable[[list[str]], str]
    wait: int | None = None


def snippet(client: Client, words: list[str] | None = None) -> str:
    """What to write for a client. ``words`` start ``deskbell``, this very installation by default."""
    command = [*(words or program()), "mcp", *(["--wait", str(client.wait)] if client.wait else [])]
    return client.write(command)


def program() -> list[str]:
    """What starts this very installation, also for programs that do not have it on their PATH."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    script = Path(sysconfig.get_path("scripts")) / ("deskbell.exe" if sys.platform == "win32" else "deskbell")
    return [str(script)] if script.exists() else [sys.executable, "-m", "deskbell"]


def _json(around: str, **more: Any) -> Callable[[list[str]], str]:
    def write(command: list[str]) -> str:
        server = {**more.get("first", {}), "command": command[0], "args": command[1:], **more.get("last", {})}
        return json.dumps({around: {"deskbell": server}}, indent=2, ensure_ascii=False)

    return write


def _opencode(command: list[str]) -> str:
    server = {"type": "local", "command": command, "enabled": True}
    return json.dumps({"mcp": {"deskbell": server}}, indent=2, ensure_ascii=False)


def _codex(command: list[str]) -> str:
    quoted = [json.dumps(word, ensure_ascii=False) for word in command]  # TOML's basic strings are written as JSON's
    return "\n".join(
        (
            "[mcp_servers.deskbell]",
            f"command = {quoted[0]}",
            f"args = [{', '.join(quoted[1:])}]",
            f"tool_timeout_sec = {LIMIT_SECONDS}",
        )
    )


CLIENTS: Final[Mapping[str, Client]] = {
    "claude": Client(
        "Claude Code: ~/.claude.json for all projects, or .mcp.json in one",
        _json("mcpServers", first={"type": "stdio"}),
        SHORT_WAIT_SECONDS,
    ),
    "cline": Client(
        "Cline: cline_mcp_settings.json (MCP Servers, Configure)",
        _json("mcpServers", last={"timeout": LIMIT_SECONDS, "disabled": False}),
        WAIT_SECONDS,
    ),
    "codex": Client("Codex: ~/.codex/config.toml", _codex, WAIT_SECONDS),
    "copilot": Client(
        "Copilot CLI: ~/.copilot/mcp-config.json",
        _json("mcpServers", first={"type": "local"}, last={"tools": ["*"], "timeout": LIMIT_SECONDS * 1000}),
        WAIT_SECONDS,
    ),
    "cursor": Client("Cursor: ~/.cursor/mcp.json, or .cursor/mcp.json in a project", _json("mcpServers")),
    "gemini": Client(
        "Gemini CLI: ~/.gemini/settings.json",
        _json("mcpServers", last={"timeout": LIMIT_SECONDS * 1000}),
        WAIT_SECONDS,
    ),
    "opencode": Client("opencode: ~/.config/opencode/opencode.json", _opencode),
    "vscode": Client(
        "VS Code: .vscode/mcp.json, or the command MCP: Open User Configuration",
        _json("servers", first={"type": "stdio"}),
    ),
    "windsurf": Client("Windsurf: ~/.codeium/windsurf/mcp_config.json", _json("mcpServers")),
    "zed": Client(
        "Zed: ~/.config/zed/settings.json",
        _json("context_servers", first={"source": "custom"}, last={"env": {}}),
    ),
}
