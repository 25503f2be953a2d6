"""What docs/agents.md tells people to put into their settings."""

from __future__ import annotations

import json
import re
from pathlib import Path

from deskbell.hooks import AGENTS

PAGE = (Path(__file__).parents[3] / "docs" / "agents.md").read_text(encoding="utf-8")


def test_every_snippet_is_json() -> None:
    """It can be pasted as it is."""
    snippets = [json.loads(snippet) for snippet in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]

    assert len([snippet for snippet in snippets if snippet.get("hooks")]) >= 5


def test_every_agent_has_its_place() -> None:
    """With the command that its hook runs."""
    for agent in AGENTS:
        assert re.search(rf'deskbell hook {agent}|"hook", ?"{agent}"', PAGE), agent
