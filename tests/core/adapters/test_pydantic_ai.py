"""Pydantic AI's deferred tool calls, decided at a real desk; the model is a fake."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pydantic_ai import (
    Agent,
    ApprovalRequired,
    CallDeferred,
    DeferredToolRequests,
    ModelMessage,
    ModelResponse,
    RunContext,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.capabilities import HandleDeferredToolCalls
from pydantic_ai.models.function import AgentInfo, FunctionModel

from deskbell.adapters.pydantic_ai import decide, decide_async, handle
from deskbell.adapters.review import UNDECIDED
from deskbell.task import Answer

Says = Callable[..., Answer]


@pytest.fixture
def make_agent() -> Callable[..., Agent[None, Any]]:
    """An agent that wants to send mails and to have something done elsewhere; its answer is what came of them."""

    def make(*calls: str, elsewhere: bool = False, **more: Any) -> Agent[None, Any]:
        def model(messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
            returns = [str(part.content) for part in messages[-1].parts if isinstance(part, ToolReturnPart)]
            if returns:
                return ModelResponse([TextPart(" | ".join(returns))])
            wanted = [ToolCallPart("send_mail", {"to": to}, f"call-{to}") for to in calls]
            return ModelResponse([*wanted, *([ToolCallPart("calculate", {}, "call-x")] if elsewhere else [])])

        agent: Agent[None, Any] = Agent(FunctionModel(model), output_type=[str, DeferredToolRequests], **more)

        @agent.tool
        def send_mail(context: RunContext[None], to: str) -> str:
            if not context.tool_call_approved:
                raise ApprovalRequired(metadata={"reason": "Mails cannot be called back."})
            return f"sent to {to}"

        @agent.tool_plain
        def calculate() -> str:
            raise CallDeferred

        return agent

    return make


EVERY = pytest.mark.parametrize("way", ["decide", "decide_async", "handle"])


def run(make_agent: Callable[..., Agent[None, Any]], calls: Sequence[str], way: str, **more: Any) -> str:
    """Run to the end with decisions made in one of the three ways; the agent's answer."""

    async def in_one_run() -> Any:
        handler = HandleDeferredToolCalls(handler=handle)
        return await make_agent(*calls, name="mailer", capabilities=[handler]).run("Go.")

    async def in_two_runs() -> Any:
        agent = make_agent(*calls)
        first = await agent.run("Go.")
        results = decide(first.output, **more) if way == "decide" else await decide_async(first.output, **more)
        return await agent.run(message_history=first.all_messages(), deferred_tool_results=results)

    # Not run_sync, which leaves its event loop open.
    return str(asyncio.run(in_one_run() if way == "handle" else in_two_runs()).output)


@EVERY
def test_every_decision_reaches_the_agent(
    person: Any, says: Says, make_agent: Callable[..., Agent[None, Any]], way: str
) -> None:
    """An approved call runs, a changed one with its new arguments, a denied one not, with the reason."""
    person.will_say(says("approve"), says("edit", '{"to": "me"}'), says("reject", "Not him"))

    assert run(make_agent, "abc", way) == "sent to a | sent to me | Not him"
    assert "Mails cannot be called back." in person.asked[0].prompt
    assert person.asked[0].details.source.agent == ("mailer" if way == "handle" else "")


@EVERY
def test_a_denial_needs_no_words(
    person: Any, says: Says, make_agent: Callable[..., Agent[None, Any]], way: str
) -> None:
    """The agent reads the framework's own."""
    person.will_say(says("reject"))

    assert run(make_agent, "a", way) == "The tool call was denied."


@pytest.mark.parametrize("way", ["decide", "decide_async"])
def test_silence_denies(person: Any, make_agent: Callable[..., Agent[None, Any]], way: str) -> None:
    """Nothing runs that nobody approved."""
    person.will_say(None)

    assert run(make_agent, "a", way, timeout=1) == UNDECIDED


def test_what_is_executed_elsewhere_is_left_alone(
    person: Any, says: Says, make_agent: Callable[..., Agent[None, Any]]
) -> None:
    """The handler decides about approvals; the rest comes out of the run as it would without it."""
    person.will_say(says("approve"))
    handler = HandleDeferredToolCalls(handler=handle)
    mixed = asyncio.run(make_agent("a", elsewhere=True, capabilities=[handler]).run("Go.")).output
    alone = asyncio.run(make_agent(elsewhere=True, capabilities=[handler]).run("Go.")).output

    assert [call.tool_name for call in mixed.calls] == ["calculate"]
    assert mixed.approvals == []
    assert [call.tool_name for call in alone.calls] == ["calculate"]
    assert len(person.asked) == 1
