"""What is taken as a question and as an answer, and how the rest is refused: by field, with the remedy."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskbell.errors import InvalidAnswer, InvalidQuestion
from deskbell.question import check_answer, check_question
from deskbell.task import Answer, Attachment, Option, Source, Task, TaskDetails, TaskKind

YES, NO = Option("Yes"), Option("No", "n")
FILE = Attachment("a.txt", "text/plain", b"abc")


def ask(
    prompt: str = "Deploy?",
    options: tuple[Option, ...] = (YES, NO),
    timeout: Any = None,
    on_timeout: str | None = None,
    **details: Any,
) -> None:
    check_question(prompt, options, timeout, on_timeout, TaskDetails(**details))


def named(name: str) -> dict[str, Any]:
    return {"attachments": (Attachment(name, "text/plain", b"abc"),)}


NO_NAMES = ("", " ", ".", "..", "a/b", "/a", "a\\b", "c:a", "a\n.txt", "a\x1b[2J.txt", "a\x7f")


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"options": ()},
        {"options": (YES,), "allow_text": False},
        {"prompt": "x" * 4_000_000},
        {"prompt": "部署吗? 🔔"},
        {"options": tuple(Option(str(number)) for number in range(1000))},
        {"options": (Option("x" * 1000, "y" * 1000, "z" * 1000),)},
        {"options": (Option("Yes", "1"), Option("Yes", "2"))},
        {"timeout": 0},
        {"timeout": 0.5},
        {"timeout": 290},
        {"on_timeout": "submit"},
        {"on_timeout": "expire"},
        {"on_timeout": "option:n"},
        {"kind": TaskKind.PERMISSION},
        {"kind": TaskKind.PERMISSION, "on_timeout": "expire"},
        {"title": "x" * 200, "source": Source("a", "b", "c", "d", 1)},
        {"attachments": (FILE,) * 10},
        {"attachments": (Attachment("a", "b", b"x" * 10 * 2**20),)},
    ],
)
def test_what_can_be_shown_and_answered_is_taken(question: dict[str, Any]) -> None:
    """Up to every bound."""
    ask(**question)


@pytest.mark.parametrize(
    ("question", "field", "remedy"),
    [
        ({"prompt": ""}, "prompt", "Say what you want to know"),
        ({"prompt": " \n\t"}, "prompt", "empty"),
        ({"prompt": "x" * 4_000_001}, "prompt", "Shorten it"),
        ({"prompt": "a\0b"}, "prompt", "NUL"),
        ({"prompt": "a\ud800b"}, "prompt", "surrogate"),
        ({"options": (), "allow_text": False}, "options", "at least one option or allow text"),
        ({"options": tuple(Option(str(number)) for number in range(1001))}, "options", "at most 1000"),
        ({"options": (YES, Option(" "))}, "options[1]", "no label"),
        ({"options": (YES, Option(""))}, "options[1]", "no label"),
        ({"options": (YES, Option("Yes"))}, "options[1]", "'Yes' is there twice"),
        ({"options": (YES, Option("Oui", "Yes"))}, "options[1]", "unique"),
        ({"options": (Option("x" * 1001),)}, "options[0]", "1000"),
        ({"options": (Option("x", "y" * 1001),)}, "options[0]", "1000"),
        ({"options": (Option("x", "y", "z" * 1001),)}, "options[0]", "1000"),
        ({"options": (Option("x\0"),)}, "options[0]", "NUL"),
        ({"options": (Option("x", description="\udfff"),)}, "options[0]", "surrogate"),
        ({"timeout": -1}, "timeout", "0 to 290 seconds"),
        ({"timeout": 290.5}, "timeout", "0 means no countdown"),
        ({"timeout": math.nan}, "timeout", "0 to 290"),
        ({"timeout": math.inf}, "timeout", "0 to 290"),
        ({"timeout": 10**400}, "timeout", "0 to 290"),
        ({"on_timeout": "allow"}, "on_timeout", "'submit', 'expire' or 'option:'"),
        ({"on_timeout": ""}, "on_timeout", "'submit'"),
        ({"on_timeout": "option:"}, "on_timeout", "not offered"),
        ({"on_timeout": "option:No"}, "on_timeout", "'No', which is not offered"),
        ({"on_timeout": "submit", "kind": TaskKind.PERMISSION}, "on_timeout", "silence allows nothing"),
        ({"on_timeout": "option:Yes", "kind": TaskKind.PERMISSION}, "on_timeout", "can only expire"),
        ({"title": "x" * 201}, "title", "Shorten it"),
        ({"title": "a\nb"}, "title", "line break"),
        ({"placeholder": "a\rb"}, "placeholder", "line break"),
        ({"source": Source(agent="a\0")}, "source.agent", "NUL"),
        ({"source": Source(project="x" * 201)}, "source.project", "200"),
        ({"source": Source(branch="a\nb")}, "source.branch", "one line"),
        ({"source": Source(session="\ud800")}, "source.session", "surrogate"),
        ({"attachments": (FILE,) * 11}, "attachments", "at most 10"),
        ({"attachments": (FILE, Attachment("b.txt", "text/plain", b""))}, "attachments[1]", "empty"),
        ({"attachments": (Attachment("a", "b", b"x" * (10 * 2**20 + 1)),)}, "attachments[0]", "10 MiB"),
        (named("x" * 201), "attachments[0]", "200"),
        (named("a\0"), "attachments[0]", "NUL"),
        *((named(name), "attachments[0]", "plain file name") for name in NO_NAMES),
        (named("a.png"), "attachments[0]", "Make the two agree"),
    ],
)
def test_what_cannot_be_asked_is_refused(question: dict[str, Any], field: str, remedy: str) -> None:
    """The error names the field and says what to do."""
    with pytest.raises(InvalidQuestion, match=re.escape(remedy)) as refused:
        ask(**question)
    assert refused.value.field == field


def task(**details: Any) -> Task:
    return Task("a", "p", [YES, NO, "Maybe"], details=TaskDetails(**details))


@pytest.mark.parametrize(
    ("answer", "details"),
    [
        (Answer(("Yes",)), {}),
        (Answer(("n",)), {"allow_text": False}),
        (Answer(text="neither"), {}),
        (Answer(text="x" * 4_000_000), {}),
        (Answer(fields={"a": [None, True, 1, 1.5, "b", {}]}), {}),
        (Answer(("Yes",), "but slowly"), {}),
        (Answer(("Yes", "Maybe"), text="both"), {"multiple": True}),
        (Answer(fields={"a": 1}), {}),
        (Answer(attachments=(FILE,)), {}),
    ],
)
def test_an_answer_that_fits_is_taken(answer: Answer, details: dict[str, Any]) -> None:
    """Options by value, text, fields or files, whatever the question allows."""
    check_answer(task(**details), answer)


@pytest.mark.parametrize(
    ("answer", "details", "field", "remedy"),
    [
        (Answer(), {}, "options", "Choose an option or write something"),
        (Answer(text=" \n\t\u3000"), {}, "options", "The answer is empty"),
        (Answer(text="x" * 4_000_001), {}, "text", "longer than 4000000 characters"),
        (Answer(fields={"a": b""}), {}, "fields", "holds a bytes"),
        (Answer(fields={"a": {"\ud83d": 1}}), {}, "fields", "surrogate"),
        (Answer(("No",)), {}, "options", "'No' is not offered. Choose from 'Maybe', 'Yes', 'n'."),
        (Answer(("Yes", "Yes")), {"multiple": True}, "options", "chosen twice"),
        (Answer(("Yes", "n")), {}, "options", "one option only"),
        (Answer(("Yes",), "but"), {"allow_text": False}, "text", "takes no text. Choose from"),
        (Answer(text="a\0b"), {}, "text", "NUL"),
        (Answer(text="\ud83d"), {}, "text", "surrogate"),
        (Answer(attachments=(FILE,) * 11), {}, "attachments", "at most 10"),
        (Answer(attachments=(Attachment("../a", "b", b"c"),)), {}, "attachments[0]", "plain file name"),
        (Answer(attachments=(Attachment("a", "image/png", b"c"),)), {}, "attachments[0]", "does not hold a PNG"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(
    answer: Answer, details: dict[str, Any], field: str, remedy: str
) -> None:
    """The error names the field and says what would fit."""
    with pytest.raises(InvalidAnswer, match=re.escape(remedy)) as refused:
        check_answer(task(**details), answer)
    assert refused.value.field == field


def test_a_refusal_lists_no_more_options_than_one_reads() -> None:
    """Five, and how many more there are."""
    many = Task("a", "p", [f"option {number}" for number in range(8)])
    with pytest.raises(InvalidAnswer, match="and 3 more"):
        check_answer(many, Answer(("x",)))


def test_a_question_without_options_says_to_write() -> None:
    """There is nothing to choose from."""
    with pytest.raises(InvalidAnswer, match="Answer with text"):
        check_answer(Task("a", "p"), Answer(("x",)))


@given(
    prompt=st.text(st.characters()),
    labels=st.lists(st.text(st.characters()), max_size=4),
    timeout=st.none() | st.floats() | st.integers(),
    on_timeout=st.none() | st.text() | st.sampled_from(["submit", "expire", "option:a"]),
    title=st.text(st.characters()),
)
def test_whatever_is_asked_is_taken_or_refused(
    prompt: str, labels: list[str], timeout: float | None, on_timeout: str | None, title: str
) -> None:
    """No other error comes out, and the refusal is a sentence."""
    refusal = ""
    try:
        ask(prompt, tuple(map(Option, labels)), timeout, on_timeout, title=title)
    except InvalidQuestion as error:
        refusal = str(error)
    assert not refusal or refusal.endswith(".")
