"""The OpenAI Agents SDK's interruptions, decided at a real desk; the model is a fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from agents import Agent, Model, ModelResponse, RunConfig, Runner, Usage, function_tool
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

from deskbell.adapters.openai_agents import decide, decide_async
from deskbell.adapters.review import UNDECIDED
from deskbell.task import Answer

QUIETLY = RunConfig(tracing_disabled=True)

Says = Callable[..., Answer]


class FakeModel(Model):
    """Wants to send mails, then says what came of them."""

    def __init__(self, calls: str) -> None:
        self.calls = calls

    async def get_response(self, system_instructions: Any, input: Any, *_rest: Any, **_more: Any) -> ModelResponse:  # noqa: A002, ARG002 - the SDK's names
        outputs = [item["output"] for item in input if not isinstance(item, str) and "output" in item]
        if outputs:
            text = ResponseOutputText(text=" | ".join(outputs), type="output_text", annotations=[])
            said: list[Any] = [
                ResponseOutputMessage(id="m", content=[text], role="assistant", status="completed", type="message")
            ]
        else:
            said = [
                ResponseFunctionToolCall(
                    arguments=f'{{"to": "{to}"}}', call_id=f"call-{to}", name="send_mail", type="function_call"
                )
                for to in self.calls
            ]
        return ModelResponse(output=said, usage=Usage(), response_id=None)

    def stream_response(self, *_rest: Any, **_more: Any) -> AsyncIterator[Any]:
        raise NotImplementedError


def run(calls: str, *, awaited: bool, **more: Any) -> str:
    """Run to the end; the agent's answer."""

    @function_tool(needs_approval=True)
    def send_mail(to: str) -> str:
        """Send a mail."""
        return f"sent to {to}"

    async def everything() -> str:
        agent = Agent(name="mailer", model=FakeModel(calls), tools=[send_mail])
        result = await Runner.run(agent, "Go.", run_config=QUIETLY)
        while result.interruptions:
            state = await decide_async(result, **more) if awaited else decide(result, **more)
            result = await Runner.run(agent, state, run_config=QUIETLY)
        return str(result.final_output)

    return asyncio.run(everything())


WAYS = pytest.mark.parametrize("awaited", [False, True], ids=["decide", "decide_async"])


@WAYS
def test_every_decision_reaches_the_agent(person: Any, says: Says, awaited: bool) -> None:
    """An approved call runs, a rejected one does not, and the agent reads why."""
    person.will_say(says("approve"), says("reject", "Not him"), says("reject"))
    ran, told, plain = run("abc", awaited=awaited).split(" | ")

    assert (ran, told) == ("sent to a", "Not him")
    assert "not approved" in plain
    assert [option.value for option in person.asked[0].options] == ["approve", "reject"]
    assert person.asked[0].details.source.agent == "mailer"
    assert person.asked[0].prompt == ('**mailer** wants to use **send\\_mail**\n\n```json\n{\n  "to": "a"\n}\n```')


@WAYS
def test_silence_rejects(person: Any, awaited: bool) -> None:
    """Nothing runs that nobody approved."""
    person.will_say(None)

    assert run("a", awaited=awaited, timeout=1, agent="me") == UNDECIDED
    assert person.asked[0].details.source.agent == "me"
