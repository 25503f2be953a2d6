"""Finding what has ended, over a real socket."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from deskbell.desk import Desk
from deskbell.errors import DiskFull, JournalBusy
from deskbell.http.history import cursor_of, query_of
from deskbell.http.problems import Problem
from deskbell.journal import Journal, Page, Query
from deskbell.task import Answer, Attachment, Source, TaskDetails

FILE = Attachment("plan.txt", "text/plain", b"Step 1")
DETAILS = TaskDetails(source=Source("codex", "shop", "main", "s1"), attachments=(FILE,))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk that keeps what happens."""
    desk = Desk()
    desk.open_journal(Journal(tmp_path / "journal"))
    yield desk
    desk.close()


@pytest.fixture
def ended(bench: Any) -> list[str]:
    """The ids of three questions that ended one after the other; another one is still open."""
    answered = bench.ask("Deploy to staging?", details=DETAILS)
    bench.desk.answer(answered, Answer(("Yes",), "gladly", attachments=(FILE,))).result(5)
    ids = [answered]
    for prompt in ("Deploy to production?", "要把数据库迁移吗"):
        ids.append(bench.ask(prompt))
        bench.desk.cancel(ids[-1]).result(5)
    bench.ask("Deploy what is open?")
    return ids


def find(bench: Any, **parameters: Any) -> Any:
    reply = bench.call("GET", f"/v1/history?{urlencode(parameters)}")
    assert reply.status == 200, reply.body
    return reply.json


def ids(page: Any) -> list[str]:
    return [task["task_id"] for task in page["tasks"]]


def test_lists_what_has_ended_the_last_first(bench: Any, ended: list[str]) -> None:
    """Without anything to look for it is all of it, as the tasks themselves are, and nothing that is open."""
    page = find(bench)

    assert ids(page) == ended[::-1]
    assert page["cursor"] is None
    single = bench.call("GET", f"/v1/tasks/{ended[1]}").json
    assert page["tasks"][1] == single


def test_says_when_a_task_ended(bench: Any, ended: list[str]) -> None:
    """Null while it is open, the same in the task, the list and the history."""
    open_task, *_ = bench.call("GET", "/v1/tasks?status=active").json["tasks"]
    first = find(bench)["tasks"][-1]

    assert open_task["ended_at"] is None
    assert first["ended_at"].endswith("Z")
    assert first["created_at"] <= first["answer"]["at"] <= first["ended_at"]


def test_files_come_without_their_content(bench: Any, ended: list[str]) -> None:
    """The task itself has it."""
    first = find(bench)["tasks"][-1]
    named = [{"name": "plan.txt", "media_type": "text/plain"}]

    assert first["attachments"] == first["answer"]["attachments"] == named
    whole = bench.call("GET", f"/v1/tasks/{ended[0]}").json
    assert whole["answer"]["attachments"] == [{**named[0], "data": base64.b64encode(FILE.data).decode()}]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"q": "deploy"}, [1, 0]),
        ({"q": "glad stag"}, [0]),
        ({"q": "数据库"}, [2]),
        ({"q": "deploy", "source": "SHOP"}, [0]),
        ({"source": "s1"}, [0]),
        ({"source": "sho"}, []),
        ({"q": "nothing"}, []),
        ({"q": '"'}, []),
        ({"q": ""}, [2, 1, 0]),
        ({"limit": 1}, [2]),
        ({"since": "2020-01-01"}, [2, 1, 0]),
        ({"since": "2099-01-01"}, []),
        ({"until": "2099-01-01T00:00:00.5+14:00"}, [2, 1, 0]),
        ({"until": "2020-01-01"}, []),
    ],
)
def test_finds(bench: Any, ended: list[str], parameters: dict[str, Any], found: list[int]) -> None:
    """By words, source and time, each narrowing what the others leave."""
    assert ids(find(bench, **parameters)) == [ended[number] for number in found]


def test_today_holds_what_ends_today(bench: Any, ended: list[str]) -> None:
    """A day counts from its beginning to its end, in UTC."""
    ended_at = datetime.fromisoformat(find(bench)["tasks"][0]["ended_at"])
    today, tomorrow = (f"{ended_at + days * timedelta(days=1):%Y-%m-%d}" for days in (0, 1))

    assert ended[2] in ids(find(bench, since=today, until=today))
    assert ended[2] not in ids(find(bench, since=tomorrow))


