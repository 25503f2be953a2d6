"""A tool call under review: what a person is shown, and what each answer decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from deskbell.adapters.review import UNDECIDED, Asker, Decision, ToolCall, Verdict, review
from deskbell.adapters.rounds import hold, hold_async
from deskbell.errors import InvalidQuestion, TimedOut
from deskbell.task import Answer, TaskKind

EVERYTHING = list(Verdict)
CALL = ToolCall("send_mail", {"to": "a@example.com"})

Says = Callable[..., Answer]


def decide(call: ToolCall = CALL, allowed: list[Verdict] = EVERYTHING, **asker: Any) -> Decision:
    return hold([review(call, allowed, Asker(**asker))])[0]


def test_the_question_shows_the_whole_call(person: Any, says: Says) -> None:
    """Its tool, its arguments and who asks; and it is a permission, which only ever expires."""
    person.will_say(says("approve"))
    decide(ToolCall("send_mail", '{"to": "ä", "n": [1]}', "Sends it *now*"), agent="cleaner", session="s", timeout=50)
    task = person.asked[0]

    assert task.prompt == (
        "**cleaner** wants to use **send\\_mail**\n\n```\nSends it *now*\n```\n\n"
        '```json\n{\n  "to": "ä",\n  "n": [\n    1\n  ]\n}\n```'
    )
    assert (task.details.kind, task.on_timeout, task.auto_resubmit_timeout) == (TaskKind.PERMISSION, "expire", 50)
    assert (task.details.title, task.details.source.agent, task.details.source.session) == ("send_mail", "cleaner", "s")
    assert [option.value for option in task.options] == ["approve", "edit", "reject", "respond"]


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        (ToolCall("x", {"a": "```\n# Approved"}), '````json\n{\n  "a": "```\\n# Approved"\n}\n````'),
        (ToolCall("x", "not ``` JSON"), '````json\n"not ``` JSON"\n````'),
        (ToolCall("x", {"a": "\0\ud800"}), '```json\n{\n  "a": "\\u0000⟦U+D800⟧"\n}\n```'),
        (ToolCall("x", {"a": object}), '```json\n{\n  "a": "<class \'object\'>"\n}\n```'),
        (ToolCall("x", {"command": "rm -r /"}), "```bash\nrm -r /\n```"),
        (ToolCall("x**\n# y"), "An agent wants to use **x\\*\\* \\# y**"),
        (ToolCall("", about="```"), "````\n```\n````"),
    ],
)
def test_nothing_in_a_call_gets_out_of_its_block(person: Any, says: Says, call: ToolCall, shown: str) -> None:
    """Whatever a model writes is shown as what it is and can be asked."""
    person.will_say(says("reject"))
    decide(call)

    assert shown in person.asked[0].prompt


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        (("approve", ""), Decision(Verdict.APPROVE)),
        (("edit", '{"to": "b"}'), Decision(Verdict.EDIT, arguments={"to": "b"})),
        (("reject", ""), Decision(Verdict.REJECT)),
        (("reject", "Not him"), Decision(Verdict.REJECT, "Not him")),
        (("respond", "It is done"), Decision(Verdict.RESPOND, "It is done")),
        (("", "Yes, go on"), Decision(Verdict.REJECT, "Yes, go on")),
    ],
)
def test_an_answer_decides(person: Any, says: Says, answer: tuple[str, str], decision: Decision) -> None:
    """Each option does what it says; words alone never let anything run."""
    person.will_say(says(*answer))

    assert decide() == decision
    assert len(person.asked) == 1


@pytest.mark.parametrize(
    ("answer", "notice"),
    [
        (("approve", "but only once"), "approval cannot carry words"),
        (("edit", ""), '```json\n{\n  "to": "a@example.com"\n}\n```'),
        (("edit", "to: b"), "no JSON"),
        (("edit", '["b"]'), "no JSON object"),
        (("edit", "[" * 100_000), "no JSON"),
        (("respond", ""), "nothing to respond with"),
    ],
)
def test_what_cannot_be_carried_out_as_it_was_meant_is_asked_again(
    person: Any, says: Says, answer: tuple[str, str], notice: str
) -> None:
    """The question comes back, says why, and has the words that were written."""
    person.will_say(says(*answer), says("reject"))

    assert decide().verdict is Verdict.REJECT
    assert notice in person.asked[1].prompt
    assert answer[1][:1000] in person.asked[1].prompt


def test_words_without_an_option_that_takes_them_are_asked_about(person: Any, says: Says) -> None:
    """When a call may be neither rejected nor responded to, nobody guesses."""
    person.will_say(says("", "go on"), says("approve"))

    assert decide(allowed=[Verdict.APPROVE, Verdict.EDIT]).verdict is Verdict.APPROVE
    assert "Choose what these words are meant for" in person.asked[1].prompt


def test_words_for_a_tool_that_a_person_stands_in_for_are_its_result(person: Any, says: Says) -> None:
    """Whoever is asked in place of a tool just writes."""
    person.will_say(says("", "42"))

    assert decide(allowed=[Verdict.RESPOND]) == Decision(Verdict.RESPOND, "42")


def test_silence_rejects(person: Any) -> None:
    """A call that nobody decides on is not approved, and the agent is told so."""
    person.will_say(None)

    assert decide(timeout=1) == Decision(Verdict.REJECT, UNDECIDED)


def test_a_question_that_was_closed_rejects(person: Any) -> None:
    """As silence does."""
    person.will_say("close")

    assert decide() == Decision(Verdict.REJECT, UNDECIDED)


def test_silence_that_may_not_reject_raises(person: Any) -> None:
    """Where only approval is left, there is no decision."""
    person.will_say(None)
    with pytest.raises(TimedOut):
        decide(allowed=[Verdict.APPROVE], timeout=1)


def test_blocked_reviews_are_asked_one_after_the_other(person: Any, says: Says) -> None:
    """The next question comes when the one before is answered, and decisions are in the order of the calls."""
    person.will_say(says("approve"), says("reject", "no"))
    decisions = hold([review(ToolCall(name), EVERYTHING, Asker()) for name in "ab"])

    assert [decision.verdict for decision in decisions] == ["approve", "reject"]
    assert [task.details.title for task in person.asked] == ["a", "b"]


def test_awaited_reviews_are_on_the_desk_at_once(running_desk: Any) -> None:
    """They are answered in any order, and decisions are in the order of the calls."""

    def answer_all() -> None:
        tasks = [running_desk.next_task() for _ in range(3)]
        for task in reversed(tasks):
            running_desk.desk.answer(task.task_id, Answer(("reject",), task.details.title))

    async def everything() -> list[Decision]:
        answering = asyncio.create_task(asyncio.to_thread(answer_all))
        decisions = await hold_async([review(ToolCall(name), EVERYTHING, Asker()) for name in "abc"])
        await answering
        return decisions

    assert [decision.message for decision in asyncio.run(everything())] == ["a", "b", "c"]


def test_a_review_that_fails_takes_the_others_back(person: Any, running_desk: Any) -> None:
    """Nobody is left with a question whose answer goes nowhere."""
    person.will_say(None)
    reviews = [review(CALL, EVERYTHING, Asker()), review(CALL, EVERYTHING, Asker(timeout=1000))]
    with pytest.raises(InvalidQuestion):
        asyncio.run(hold_async(reviews))

    assert all(task.status == "cancelled" for task in running_desk.desk.tasks())
