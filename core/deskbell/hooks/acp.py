"""The Agent Client Protocol: ``session/request_permission``, for clients that let the desk ask.

See https://agentclientprotocol.com/protocol/tool-calls#requesting-permission. A request must be answered, so silence is
an outcome of its own: ``cancelled``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from deskbell.errors import DeskbellError
from deskbell.hooks.inquiry import (
    Agent,
    Event,
    Inquiry,
    Json,
    Question,
    Unreadable,
    key_of,
    mapping_in,
    objects_in,
    one,
    permission_details,
    text_in,
)
from deskbell.hooks.page import block, code, diff, page, plain, sendable, title
from deskbell.hooks.permission import PLACEHOLDER
from deskbell.hooks.ringing import DeskSilent, ring
from deskbell.hooks.tool_call import MAX_CHARACTERS, tool_call
from deskbell.origin import one_line, source_in
from deskbell.question import MAX_LABEL_CHARACTERS
from deskbell.task import Answer, Option

NAME: Final = "An agent"

_KINDS: Final = {
    "allow_once": "This time only",
    "allow_always": "From now on",
    "reject_once": "This time only",
    "reject_always": "From now on",
}


def read(event: Event) -> Inquiry | None:
    """What to ask about a request: its ``params``, or the whole message around them."""
    params = mapping_in(event, "params") or event
    choices = [choice for choice in objects_in(params, "options") if text_in(choice, "optionId")]
    call = mapping_in(params, "toolCall")
    if not choices or not call:
        raise Unreadable("A request without options or a tool call.")
    return one(_question(params, call, choices), lambda answer: _reply(choices, answer))


def request_permission(params: Event, is_wanted: Callable[[], bool] = lambda: True) -> Json:
    """Ask the desk about the ``params`` of a ``session/request_permission``; its result. Blocks until that is known.

    ``is_wanted`` says, twice a second, whether the agent still waits.
    """
    try:
        inquiry = read(params)
        result = ring(inquiry, is_wanted) if inquiry else None
    except (Unreadable, DeskSilent, DeskbellError):
        result = None
    return result or cancelled()


def cancelled(_event: Event | None = None) -> Json:
    """The outcome when nobody decides."""
    return {"outcome": {"outcome": "cancelled"}}


def _question(params: Event, call: Json, choices: list[Json]) -> Question:
    agent, session = text_in(params, "agent") or NAME, text_in(params, "sessionId")
    source = source_in(text_in(params, "cwd"), one_line(sendable(agent)), session)
    name = text_in(call, "title") or text_in(call, "kind") or "a tool"
    shown = tool_call(name, call.get("rawInput")).shown
    prompt = page(f"**{plain(source.agent)}** asks: **{plain(name)}**", *_contents(call), shown, *_places(call))
    if len(prompt) > MAX_CHARACTERS:
        raise Unreadable("More to show than anybody would read.")
    options = tuple(
        Option(
            one_line(sendable(text_in(choice, "name")), MAX_LABEL_CHARACTERS) or "(no name)",
            str(at),
            _KINDS.get(text_in(choice, "kind"), ""),
        )
        for at, choice in enumerate(choices)
    )
    details = permission_details(title(name), source, PLACEHOLDER)
    return Question(prompt, options, details, key_of("acp", session, call, choices))


def _contents(call: Json) -> list[str]:
    shown = []
    for content in objects_in(call, "content"):
        if content.get("type") == "diff":
            change = diff(text_in(content, "oldText"), text_in(content, "newText"))
            shown += [code(text_in(content, "path")), change]
        elif text := text_in(mapping_in(content, "content"), "text"):
            shown.append(block(text))
    return shown


def _places(call: Json) -> list[str]:
    return [f"In {code(path)}" for place in objects_in(call, "locations") if (path := text_in(place, "path"))]


def _reply(choices: list[Json], answer: Answer) -> Json:
    """The option that was chosen; words alone refuse."""
    if answer.options:
        return _selected(choices[int(answer.options[0])])
    refusal = next((choice for choice in choices if choice.get("kind") == "reject_once"), None)
    return _selected(refusal) if refusal and answer.text.strip() else cancelled()


def _selected(choice: Json) -> Json:
    option: Any = choice["optionId"]
    return {"outcome": {"outcome": "selected", "optionId": option}}


AGENT: Final = Agent(NAME, read, cancelled)
