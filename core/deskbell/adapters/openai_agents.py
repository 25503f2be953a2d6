"""The OpenAI Agents SDK: tool calls that need approval are approved or rejected at the desk.

result = await Runner.run(agent, "Clean up.")
while result.interruptions:
result = await Runner.run(agent, await decide_async(result))
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from deskbell.adapters.review import Asker, Decision, ToolCall, Verdict, review
from deskbell.adapters.rounds import Talk, hold, hold_async

if TYPE_CHECKING:
    from agents import RunResult, RunResultStreaming, RunState
    from agents.items import ToolApprovalItem

_ALLOWED: Final = (Verdict.APPROVE, Verdict.REJECT)


def decide(
    result: RunResult | RunResultStreaming,
    *,
    agent: str | None = None,
    session: str = "",
    timeout: float | None = None,
) -> RunState[Any]:
    """Ask about each interruption, one after the other; the state with which ``Runner.run`` goes on.

    ``agent`` is the name that the person sees, that of the SDK's agent by default; ``timeout`` is each question's
    countdown in seconds. A call that nobody decides on is rejected. Raises as ``deskbell.ask`` does.
    """
    return _state(result, hold(_reviews(result, agent, session, timeout)))


async def decide_async(
    result: RunResult | RunResultStreaming,
    *,
    agent: str | None = None,
    session: str = "",
    timeout: float | None = None,
) -> RunState[Any]:
    """As ``decide``, awaited: all interruptions are on the desk at once."""
    return _state(result, await hold_async(_reviews(result, agent, session, timeout)))


def _reviews(
    result: RunResult | RunResultStreaming, agent: str | None, session: str, timeout: float | None
) -> Iterable[Talk[Decision]]:
    for item in result.interruptions:
        asker = Asker(item.agent.name if agent is None else agent, session, timeout)
        yield review(_call(item), _ALLOWED, asker)


def _call(item: ToolApprovalItem) -> ToolCall:
    return ToolCall(item.qualified_name or item.name or item.type, item.arguments)


def _state(result: RunResult | RunResultStreaming, decisions: Iterable[Decision]) -> RunState[Any]:
    state = result.to_state()
    for item, decision in zip(result.interruptions, decisions, strict=True):
        if decision.verdict is Verdict.APPROVE:
            state.approve(item)
        else:
            state.reject(item, rejection_message=decision.message or None)
    return state
