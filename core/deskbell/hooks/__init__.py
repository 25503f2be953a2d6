"""Hooks of agents: the JSON an agent hands to a hook becomes a question, and the answer the JSON that agent takes.

One module per agent, pure functions from its JSON to an ``Inquiry`` and from answers to its JSON. ``ringing`` does what
they have in common: it puts the questions on the desk, waits, and gives up when that is due.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from deskbell.hooks.inquiry import Agent

AGENTS: Final = {
    "acp": "any agent that speaks the Agent Client Protocol",
    "claude": "Claude Code",
    "codex": "Codex CLI",
    "copilot": "GitHub Copilot CLI",
    "cursor": "Cursor",
    "gemini": "Gemini CLI",
    "opencode": "opencode",
}
"""Every agent that has a module here, and what people call it."""


def load(name: str) -> Agent:
    """The agent of this name. Raises KeyError for one that is not in ``AGENTS``."""
    if name not in AGENTS:
        raise KeyError(name)
    agent: Agent = import_module(f"deskbell.hooks.{name}").AGENT
    return agent
