"""The values: a task and its parts, as they stand alone."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from deskbell.task import (
    Answer,
    AnsweredBy,
    Attachment,
    Draft,
    Option,
    Source,
    Task,
    TaskDetails,
    TaskStatus,
    rfc3339,
)

if TYPE_CHECKING:
    from tests.core.conftest import FakeClock


@pytest.fixture
def task(clock: FakeClock) -> Task:
    return Task("a", "Deploy?", created_at_monotonic=clock.monotonic(), clock=clock)


def test_a_task_needs_only_an_id_and_a_prompt() -> None:
    """Everything else has the default that other programs count on."""
    before = datetime.now(UTC)
    task = Task("a", "Deploy?")

    assert before <= task.created_at <= datetime.now(UTC)
    assert (task.predefined_options, task.auto_resubmit_timeout, task.status) == (None, 240, "pending")
    assert (task.result, task.completed_at) == (None, None)
    assert 238 <= task.get_remaining_time() <= 240


def test_the_parts_of_a_task_can_be_given_in_order() -> None:
    """Nine positional arguments, as in the contract."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    task = Task("a", "Deploy?", ["Yes"], 60, moment, 5.0, "completed", {"text": "ok"}, moment)

    assert (task.predefined_options, task.auto_resubmit_timeout) == (["Yes"], 60)
    assert (task.created_at, task.created_at_monotonic, task.completed_at) == (moment, 5.0, moment)
    assert (task.status, task.result) == ("completed", {"text": "ok"})


@pytest.mark.parametrize("status", ["pending", "active", "completed", "expired", "cancelled"])
def test_statuses_equal_plain_strings(status: str) -> None:
    """Other programs compare a status with a string, print it and look it up."""
    assert TaskStatus(status) == status
    assert str(TaskStatus(status)) == status
    assert {status: 1}[TaskStatus(status)] == 1


def test_the_remaining_time_counts_down_in_whole_seconds(task: Task, clock: FakeClock) -> None:
    """It starts at the timeout, is rounded up, and stops at 0."""
    left = []
    for seconds in (0, 0.5, 0.5, 238.9, 0.1, 100):
        clock.jump(seconds)
        left.append(task.get_remaining_time())

    assert left == [240, 240, 239, 1, 0, 0]


def test_a_task_expires_at_its_deadline(task: Task, clock: FakeClock) -> None:
    """Not before, and from that very moment on."""
    assert task.get_deadline_monotonic() == task.created_at_monotonic + 240
    clock.jump(239.9)
    assert not task.is_expired()
    clock.jump(0.1)
    assert task.is_expired()


@pytest.mark.parametrize("timeout", [0, -5, math.nan])
def test_without_a_countdown_a_task_never_expires(clock: FakeClock, timeout: Any) -> None:
    """0 means never, and so does what is no number of seconds."""
    task = Task("a", "p", None, timeout, created_at_monotonic=clock.monotonic(), clock=clock)
    clock.jump(1e6)

    assert (task.get_deadline_monotonic(), task.get_remaining_time(), task.is_expired()) == (math.inf, 0, False)


@pytest.mark.parametrize("status", ["completed", "expired", "cancelled"])
def test_a_finished_task_has_no_time_left_and_does_not_expire(task: Task, clock: FakeClock, status: str) -> None:
    """Whatever its clock says."""
    task.status = status
    assert task.get_remaining_time() == 0
    clock.jump(1000)
    assert not task.is_expired()


def test_a_copy_shares_nothing_that_can_change(task: Task) -> None:
    """Options, result and draft of a copy are its own, all the way down."""
    task.predefined_options = [{"label": "Yes", "tags": ["a"]}]
    task.result = {"fields": {"list": [1]}}
    task.draft = Draft(fields={"list": [1]})
    before = task.copy()

    twin: Any = task.copy()
    assert twin == task
    twin.predefined_options[0]["tags"].append("b")
    twin.result["fields"]["list"].append(2)
    twin.draft.fields["list"].append(2)
    twin.status = "completed"

    assert task == before


