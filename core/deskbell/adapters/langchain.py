"""LangGraph and LangChain: interrupts, and those of HumanInTheLoopMiddleware, are answered at the desk.

result = agent.invoke({"messages": [...]}, config)
while interrupts := result.get("__interrupt__"):
result = agent.invoke(decide(interrupts), config)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from deskbell.adapters.interrupt_value import Reply, inquire
from deskbell.adapters.review import Asker, Decision, ToolCall, Verdict, review
from deskbell.adapters.rounds import Talk, hold, hold_async

if TYPE_CHECKING:
    from langgraph.types import Command, Interrupt

_USUAL: Final = "Tool execution requires approval"


def decide(
    interrupts: Sequence[Interrupt[Any]],
    *,
    reply: Reply | None = None,
    agent: str | None = None,
    session: str = "",
    timeout: float | None = None,
) -> Command[Any]:
    """Ask about each interrupt, one after the other; the command with which the graph goes on.

    Tool calls that HumanInTheLoopMiddleware holds up, in either of its modes, get the decisions that it allows; one
    that nobody decides on is rejected. What a node of the graph itself asked with ``interrupt`` is answered as its
    ``response_schema`` says (``bool``, or JSON Schema with an ``enum`` of texts), else with one of its ``options``,
    else with what ``reply`` makes of the Answer. Without any of these it raises InvalidQuestion: a word such as "no"
    would pass for consent in a node that only looks whether it got something.

    ``agent`` is the name that the person sees; ``timeout`` is each question's countdown in seconds. Raises as
    ``deskbell.ask`` does; NotAnswered leaves the graph where it stopped.
    """
    return _command(interrupts, hold(_talks(interrupts, reply, Asker(agent, session, timeout))))


async def decide_async(
    interrupts: Sequence[Interrupt[Any]],
    *,
    reply: Reply | None = None,
    agent: str | None = None,
    session: str = "",
    timeout: float | None = None,
) -> Command[Any]:
    """As ``decide``, awaited: all questions are on the desk at once."""
    return _command(interrupts, await hold_async(_talks(interrupts, reply, Asker(agent, session, timeout))))


def _command(interrupts: Sequence[Interrupt[Any]], values: list[Any]) -> Command[Any]:
    """What the talks led to, put together again as the interrupts want it."""
    from langgraph.types import Command  # noqa: PLC0415 - only who uses it has it

    left = iter(values)
    resume = {}
    for interrupt in interrupts:
        requests = _requests(interrupt)
        resume[interrupt.id] = next(left) if requests is None else {"decisions": [next(left) for _ in requests]}
    return Command(resume=resume)


def _talks(interrupts: Sequence[Interrupt[Any]], reply: Reply | None, asker: Asker) -> Iterator[Talk[Any]]:
    for interrupt in interrupts:
        requests = _requests(interrupt)
        if requests is not None:
            configs = interrupt.value["review_configs"]
            for request, config in zip(requests, configs, strict=True):
                yield _review(request, config["allowed_decisions"], asker)
        elif _is_tool_approval(interrupt.value):
            yield _review(interrupt.value, _decisions_in(interrupt.response_schema), asker)
        else:
            yield inquire(interrupt.value, interrupt.response_schema, reply, asker)


def _requests(interrupt: Interrupt[Any]) -> Sequence[Mapping[str, Any]] | None:
    """The tool calls of one turn, when that is what the interrupt is about."""
    value = interrupt.value
    is_request = isinstance(value, Mapping) and {"action_requests", "review_configs"} <= value.keys()
    return value["action_requests"] if is_request else None


def _is_tool_approval(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("type") == "tool_approval" and {"name", "args"} <= value.keys()


def _decisions_in(schema: Any) -> Sequence[str]:
    """The decisions that the schema of a single call takes: a union told apart by ``type``, or one of them."""
    if not isinstance(schema, Mapping):
        return list(Verdict)
    if "discriminator" in schema:
        return list(schema["discriminator"]["mapping"])
    return [schema["properties"]["type"]["const"]]


def _review(request: Mapping[str, Any], allowed: Sequence[str], asker: Asker) -> Talk[dict[str, Any]]:
    name, arguments = request["name"], request["args"]
    # Without a description of its own the middleware says what the question says anyway.
    about = request.get("description", "").removesuffix(f"\n\nTool: {name}\nArgs: {arguments}")
    about = "" if about == _USUAL else about
    verdicts = [verdict for verdict in Verdict if verdict in allowed]
    decision = yield from review(ToolCall(name, arguments, about), verdicts, asker)
    return _as_langchain_reads_it(decision, name)


def _as_langchain_reads_it(decision: Decision, tool: str) -> dict[str, Any]:
    read: dict[str, Any] = {"type": str(decision.verdict)}
    if decision.arguments is not None:
        read["edited_action"] = {"name": tool, "args": dict(decision.arguments)}
    if decision.message:
        read["message"] = decision.message
    return read
