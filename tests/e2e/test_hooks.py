"""An agent's hook rings, a click decides, and the agent reads what was clicked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.command import Command
    from stage.desktop import DesktopApp

    RunCommand = Callable[..., Command]

RECORDED = Path(__file__).parents[1] / "core" / "hooks" / "inputs" / "claude-mcp.json"
"""A call with which Claude Code suggests nothing, so that three choices and the text field are offered."""

ONCE, DENY, TERMINAL, TEXT = range(4)


@pytest.mark.parametrize(
    ("card", "decision"),
    [
        (ONCE, {"behavior": "allow"}),
        (DENY, {"behavior": "deny", "message": "The person at the desk said no."}),
    ],
)
def test_a_click_decides_about_a_permission(
    app: DesktopApp, run: RunCommand, card: int, decision: dict[str, str]
) -> None:
    """Claude Code's PermissionRequest comes up in the window, and its decision is that of the card that was clicked."""
    hook = run("hook", "claude", stdin=RECORDED.read_text())

    app.choose(card, count=4)

    outcome = hook.outcome()
    assert (outcome.code, outcome.complaint) == (0, "")
    assert json.loads(outcome.output) == {
        "hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}
    }
    app.wait_hidden()


def test_what_is_typed_denies_with_it_as_the_reason(app: DesktopApp, run: RunCommand) -> None:
    """Typing and Ctrl+Enter, without choosing anything, tells the agent what to do instead."""
    hook = run("hook", "claude", stdin=RECORDED.read_text())

    app.display.click(*app.cards(4)[TEXT].middle)
    app.display.type_text("ask ada first")
    app.display.press("ctrl+Return")

    decision = json.loads(hook.outcome().output)["hookSpecificOutput"]["decision"]
    assert decision == {"behavior": "deny", "message": "ask ada first"}


def test_a_click_on_the_terminal_says_nothing(app: DesktopApp, run: RunCommand) -> None:
    """So Claude Code asks with its own dialog."""
    hook = run("hook", "claude", stdin=RECORDED.read_text())

    app.choose(TERMINAL, count=4)

    outcome = hook.outcome()
    assert (outcome.code, outcome.output) == (0, "")