@pytest.mark.parametrize(
    ("title", "prompt", "heading"),
    [
        ("Release", "# Deploy?", "Release"),
        ("", "\n\n## Deploy?\nNow.", "Deploy?"),
        ("", "> - **\nDeploy?", "Deploy?"),
        ("", "***", "a"),
    ],
)
def test_a_task_is_headed_by_its_title_or_first_words(title: str, prompt: str, heading: str) -> None:
    """A tab needs one line that says what the task is."""
    assert Task("a", prompt, details=TaskDetails(title=title)).heading == heading


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("Yes", Option("Yes", "Yes")),
        (Option("Yes", "y"), Option("Yes", "y")),
        ({"label": "Yes"}, Option("Yes", "Yes")),
        ({"label": "Yes", "value": None, "description": None, "recommended": 0}, Option("Yes", "Yes")),
        (
            {"label": "Yes", "value": "y", "description": "do it", "recommended": True},
            Option("Yes", "y", "do it", recommended=True),
        ),
    ],
)
def test_an_option_is_read_as_askers_write_it(choice: Any, expected: Option) -> None:
    """A string, a mapping or an option; the value defaults to the label."""
    assert Option.of(choice) == expected
    assert Option.of(expected.to_dict()) == expected


def test_an_answer_survives_the_way_through_json() -> None:
    """What to_dict writes, from_dict reads."""
    answer = Answer(
        ("Yes",), "but slowly", {"a": 1}, (Attachment("a.bin", "application/x", b"\0\xff"),), AnsweredBy.RULE,
        datetime(2026, 1, 2, 3, 4, 5, 678000, UTC),
    )  # fmt: skip

    assert answer.to_dict()["at"] == "2026-01-02T03:04:05.678Z"
    assert Answer.from_dict(answer.to_dict()) == answer


@pytest.mark.parametrize("result", [{}, {"text": None, "options": None, "fields": None, "attachments": None}])
def test_an_answer_may_lack_parts(result: dict[str, Any]) -> None:
    """Other programs complete tasks with results of their own making."""
    answer = Answer.from_dict(result)

    assert (answer.options, answer.text, answer.fields, answer.attachments) == ((), "", {}, ())
    assert answer.answered_by == "person"


def test_a_task_knows_its_answer() -> None:
    """None until there is a result."""
    task = Task("a", "p")
    assert task.answer is None
    task.result = Answer(text="ok").to_dict()
    assert task.answer
    assert task.answer.text == "ok"


@pytest.mark.parametrize(
    ("draft", "says_something"),
    [
        (Draft(), False),
        (Draft(text=" \n"), False),
        (Draft(text="a"), True),
        (Draft(options=("Yes",)), True),
        (Draft(fields={"a": 0}), True),
        (Draft(attachments=(Attachment("a", "b", b"c"),)), True),
    ],
)
def test_a_draft_is_true_when_it_says_something(draft: Draft, says_something: bool) -> None:
    """Spaces alone say nothing."""
    assert bool(draft) is says_something


def test_moments_are_written_in_utc() -> None:
    """Wherever they come from."""
    eastern = timezone(timedelta(hours=-5))
    assert rfc3339(datetime(2026, 1, 1, 0, 0, tzinfo=eastern)) == "2026-01-01T05:00:00.000Z"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Task("a", "Deploy?"), "a (pending): Deploy?"),
        (Option("Yes", "y"), "Yes"),
        (Source("claude", "", "main"), "claude · main"),
        (Answer(("Yes", "No"), "slowly"), "Yes, No: slowly"),
        (Answer(("Yes",)), "Yes"),
        (Answer(text="slowly"), "slowly"),
        (Attachment("a.txt", "text/plain", b"abc"), "a.txt (3 bytes)"),
    ],
)
def test_values_are_readable(value: object, text: str) -> None:
    """What a log or a tab shows of them."""
    assert str(value) == text


def test_bytes_stay_out_of_logs() -> None:
    """The repr of a file is not its contents."""
    assert "secret" not in repr(Attachment("a.txt", "text/plain", b"secret"))


def test_equality_is_about_the_task_not_about_its_clock(task: Task) -> None:
    """Two tasks with the same parts are equal whatever clock measures them."""
    assert replace(task, clock=Task("b", "p").clock) == task
