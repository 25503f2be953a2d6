"""A LangChain agent whose tool calls are approved, changed or rejected at the desk.

The model is a fake that always wants the same; put a real one in its place. Run it while the desk is there:

    pip install deskbell langchain
    python langchain_agent.py
"""

from __future__ import annotations

from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain.tools import tool
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolCall
from langgraph.checkpoint.memory import InMemorySaver

from deskbell.adapters.langchain import decide


class FakeModel(GenericFakeChatModel):
    """Says what it was given, one message after the other."""

    def bind_tools(self, tools: Any, **_more: Any) -> FakeModel:  # noqa: ARG002 - LangChain's signature
        """It knows what it wants to call."""
        return self


@tool
def delete_files(pattern: str) -> str:
    """Delete files."""
    return f"deleted {pattern}"


def main() -> None:
    """Run the agent until it is done, asking at the desk whenever it wants to delete something."""
    call = ToolCall(name="delete_files", args={"pattern": "*.log"}, id="call-1")
    model = FakeModel(messages=iter([AIMessage("", tool_calls=[call]), AIMessage("That is all.")]))
    agent = create_agent(
        model,
        [delete_files],
        middleware=[HumanInTheLoopMiddleware({"delete_files": True})],
        checkpointer=InMemorySaver(),
    )
    config: Any = {"configurable": {"thread_id": "1"}}

    result = agent.invoke({"messages": [("user", "Clean up.")]}, config)
    while interrupts := result.get("__interrupt__"):
        result = agent.invoke(decide(interrupts, agent="cleaner"), config)

    for message in result["messages"]:
        print(f"{message.type}: {message.text}")


if __name__ == "__main__":
    main()
