"""LangChain's and LangGraph's interrupts, answered at a real desk; the models are fakes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Interrupt, interrupt

from deskbell.adapters.langchain import decide, decide_async
from deskbell.errors import InvalidQuestion, NotAnswered, TimedOut
from deskbell.task import Answer, AnsweredBy, TaskKind

CONFIG: Any = {"configurable": {"thread_id": "1"}}

Says = Callable[..., Answer]


class FakeModel(GenericFakeChatModel):
    """Says what it was given."""

    def bind_tools(self, tools: Any, **_more: Any) -> FakeModel:  # noqa: ARG002 - LangChain's name
        return self


@pytest.fixture
def make_agent() -> Callable[..., Any]:
    """An agent that wants to send mails, each call held up for a person."""

    def make(*calls: str, allowed: Any = True, mode: Any = "batched", **config: Any) -> Any:
        def send_mail(to: str) -> str:
            """Send a mail."""
            return f"sent to {to}"

        wanted = [ToolCall(name="send_mail", args={"to": to}, id=f"call-{to}") for to in calls]
        model = FakeModel(messages=iter([AIMessage("", tool_calls=wanted), AIMessage("Done.")]))
        policy = allowed if allowed is True else {"allowed_decisions": allowed, **config}
        middleware = HumanInTheLoopMiddleware({"send_mail": policy}, interrupt_mode=mode)
        return create_agent(model, [send_mail], middleware=[middleware], checkpointer=InMemorySaver())

    return make


def results(agent: Any, **more: Any) -> list[tuple[str, str]]:
    """Run to the end; what each call came to, with its status, in the order of the calls."""
    result = agent.invoke({"messages": [("user", "Go.")]}, CONFIG)
    while interrupts := result.get("__interrupt__"):
        result = agent.invoke(decide(interrupts, **more), CONFIG)
    said = [message for message in result["messages"] if isinstance(message, ToolMessage)]
    return [(message.status, message.text) for message in sorted(said, key=lambda message: message.tool_call_id)]


MODES = pytest.mark.parametrize("mode", ["batched", "per_call"])


@MODES
def test_every_decision_reaches_the_agent(person: Any, says: Says, make_agent: Callable[..., Any], mode: str) -> None:
    """Approved, edited, rejected and responded to: each call gets what was decided about it."""
    person.about = {
        '"to": "a"': says("approve"),
        '"to": "b"': says("edit", '{"to": "me"}'),
        '"to": "c"': says("reject", "Not him"),
        '"to": "d"': says("respond", "He knows"),
    }
    ran, edited, rejected, responded = results(make_agent("a", "b", "c", "d", mode=mode))

    assert ran == ("success", "sent to a")
    assert edited[0] == "success"
    assert edited[1].endswith("sent to me")
    assert rejected[0] == "error"
    assert "Not him" in rejected[1]
    assert responded == ("success", "He knows")


@MODES
def test_only_what_the_policy_allows_is_offered(
    person: Any, says: Says, make_agent: Callable[..., Any], mode: str
) -> None:
    """A person cannot choose what the agent would refuse."""
    person.will_say(says("approve"))
    results(make_agent("a", allowed=["reject", "approve"], mode=mode))

    assert [option.value for option in person.asked[0].options] == ["approve", "reject"]


@MODES
def test_a_single_allowed_decision_is_offered(
    person: Any, says: Says, make_agent: Callable[..., Any], mode: str
) -> None:
    """A tool that a person stands in for takes words only."""
    person.will_say(says("", "42"))

    assert results(make_agent("a", allowed=["respond"], mode=mode)) == [("success", "42")]


@MODES
def test_silence_rejects(person: Any, make_agent: Callable[..., Any], mode: str) -> None:
    """Nothing runs that nobody approved."""
    person.will_say(None)
    ((status, text),) = results(make_agent("a", mode=mode), timeout=1)

    assert status == "error"
    assert "not approved" in text


def test_silence_leaves_a_graph_stopped_that_knows_no_rejection(person: Any, make_agent: Callable[..., Any]) -> None:
    """It can be asked about again later: the checkpoint is where it was."""
    person.will_say(None, Answer(("approve",)))
    agent = make_agent("a", allowed=["approve"])
    with pytest.raises(TimedOut):
        results(agent, timeout=1)
    result = agent.invoke(decide(agent.get_state(CONFIG).interrupts), CONFIG)

    assert "sent to a" in [message.text for message in result["messages"]]


@pytest.mark.parametrize(
    ("config", "shown"), [({}, "**send\\_mail**\n\n```json"), ({"description": "Mind it"}, "```\nMind it\n```")]
)
def test_a_description_of_ones_own_is_shown(
    person: Any, says: Says, make_agent: Callable[..., Any], config: dict[str, str], shown: str
) -> None:
    """The usual one only repeats the call."""
    person.will_say(says("reject"))
    results(make_agent("a", allowed=["approve", "reject"], **config))

    assert shown in person.asked[0].prompt


def test_awaited_decisions_reach_the_agent(person: Any, says: Says, make_agent: Callable[..., Any]) -> None:
    """The same for asyncio."""
    person.will_say(says("approve"), says("approve"))

    async def run() -> Any:
        agent = make_agent("a", "b")
        result = await agent.ainvoke({"messages": [("user", "Go.")]}, CONFIG)
        return await agent.ainvoke(await decide_async(result["__interrupt__"]), CONFIG)

    assert [message.text for message in asyncio.run(run())["messages"]][2:] == ["sent to a", "sent to b", "Done."]


class State(TypedDict):
    said: Any


@pytest.fixture
def run_node() -> Callable[..., Any]:
    """Run a graph whose only node interrupts with something; what it was given."""

    def run(value: Any, schema: Any = None, **more: Any) -> Any:
        graph = StateGraph(State)
        graph.add_node("node", lambda _state: {"said": interrupt(value, response_schema=schema)})
        graph.add_edge(START, "node")
        app = graph.compile(checkpointer=InMemorySaver())
        result = app.invoke({"said": None}, CONFIG)
        return app.invoke(decide(result["__interrupt__"], **more), CONFIG)["said"]

    return run


@pytest.mark.parametrize(
    ("interrupting", "answer", "given"),
    [
        ({"value": "Go on?", "schema": bool}, Answer(("yes",)), True),
        ({"value": "Go on?", "schema": bool, "reply": str}, Answer(("no",)), False),
        ({"value": "Go on?", "schema": {"type": "boolean"}}, Answer(("no",)), False),
        ({"value": "Which?", "schema": {"enum": ["a", "b"]}}, Answer(("b",)), "b"),
        ({"value": {"question": "Which?", "options": ["a", {"label": "B", "value": "b"}]}}, Answer(("b",)), "b"),
        ({"value": {"question": "Which?", "options": ["a", "b"]}, "reply": str}, Answer(("a",), "or so"), "a: or so"),
        ({"value": "How old?", "reply": lambda answer: int(answer.text)}, Answer(text="42"), 42),
    ],
)
def test_a_node_is_given_what_it_takes(
    person: Any, run_node: Callable[..., Any], interrupting: Any, answer: Answer, given: Any
) -> None:
    """By its schema, by its options, or by what the caller makes of the answer."""
    person.will_say(answer)

    assert run_node(**interrupting) == given


@pytest.mark.parametrize("value", ["Shall I delete it?", {"question": "Delete it?", "path": "/"}, ["a", "b"], None])
def test_a_node_that_does_not_say_what_it_takes_is_not_guessed_at(
    person: Any, run_node: Callable[..., Any], value: Any
) -> None:
    """A word such as "no" would be taken for consent by a node that only looks whether it got something."""
    with pytest.raises(InvalidQuestion, match="response_schema"):
        run_node(value)

    assert person.asked == []


@pytest.mark.parametrize(("value", "schema"), [("Go on?", bool), ({"options": ["yes"], "question": "?"}, None)])
def test_silence_gives_a_node_nothing(person: Any, run_node: Callable[..., Any], value: Any, schema: Any) -> None:
    """The graph stays where it stopped."""
    person.will_say(None)
    with pytest.raises(NotAnswered):
        run_node(value, schema, timeout=1)


@pytest.mark.parametrize(
    ("value", "prompt"),
    [
        ("# Words", "# Words"),
        ({"question": "Right?", "draft": "x"}, 'Right?\n\n```json\n{\n  "draft": "x"\n}\n```'),
        ({"question": 1, "options": "ab"}, '```json\n{\n  "question": 1,\n  "options": "ab"\n}\n```'),
        ([1], "```json\n[\n  1\n]\n```"),
    ],
)
def test_all_of_what_a_node_says_is_shown(
    person: Any, says: Says, run_node: Callable[..., Any], value: Any, prompt: str
) -> None:
    """What is no prompt and no option stands below as JSON."""
    person.will_say(says("yes"))
    run_node(value, bool)

    assert person.asked[0].prompt == prompt
    assert person.asked[0].details.kind is TaskKind.PERMISSION


def test_several_interrupts_are_answered_by_their_ids(person: Any, says: Says) -> None:
    """Branches that stopped at the same time go on with their own answers."""
    person.will_say(says("yes"), says("no"))
    command = decide([Interrupt(name, name, response_schema={"type": "boolean"}) for name in "ab"])

    assert command.resume == {"a": True, "b": False}


def test_the_reply_is_given_the_whole_answer(person: Any, says: Says, run_node: Callable[..., Any]) -> None:
    """Who answered, too."""
    person.will_say(says("", "x"))

    assert run_node("?", reply=lambda answer: answer.answered_by) is AnsweredBy.PERSON
