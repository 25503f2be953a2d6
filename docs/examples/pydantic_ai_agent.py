"""A Pydantic AI agent whose tool calls are approved, changed or denied at the desk.

The model is a fake that always wants the same; put a real one in its place. Run it while the desk is there:

    pip install deskbell pydantic-ai-slim
    python pydantic_ai_agent.py
"""

from __future__ import annotations

from pydantic_ai import Agent, ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.capabilities import HandleDeferredToolCalls
from pydantic_ai.models.function import AgentInfo, FunctionModel

from deskbell.adapters.pydantic_ai import handle


def fake_model(messages: list[ModelMessage], _info: AgentInfo) -> ModelResponse:
    """Want to delete something, then say what came of it."""
    returns = [part for part in messages[-1].parts if isinstance(part, ToolReturnPart)]
    if returns:
        return ModelResponse([TextPart(f"The tool says: {returns[0].content}")])
    return ModelResponse([ToolCallPart("delete_files", {"pattern": "*.log"}, "call-1")])


agent = Agent(FunctionModel(fake_model), name="cleaner", capabilities=[HandleDeferredToolCalls(handler=handle)])


@agent.tool_plain(requires_approval=True)
def delete_files(pattern: str) -> str:
    """Delete files."""
    return f"deleted {pattern}"


if __name__ == "__main__":
    print(agent.run_sync("Clean up.").output)
