"""An agent of the OpenAI Agents SDK whose tool calls are approved or rejected at the desk.

The model is a fake that always wants the same; leave it out for a real one. Run it while the desk is there:

    pip install deskbell openai-agents
    python openai_agents_agent.py
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from agents import Agent, Model, ModelResponse, Runner, Usage, function_tool, set_tracing_disabled
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

from deskbell.adapters.openai_agents import decide_async


class FakeModel(Model):
    """Wants to delete something, then says what came of it."""

    async def get_response(self, system_instructions: Any, input: Any, *_rest: Any, **_more: Any) -> ModelResponse:  # noqa: A002, ARG002 - the SDK's names
        """The next message."""
        outputs = [item["output"] for item in input if not isinstance(item, str) and "output" in item]
        if outputs:
            text = ResponseOutputText(text=f"The tool says: {outputs[0]}", type="output_text", annotations=[])
            said: Any = ResponseOutputMessage(
                id="message-1", content=[text], role="assistant", status="completed", type="message"
            )
        else:
            arguments = '{"pattern": "*.log"}'
            said = ResponseFunctionToolCall(
                arguments=arguments, call_id="call-1", name="delete_files", type="function_call"
            )
        return ModelResponse(output=[said], usage=Usage(), response_id=None)

    def stream_response(self, *_rest: Any, **_more: Any) -> AsyncIterator[Any]:
        """It does not stream."""
        raise NotImplementedError


@function_tool(needs_approval=True)
def delete_files(pattern: str) -> str:
    """Delete files."""
    return f"deleted {pattern}"


async def main() -> None:
    """Run the agent until it is done, asking at the desk whenever it wants to delete something."""
    set_tracing_disabled(True)
    agent = Agent(name="cleaner", model=FakeModel(), tools=[delete_files])

    result = await Runner.run(agent, "Clean up.")
    while result.interruptions:
        result = await Runner.run(agent, await decide_async(result))

    print(result.final_output)


if __name__ == "__main__":
    asyncio.run(main())
