"""What "always" would mean: the changes to its permissions that Claude Code suggests with a request.

See https://code.claude.com/docs/en/hooks#permission-update-entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from deskbell.hooks.inquiry import Event, Json, objects_in, strings_in, text_in
from deskbell.hooks.page import block, page, sendable
from deskbell.hooks.permission import Choice
from deskbell.origin import one_line
from deskbell.task import Option

SESSION: Final = "session"
_PLACES: Final = {
    SESSION: "until this session ends",
    "localSettings": "in .claude/settings.local.json: in this project, for you",
    "projectSettings": "in .claude/settings.json: in this project, for everybody",
    "userSettings": "in ~/.claude/settings.json: in all your projects",
}
_SHOWN: Final = 300
"""Characters of all suggestions that an option shows; the page has all of them."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One change, as Claude Code takes it back, and what it allows in words."""

    update: Json
    allows: str

    @property
    def place(self) -> str:
        """Where it is kept."""
        return str(self.update["destination"])


def read(event: Event) -> tuple[Suggestion, ...]:
    """The changes that allow something; whatever else was suggested is not offered."""
    found = (_suggestion(raw) for raw in objects_in(event, "permission_suggestions"))
    return tuple(suggestion for suggestion in found if suggestion)


def options(suggestions: Sequence[Suggestion]) -> list[Option]:
    """The choices beyond this once."""
    offered = []
    if suggestions:
        offered.append(Option("Allow for this session", Choice.SESSION, _brief(suggestions)))
    if any(suggestion.place != SESSION for suggestion in suggestions):
        offered.append(Option("Always allow", Choice.ALWAYS, _brief(suggestions)))
    return offered


def remarks(suggestions: Sequence[Suggestion]) -> str:
    """Everything that would be allowed, and where that is kept."""
    places = dict.fromkeys(suggestion.place for suggestion in suggestions)
    groups = {place: [one.allows for one in suggestions if one.place == place] for place in places}
    return page(*(f"{_heading(place)}:\n\n{block(chr(10).join(lines))}" for place, lines in groups.items()))


def updates(suggestions: Sequence[Suggestion], choice: Choice) -> list[Json]:
    """What Claude Code reads for a choice."""
    if choice is Choice.ALWAYS:
        return [suggestion.update for suggestion in suggestions]
    if choice is Choice.SESSION:
        return [{**suggestion.update, "destination": SESSION} for suggestion in suggestions]
    return []


def _heading(place: str) -> str:
    return "*For this session* allows" if place == SESSION else f"*Always* keeps {_PLACES[place]}"


def _suggestion(raw: Json) -> Suggestion | None:
    place = text_in(raw, "destination")
    if place not in _PLACES:
        return None
    match raw.get("type"):
        case "addRules" if raw.get("behavior") == "allow" and (rules := _rules(raw)):
            words = "\n".join(_rule(rule) for rule in rules)
            return Suggestion({"type": "addRules", "rules": rules, "behavior": "allow", "destination": place}, words)
        case "setMode" if mode := text_in(raw, "mode"):
            return Suggestion({"type": "setMode", "mode": mode, "destination": place}, f"Permission mode {mode}")
        case "addDirectories" if folders := strings_in(raw, "directories"):
            words = "\n".join(f"Working in {folder}" for folder in folders)
            return Suggestion({"type": "addDirectories", "directories": folders, "destination": place}, words)
    return None


def _rules(raw: Json) -> list[Json]:
    rules = []
    for rule in objects_in(raw, "rules"):
        if tool := text_in(rule, "toolName"):
            content = rule.get("ruleContent")
            rules.append({"toolName": tool, **({"ruleContent": content} if isinstance(content, str) else {})})
    return rules


def _rule(rule: Json) -> str:
    content = rule.get("ruleContent")
    return f"{rule['toolName']}({content})" if content else f"{rule['toolName']}, whatever it is given"


def _brief(suggestions: Sequence[Suggestion]) -> str:
    return one_line(sendable("; ".join(suggestion.allows for suggestion in suggestions)), _SHOWN)
