"""Both clients read the history, from page to page as they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from deskbell.client import AsyncDeskClient, DeskClient, RemoteTask
from deskbell.client import history as history_module
from deskbell.errors import InvalidQuery
from deskbell.task import Answer, Attachment, Source, TaskDetails

Read = Callable[..., list[RemoteTask]]


@pytest.fixture(params=["threads", "asyncio"])
def read(request: pytest.FixtureRequest) -> Read:
    """Everything that a client finds, or the first ``count`` of it."""

    def read(*args: Any, count: int | None = None, **more: Any) -> list[RemoteTask]:
        return list(islice(DeskClient().history(*args, **more), count))

    async def read_async(*args: Any, count: int | None = None, **more: Any) -> list[RemoteTask]:
        found: list[RemoteTask] = []
        async with AsyncDeskClient() as client:
            tasks = client.history(*args, **more)
            while count is None or len(found) < count:
                try:
                    found.append(await anext(tasks))
                except StopAsyncIteration:
                    break
        return found

    return read if request.param == "threads" else lambda *args, **more: asyncio.run(read_async(*args, **more))


@pytest.fixture
def asked_for(keeping_desk: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The limit of each page that was read; seven questions have ended, and a page holds three."""
    for number in range(7):
        keeping_desk.ended(f"Question {number}?")
    monkeypatch.setattr(history_module, "PAGE", 3)
    limits: list[int] = []
    search = keeping_desk.desk.search

    def spy(query: Any) -> Any:
        limits.append(query.limit)
        return search(query)

    monkeypatch.setattr(keeping_desk.desk, "search", spy)
    return limits


def prompts(tasks: list[RemoteTask]) -> list[str]:
    return [task.prompt for task in tasks]


def test_the_history_arrives_whole(read: Read, keeping_desk: Any) -> None:
    """Every part of a task that ended, with when it did; its files by name."""
    file = Attachment("plan.txt", "text/plain", b"Step 1")
    details = TaskDetails("Title", Source("codex", "shop", "main", "s1", 7), attachments=(file,))
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    keeping_desk.ended("要迁移数据库吗", "Yes", "No", details=details, answer=Answer(("Yes",), "go", {"n": 1}, (file,)))
    keeping_desk.desk.ask("Open?")
    [task] = read()

    assert (task.prompt, task.title, task.status, task.is_open) == ("要迁移数据库吗", "Title", "completed", False)
    assert task.ended_at is not None
    assert before <= task.ended_at <= datetime.now(UTC)
    assert task.to_task().completed_at == task.ended_at
    assert task.answer is not None
    assert (task.answer.options, task.answer.text, task.answer.fields) == (("Yes",), "go", {"n": 1})
    assert [item.name for item in task.answer.attachments] == ["plan.txt"]


def test_an_open_task_has_not_ended(keeping_desk: Any) -> None:
    """Nor does one from a desk that does not know the field."""
    task = DeskClient().ask("Open?")
    raw = {name: value for name, value in task.raw.items() if name != "ended_at"}

    assert task.ended_at is None
    assert RemoteTask.from_dict(raw).ended_at is None


def test_words_source_and_times_narrow_it(read: Read, keeping_desk: Any) -> None:
    """In any combination; moments without a zone are this machine's."""
    for number in range(4):
        agent = "codex" if number % 2 else "claude"
        keeping_desk.ended(f"Question {number} & more?", details=TaskDetails(source=Source(agent)))
    ends = [task.ended_at for task in reversed(read())]
    assert ends[0] is not None
    here = ends[0].astimezone().replace(tzinfo=None)

    assert prompts(read("2 &")) == ["Question 2 & more?"]
    assert prompts(read("question", source="Codex")) == ["Question 3 & more?", "Question 1 & more?"]
    assert len(read(since=here)) == 4
    assert len(read(until=here)) == 0
    assert len(read(since=here - timedelta(days=1), until=datetime.now(UTC) + timedelta(hours=1))) == 4


@pytest.mark.parametrize(
    ("limit", "pages"), [(None, [3, 3, 3]), (0, []), (2, [2]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1]), (100, [3, 3, 3])]
)
def test_pages_are_read_until_there_is_enough(
    read: Read, asked_for: list[int], limit: int | None, pages: list[int]
) -> None:
    """Each task once, and no more of them than were asked for."""
    assert prompts(read(limit=limit)) == [f"Question {number}?" for number in range(6, -1, -1)][:limit]
    assert asked_for == pages


def test_pages_are_read_only_when_they_are_wanted(read: Read, asked_for: list[int]) -> None:
    """Whoever stops after a few has not read everything."""
    assert len(read(count=3)) == 3
    assert len(asked_for) == 1
    assert len(read(count=4)) == 4
    assert len(asked_for) == 3


def test_what_cannot_be_looked_for_is_said(read: Read, keeping_desk: Any) -> None:
    """As an error of its own that names the field, in the desk's words."""
    with pytest.raises(InvalidQuery, match="q is longer than 1000 characters") as refusal:
        read("x" * 2_000)

    assert refusal.value.field == "q"
