"""Pydantic AI: deferred tool calls are approved, changed or denied at the desk.

    agent = Agent(model, capabilities=[HandleDeferredToolCalls(handler=handle)])

or, with DeferredToolRequests among the agent's output types, between two runs:

    results = decide(result.output)
    result = agent.run_sync(message_history=result.all_messages(), deferred_tool_results=results)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from deskbell.adapters.review import Asker, Decision, ToolCall, Verdict, review
from deskbell.adapters.rounds import Talk, hold, hold_async

if TYPE_CHECKING:
    from pydantic_ai import DeferredToolRequests, DeferredToolResults, RunContext, ToolApproved, ToolDenied

_ALLOWED: Final = (Verdict.APPROVE, Verdict.EDIT, Verdict.REJECT)


def decide(
    requests: DeferredToolRequests, *, agent: str | None = None, session: str = "", timeout: float | None = None
) -> DeferredToolResults:
    """Ask about each call that needs approval, one after the other; what the next run is given.

    ``agent`` is the name that the person sees; ``timeout`` is each question's countdown in seconds. A call that nobody
    decides on is denied. Calls that are executed elsewhere are left to whoever executes them. Raises as
    ``deskbell.ask`` does.
    """
    return _results(requests, hold(_reviews(requests, Asker(agent, session, timeout))))


async def decide_async(
    requests: DeferredToolRequests, *, agent: str | None = None, session: str = "", timeout: float | None = None
) -> DeferredToolResults:
    """As ``decide``, awaited: all calls are on the desk at once."""
    return _results(requests, await hold_async(_reviews(requests, Asker(agent, session, timeout))))


async def handle(context: RunContext[Any], requests: DeferredToolRequests) -> DeferredToolResults | None:
    """A handler for Pydantic AI's HandleDeferredToolCalls: the run goes on by itself once the person has decided."""
    if not requests.approvals:
        return None
    return await decide_async(requests, agent=context.agent.name if context.agent else None)


def _reviews(requests: DeferredToolRequests, asker: Asker) -> Iterator[Talk[Decision]]:
    for call in requests.approvals:
        about = str(requests.metadata.get(call.tool_call_id, {}).get("reason", ""))
        yield review(ToolCall(call.tool_name, call.args, about), _ALLOWED, asker)


def _results(requests: DeferredToolRequests, decisions: Iterable[Decision]) -> DeferredToolResults:
    from pydantic_ai import DeferredToolResults  # noqa: PLC0415 - only who uses it has it

    calls = [call.tool_call_id for call in requests.approvals]
    return DeferredToolResults(
        approvals={call: _approval(decision) for call, decision in zip(calls, decisions, strict=True)}
    )


def _approval(decision: Decision) -> ToolApproved | ToolDenied:
    from pydantic_ai import ToolApproved, ToolDenied  # noqa: PLC0415

    if decision.verdict is Verdict.REJECT:
        return ToolDenied(decision.message) if decision.message else ToolDenied()
    return ToolApproved(override_args=None if decision.arguments is None else dict(decision.arguments))
