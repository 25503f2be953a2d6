"""A graph of one's own that stops to ask at the desk: with options, and for a plain yes or no.

pip install deskbell langgraph
python langgraph_graph.py
"""

from __future__ import annotations

from typing import Any, TypedDict

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt

from deskbell.adapters.langchain import decide


class Release(TypedDict, total=False):
    """What is known so far."""

    channel: str
    approved: bool


def choose(_state: Release) -> Release:
    """Ask for one of several."""
    return {"channel": interrupt({"question": "Which channel?", "options": ["beta", "stable"]})}


def approve(state: Release) -> Release:
    """Ask for consent. The schema makes the answer True or False, never a word that passes for True."""
    return {"approved": interrupt(f"Release to **{state['channel']}**?", response_schema=bool)}


def main() -> None:
    """Run the graph to its end."""
    graph = StateGraph(Release)
    graph.add_node("choose", choose)
    graph.add_node("approve", approve)
    graph.add_edge(START, "choose")
    graph.add_edge("choose", "approve")
    graph.add_edge("approve", END)
    app = graph.compile(checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}

    result = app.invoke({}, config)
    while interrupts := result.get("__interrupt__"):
        result = app.invoke(decide(interrupts), config)

    print("released to", result["channel"] if result["approved"] else "nobody")


if __name__ == "__main__":
    main()
