"""What belongs into the configuration of MCP clients so that they start ``deskbell mcp``: as ``connect`` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from deskbell.connect.agents import AGENTS, LONG_LIMIT, LONG_WAIT, SERVER, Place
from deskbell.connect.edits import Added, Edit, Entry, with_edits
from deskbell.connect.launcher import find_launcher
from deskbell.connect.machine import Machine

CLINE: Final = "cline"
"""Keeps its servers where only VS Code knows, so that ``connect`` cannot write there."""

CLIENTS: Final = (*AGENTS, CLINE)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of configuration, and where it belongs."""

    place: str
    text: str


def snippet(name: str, machine: Machine | None = None) -> Snippet:
    """What to write for the client of this name."""
    place = Place(machine or Machine.here(), find_launcher(machine or Machine.here()))
    where, edits, is_toml = next(_wanted(name, place))
    return Snippet(where, with_edits("" if is_toml else "{}", edits, Added(), is_toml=is_toml).strip())


def _wanted(name: str, place: Place) -> Iterator[tuple[str, tuple[Edit, ...], bool]]:
    if name == CLINE:
        program, *arguments = place.launcher.argv("mcp", "--wait", str(LONG_WAIT))
        server = {"command": program, "args": arguments, "timeout": LONG_LIMIT, "disabled": False}
        yield "cline_mcp_settings.json (MCP Servers, Configure)", (Entry(("mcpServers", SERVER), server),), False
        return
    for file in AGENTS[name].files(place):
        if file.serves == "mcp":
            yield str(file.path), file.edits, file.is_toml