def test_pages_follow_each_other(bench: Any, ended: list[str]) -> None:
    """A cursor leads to the next page of the same search, whatever ends meanwhile."""
    first = find(bench, q="deploy", limit=1)
    bench.desk.cancel(bench.ask("Deploy late?")).result(5)
    second = find(bench, q="deploy", limit=5, cursor=first["cursor"])

    assert (ids(first), ids(second)) == ([ended[1]], [ended[0]])
    assert second["cursor"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.0", "limit"),
        ("limit=", "limit"),
        ("limit=%D9%A1", "limit"),  # an Arabic one
        ("limit=99999999999999999999", "limit"),
        ("since=", "since"),
        ("since=yesterday", "since"),
        ("since=2026-02-30", "since"),
        ("since=2026-01-31T09:30:00", "since"),
        ("since=2026-01-31T25:00:00Z", "since"),
        ("since=2026-01-31T09:30:00+01:00", "since"),
        ("since=0001-01-01T00:00:00%2B01:00", "since"),
        ("since=20260131", "since"),
        ("since=1769850000", "since"),
        ("until=9999-12-31", "until"),
        ("until=2026-01-31T09:30Z", "until"),
        ("since=2026-01-02&until=2026-01-01", "since"),
        ("since=2026-01-01T00:00:00Z&until=2026-01-01T00:00:00Z", "since"),
        (f"q={'x' * 1_001}", "q"),
        (f"source={'x' * 201}", "source"),
        ("cursor=", "cursor"),
        ("cursor=1", "cursor"),
        ("cursor=AAAAAAAAAAAAAAAAAAAA", "cursor"),
        ("cursor=____________________", "cursor"),
        ("cursor=AAAAAAAAAAAAAAAAAAAA%0A", "cursor"),
        ("page=2", "page"),
        ("q=a&q=b", "q"),
    ],
)
def test_bad_parameters_are_refused(bench: Any, query: str, field: str) -> None:
    """Each with 422, its name and what to do about it."""
    reply = bench.call("GET", f"/v1/history?{query}")

    assert (reply.status, reply.json["field"]) == (422, field)
    assert reply.json["detail"].endswith(".")


@pytest.mark.parametrize("query", ["q=%ff", "q=%ed%a0%80", "source=%c3"])
def test_what_is_not_utf8_is_refused(bench: Any, query: str) -> None:
    """Before anything is looked for."""
    reply = bench.call("GET", f"/v1/history?{query}")

    assert (reply.status, "UTF-8" in reply.json["detail"]) == (422, True)


def test_a_plus_that_became_a_space_is_explained(bench: Any) -> None:
    """A time zone is easily lost in an address."""
    assert "%2B" in bench.call("GET", "/v1/history?since=2026-01-31T09:30:00+01:00").json["detail"]


def test_a_cursor_belongs_to_its_search(bench: Any, ended: list[str]) -> None:
    """With other words, times or sources it is refused, and so is one with a character changed."""
    cursor = find(bench, q="deploy", limit=1)["cursor"]
    changed = [cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :] for place in range(20)]
    for parameters in (
        {"q": "deplo"},
        {"q": "deploy", "source": "codex"},
        {"q": "deploy", "since": "2020-01-01"},
        *({"q": "deploy", "cursor": other} for other in changed),
    ):
        reply = bench.call("GET", f"/v1/history?{urlencode({'cursor': cursor, **parameters})}")
        assert (reply.status, reply.json["field"]) == (422, "cursor")


@pytest.mark.parametrize("position", [1, 500, 2**40])
def test_cursors_come_back_as_they_went(position: int) -> None:
    """Any position, with any search."""
    query = Query("数 \"'", datetime(2026, 1, 1, tzinfo=UTC), None, "s", limit=7)
    cursor = cursor_of(Page((), position), query)
    parameters = {"q": query.text, "since": "2026-01-01", "source": "s", "limit": "7", "cursor": str(cursor)}

    assert query_of(parameters) == replace(query, before=position)
    with pytest.raises(Problem):
        query_of({**parameters, "q": "other"})


@pytest.mark.parametrize(("trouble", "status"), [(JournalBusy(), 503), (DiskFull(), 507)])
def test_a_journal_that_cannot_be_read_is_said(
    bench: Any, monkeypatch: pytest.MonkeyPatch, trouble: Exception, status: int
) -> None:
    """In its own words, and the desk goes on."""

    def search(_query: Query) -> Page:
        raise trouble

    monkeypatch.setattr(bench.desk, "search", search)
    reply = bench.call("GET", "/v1/history")

    assert (reply.status, reply.json["detail"]) == (status, str(trouble))
    assert bench.call("GET", "/v1/tasks").status == 200


def test_without_a_journal_there_is_no_history(bench: Any, ended: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is an empty page and no error."""
    with monkeypatch.context() as patch:
        patch.setattr(bench.desk, "_journal", None)

        assert find(bench) == {"tasks": [], "cursor": None}
