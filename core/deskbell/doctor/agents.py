"""The agents on this machine: whether they are connected, whether what they start is there, and how long they wait."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeGuard

from deskbell.connect import jsonc_edit
from deskbell.connect.agents import AGENTS, Agent, ConfigFile, Place
from deskbell.connect.edits import Entry, Hook, entry_in_force, find_hooks
from deskbell.connect.files import read_text
from deskbell.connect.jsonc import JsoncError
from deskbell.connect.launcher import find_launcher
from deskbell.connect.machine import Machine
from deskbell.connect.toml_edit import TomlError
from deskbell.doctor.finding import Finding, Status, fail, from_error, ok, warn
from deskbell.errors import AgentFileRefused

USUAL_WAIT: Final = 50.0
"""How many seconds a tool call waits for a person when its server is not told otherwise."""

_REPLY_SECONDS: Final = 10.0
_WAIT: Final = "--wait"

_MILLISECONDS: Final = 0.001
_TIMEOUTS: Final[Mapping[str, tuple[str, float]]] = {
    "claude": ("timeout", _MILLISECONDS),
    "codex": ("tool_timeout_sec", 1.0),
    "gemini": ("timeout", _MILLISECONDS),
    "copilot": ("timeout", _MILLISECONDS),
}
"""In which member of its server's entry an agent keeps the limit of a tool call, and its unit in seconds."""


def check_agents(machine: Machine) -> Iterator[Finding]:
    """Each one that is here."""
    place = Place(machine, find_launcher(machine))
    here = [agent for agent in AGENTS.values() if agent.is_here(machine)]
    for agent in here:
        try:
            yield _check(agent, place)
        except AgentFileRefused as error:
            yield from_error(agent.name, Status.FAIL, error)
    if not here:
        yield warn("agents", "No agent was found on this machine.", "Connect one by its name: deskbell connect codex")


def _check(agent: Agent, place: Place) -> Finding:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for file in agent.files(place):
        try:
            found.setdefault(file.serves, []).extend(_ours_in(file))
        except (JsoncError, TomlError) as error:
            says = f"{agent.title} has {file.path}, {error}."
            return fail(agent.name, says, "Mend that; the agent cannot read it either.")
    return _judge(agent, found, place)


def _judge(agent: Agent, found: Mapping[str, list[Mapping[str, Any]]], place: Place) -> Finding:
    """What it means that of each kind these entries were found."""
    connect = f"deskbell connect {agent.name}"
    if not any(found.values()):
        return warn(agent.name, f"{agent.title} is here and not connected.", connect)
    for program in (_program_of(ours) for entries in found.values() for ours in entries):
        if program and not _is_there(program, place.machine):
            return fail(agent.name, f"{agent.title} starts {program}, which is not there.", connect)
    seconds = _limit(agent, found["mcp"], place)
    needed = max((_wait_of(ours) for ours in found["mcp"]), default=USUAL_WAIT) + _REPLY_SECONDS
    if seconds is not None and seconds < needed:
        says = f"{agent.title} ends tool calls after {seconds:g} s, which is too short for a person."
        return warn(agent.name, says, f"Set it to {needed:g} s or more.")
    for kind, name in (("mcp", "MCP server"), ("hooks", "hooks")):
        if found.get(kind) == []:
            return warn(agent.name, f"{agent.title} is connected without its {name}.", connect)
    return ok(
        agent.name, f"{agent.title} is connected{'' if seconds is None else f', tool calls up to {seconds:g} s'}."
    )


def _ours_in(file: ConfigFile) -> Iterator[Mapping[str, Any]]:
    """Our server's entry, or our hooks. Raises AgentFileRefused, JsoncError and TomlError."""
    text = read_text(file.path)
    if text is None:
        return
    for edit in file.edits:
        if isinstance(edit, Entry):
            entry = entry_in_force(text, edit, is_toml=file.is_toml)
            if isinstance(entry, Mapping):
                yield entry
        elif isinstance(edit, Hook):
            items = jsonc_edit.value_at(text, edit.path)
            for first, *inner in find_hooks(items, edit.name):
                yield items[first]["hooks"][inner[0]] if inner else items[first]


def _program_of(ours: Mapping[str, Any]) -> str:
    """What is started: the first word of a command, however it is quoted."""
    command = ours.get("command") or ours.get("bash") or ""
    if isinstance(command, list):
        return str(command[0]) if command else ""
    if "args" in ours:
        return str(command)
    found = re.match(r"""\s*(?:"([^"]*)"|'([^']*)'|(\S+))""", str(command))
    return next((word for word in found.groups() if word), "") if found else ""


def _wait_of(server: Mapping[str, Any]) -> float:
    """How many seconds a server's calls wait, as its arguments say."""
    words = [
        str(word) for key in ("command", "args") for word in server.get(key) or () if isinstance(server[key], list)
    ]
    value = words[words.index(_WAIT) + 1 :][:1] if _WAIT in words else []
    return float(value[0]) if value and value[0].isdigit() else USUAL_WAIT


def _is_there(program: str, machine: Machine) -> bool:
    return Path(program).exists() if Path(program).is_absolute() else machine.has_program(program)


def _limit(agent: Agent, entries: list[Mapping[str, Any]], place: Place) -> float | None:
    """How many seconds a tool call of ours may take, as far as the agent's configuration says so."""
    if agent.name == "opencode":
        return _limit_of_opencode(agent, entries, place)
    if agent.name not in _TIMEOUTS:
        return None
    key, unit = _TIMEOUTS[agent.name]
    limits = [entry[key] * unit for entry in entries if _is_number(entry.get(key))]
    general = place.machine.environment.get("MCP_TOOL_TIMEOUT", "") if agent.name == "claude" else ""
    return min(limits) if limits else (int(general) * unit if general.isdigit() else None)


def _limit_of_opencode(agent: Agent, entries: Iterable[Mapping[str, Any]], place: Place) -> float | None:
    """Its entries have one number, or one for each kind of request; another one holds for all servers."""
    timeouts = [entry.get("timeout") for entry in entries]
    limits = [timeout.get("request") if isinstance(timeout, Mapping) else timeout for timeout in timeouts]
    texts = [read_text(file.path) or "" for file in agent.files(place)]
    limits += [jsonc_edit.value_at(text, ("experimental", "mcp_timeout")) for text in texts]
    return min((limit * _MILLISECONDS for limit in limits if _is_number(limit)), default=None)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
