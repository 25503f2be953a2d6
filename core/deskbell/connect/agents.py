"""The agents that can be connected: where their configuration lies, and what is to stand in it.

Each agent's shape is what its own documentation says; docs/agents.md has the same for people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deskbell.connect.edits import Edit, Entry, Hook, Required
from deskbell.connect.launcher import Launcher
from deskbell.connect.machine import Machine

SERVER: Final = "deskbell"
"""The name of the MCP server in every agent's configuration."""

PERSON_SECONDS: Final = 86_400
"""How long a hook may wait where the agent sets no limit of its own: a person may be away for the night."""

SHORT_SECONDS: Final = 600
"""How long it may wait where the agent's documentation names a limit."""


LONG_WAIT: Final = 295
"""How many seconds a tool call waits where the agent can be told to grant that: longer than any countdown."""

LONG_LIMIT: Final = 330
"""What such an agent is told to grant."""

CLAUDE_WAIT: Final = 110
"""Claude Code moves calls of more than two minutes to the background."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration file and what is to stand in it."""

    path: Path
    edits: tuple[Edit, ...]
    serves: str
    """``mcp`` or ``hooks``."""

    @property
    def is_toml(self) -> bool:
        """Whether it is TOML; otherwise it is JSON, with or without comments."""
        return self.path.suffix == ".toml"


@dataclass(frozen=True, slots=True)
class Place:
    """Where configuration is looked for: on a machine, or in the top folder of a project."""

    machine: Machine
    launcher: Launcher
    project: Path | None = None

    def file(self, path: Path, serves: str, *edits: Edit) -> ConfigFile:
        """A file with its edits."""
        return ConfigFile(path, edits, serves)


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent that can ring the desk."""

    name: str
    title: str
    programs: tuple[str, ...]
    traces: Callable[[Machine], Iterable[Path]]
    files: Callable[[Place], Iterable[ConfigFile]]
    after: str = ""
    """What a person has to do in the agent itself."""

    def is_here(self, machine: Machine) -> bool:
        """Whether it is installed, or has been used, on a machine."""
        return any(path.exists() for path in self.traces(machine)) or any(map(machine.has_program, self.programs))


def _server(launcher: Launcher, wait: int = 0, **more: Any) -> Mapping[str, Any]:
    """The usual shape of a server that is started; ``wait`` is for agents that grant more than the shortest limit."""
    program, *arguments = _relay(launcher, wait)
    return {"command": program, "args": arguments, **more}


def _relay(launcher: Launcher, wait: int = 0) -> list[str]:
    return launcher.argv("mcp", *(["--wait", str(wait)] if wait else []))


def _entry(launcher: Launcher) -> Entry:
    return Entry(("mcpServers", SERVER), _server(launcher))


# Claude Code


def _claude_folder(machine: Machine) -> Path:
    return machine.folder("CLAUDE_CONFIG_DIR", machine.home / ".claude")


def _claude_state(machine: Machine) -> Path:
    return machine.folder("CLAUDE_CONFIG_DIR", machine.home) / ".claude.json"


def _claude_hook(place: Place, event: str, matcher: str) -> Hook:
    program, *arguments = place.launcher.argv("hook", "claude")
    hook = {"type": "command", "command": program, "args": arguments, "timeout": PERSON_SECONDS}
    return Hook(("hooks", event), "claude", {"matcher": matcher, "hooks": [hook]})


def _claude(place: Place) -> Iterable[ConfigFile]:
    servers = place.project / ".mcp.json" if place.project else _claude_state(place.machine)
    settings = (place.project / ".claude" if place.project else _claude_folder(place.machine)) / "settings.json"
    server = Entry(("mcpServers", SERVER), {"type": "stdio", **_server(place.launcher, CLAUDE_WAIT)})
    yield place.file(servers, "mcp", server)
    yield place.file(
        settings,
        "hooks",
        _claude_hook(place, "PermissionRequest", "*"),
        _claude_hook(place, "PreToolUse", "AskUserQuestion"),
        _claude_hook(place, "Elicitation", "*"),
    )


# Codex


def _codex_folder(machine: Machine) -> Path:
    return machine.folder("CODEX_HOME", machine.home / ".codex")


def _codex(place: Place) -> Iterable[ConfigFile]:
    folder = place.project / ".codex" if place.project else _codex_folder(place.machine)
    hook = {"type": "command", "command": place.launcher.shell("hook", "codex"), "timeout": SHORT_SECONDS}
    group = {"matcher": "*", "hooks": [hook]}
    server = _server(place.launcher, LONG_WAIT)
    yield place.file(
        folder / "config.toml", "mcp", Entry(("mcp_servers", SERVER), server, {"tool_timeout_sec": LONG_LIMIT})
    )
    yield place.file(folder / "hooks.json", "hooks", Hook(("hooks", "PermissionRequest"), "codex", group))


# Cursor


def _cursor(place: Place) -> Iterable[ConfigFile]:
    folder = (place.project or place.machine.home) / ".cursor"
    hook = {"command": place.launcher.shell("hook", "cursor"), "timeout": SHORT_SECONDS}
    yield place.file(folder / "mcp.json", "mcp", _entry(place.launcher))
    yield place.file(
        folder / "hooks.json",
        "hooks",
        Required("version", 1),
        Hook(("hooks", "beforeShellExecution"), "cursor", hook),
        Hook(("hooks", "beforeMCPExecution"), "cursor", hook),
    )


# VS Code and its relatives


def _vscode_folders(machine: Machine) -> Sequence[Path]:
    return [machine.app_config / name / "User" for name in ("Code", "Code - Insiders", "VSCodium")]


def _vscode(place: Place) -> Iterable[ConfigFile]:
    server = Entry(("servers", SERVER), {"type": "stdio", **_server(place.launcher)})
    folders = [place.project / ".vscode"] if place.project else _present(_vscode_folders(place.machine))
    for folder in folders:
        yield place.file(folder / "mcp.json", "mcp", server)


# Windsurf, which is called Devin Desktop now


def _windsurf_folders(machine: Machine) -> Sequence[Path]:
    devin = machine.app_config if machine.is_windows else machine.xdg_config
    return [devin / "devin", machine.home / ".codeium" / "windsurf"]


def _windsurf(place: Place) -> Iterable[ConfigFile]:
    folders = [place.project / ".devin"] if place.project else _present(_windsurf_folders(place.machine))
    for folder in folders:
        yield place.file(folder / "mcp_config.json", "mcp", _entry(place.launcher))


# Gemini CLI


def _gemini_folder(machine: Machine) -> Path:
    return machine.folder("GEMINI_CLI_HOME", machine.home) / ".gemini"


def _gemini(place: Place) -> Iterable[ConfigFile]:
    folder = place.project / ".gemini" if place.project else _gemini_folder(place.machine)
    server = _server(place.launcher, LONG_WAIT)
    yield place.file(
        folder / "settings.json", "mcp", Entry(("mcpServers", SERVER), server, {"timeout": LONG_LIMIT * 1000})
    )


# GitHub Copilot CLI


def _copilot_folder(machine: Machine) -> Path:
    return machine.folder("COPILOT_HOME", machine.home / ".copilot")


def _copilot(place: Place) -> Iterable[ConfigFile]:
    folder = place.project / ".github" if place.project else _copilot_folder(place.machine)
    servers = folder / ("mcp.json" if place.project else "mcp-config.json")
    hook = {
        "type": "command",
        "bash": place.launcher.shell("hook", "copilot"),
        "powershell": place.launcher.powershell("hook", "copilot"),
        "timeoutSec": SHORT_SECONDS,
    }
    server = {"type": "local", **_server(place.launcher, LONG_WAIT, tools=["*"])}
    yield place.file(servers, "mcp", Entry(("mcpServers", SERVER), server, {"timeout": LONG_LIMIT * 1000}))
    yield place.file(
        folder / "hooks" / "deskbell.json",
        "hooks",
        Required("version", 1),
        Hook(("hooks", "permissionRequest"), "copilot", hook),
    )


# opencode


def _opencode_folder(machine: Machine) -> Path:
    return machine.xdg_config / "opencode"


def _opencode(place: Place) -> Iterable[ConfigFile]:
    folder = place.project or _opencode_folder(place.machine)
    path = next(iter(path for name in ("c", "") if (path := folder / f"opencode.json{name}").exists()), None)
    command = {"type": "local", "command": _relay(place.launcher)}
    newer = Entry(("mcp", "servers", SERVER), command)
    server = Entry(("mcp", SERVER), {**command, "enabled": True}, instead=newer)
    yield place.file(path or folder / "opencode.json", "mcp", server)


# Zed


def _zed_folder(machine: Machine) -> Path:
    return machine.app_config / "Zed" if machine.is_windows else machine.xdg_config / "zed"


def _zed(place: Place) -> Iterable[ConfigFile]:
    folder = place.project / ".zed" if place.project else _zed_folder(place.machine)
    server = Entry(("context_servers", SERVER), {"source": "custom", **_server(place.launcher, env={})})
    yield place.file(folder / "settings.json", "mcp", server)


def _present(folders: Sequence[Path]) -> Sequence[Path]:
    """Those that are there, or the first: an agent may be installed and never have been started."""
    return [folder for folder in folders if folder.exists()] or folders[:1]


AGENTS: Final[Mapping[str, Agent]] = {
    agent.name: agent
    for agent in (
        Agent("claude", "Claude Code", ("claude",), lambda here: (_claude_folder(here), _claude_state(here)), _claude),
        Agent(
            "codex",
            "Codex",
            ("codex",),
            lambda here: (_codex_folder(here),),
            _codex,
            after="Codex runs a hook once you trust it: type /hooks in it.",
        ),
        Agent("cursor", "Cursor", ("cursor", "cursor-agent"), lambda here: (here.home / ".cursor",), _cursor),
        Agent("vscode", "VS Code", ("code",), _vscode_folders, _vscode),
        Agent("windsurf", "Windsurf", ("windsurf", "devin"), _windsurf_folders, _windsurf),
        Agent("gemini", "Gemini CLI", ("gemini",), lambda here: (_gemini_folder(here),), _gemini),
        Agent("copilot", "Copilot CLI", ("copilot",), lambda here: (_copilot_folder(here),), _copilot),
        Agent("opencode", "opencode", ("opencode",), lambda here: (_opencode_folder(here),), _opencode),
        Agent("zed", "Zed", ("zed", "zeditor"), lambda here: (_zed_folder(here),), _zed),
    )
}
"""Every agent by the name by which the command calls it."""


def find_agents(machine: Machine) -> list[Agent]:
    """The agents that are here, in the order of the table."""
    return [agent for agent in AGENTS.values() if agent.is_here(machine)]
