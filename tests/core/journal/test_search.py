"""Finding what has ended."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from deskbell.journal import Query
from deskbell.journal import archive as archive_module
from deskbell.journal.archive import MAX_PAGE
from deskbell.journal.words import MAX_CHARACTERS, MAX_TERMS, expression
from deskbell.task import Answer, Attachment, Option, Source, TaskDetails

if TYPE_CHECKING:
    from tests.core.journal.conftest import Shelf, StartDesk

OPTIONS = (Option("Blue", "b", "calm"), Option("Crimson", "c"))
DETAILS = TaskDetails("Colours", Source("Claude Code", "shop", "feature/login", "s-17"))


@pytest.fixture
def colour(shelf: Shelf) -> str:
    """One question among others."""
    shelf.ended("Something else?")
    task_id = shelf.ended(
        "Which **colour** for the café door, foo_bar?",
        Answer(("b",), "Because of naïveté", {"room": ["kitchen", {"n": "attic"}]}),
        options=OPTIONS,
        details=DETAILS,
    )
    shelf.ended("Nothing like it")
    return task_id


def found(shelf: Shelf, text: str = "", **more: Any) -> list[str]:
    return [task.task_id for task in shelf.archive.search(Query(text, **more)).tasks]


@pytest.mark.parametrize(
    "text",
    [
        "colour",  # the question
        "colours",  # the title
        "blue",  # the label of what was chosen
        "b",  # its value
        "crimson",  # what was offered beside it
        "because",  # the typed answer
        "kitchen attic",  # fields of the answer
        "COLOUR Which",  # any case, any order
        "col whi",  # only begun
        "cafe naivete",  # without accents
        "café",
        "cafe\u0301",  # an accent of its own
        "foo_bar",
        "bar",
        "**colour**",  # with marks around it
        "door,",
        "\uff23olour",  # of full width
    ],
)
def test_finds_words(shelf: Shelf, colour: str, text: str) -> None:
    """Of the title, the question, its options and the answer; only begun, in any order, however they are written."""
    assert found(shelf, text) == [colour]


@pytest.mark.parametrize(
    "text", ["colour nowhere", "olour", "calm", "claude", "shop", "17", "room", "?", "*", '"', "🙂"]
)
def test_does_not_find_what_is_not_there(shelf: Shelf, colour: str, text: str) -> None:
    """All words must be there; the source has a filter of its own; what holds no word finds nothing."""
    assert found(shelf, text) == []


@pytest.mark.parametrize(
    ("prompt", "hits", "misses"),
    [
        ("要把数据库迁移到新的服务器吗", ["数据库", "数", "服务器 数据库", "迁移到新"], ["据数", "数库"]),
        ("データベースを移行しますか", ["データベース", "移行", "ベース"], ["ースベ"]),
        ("ﾃﾞｰﾀを消す", ["データ", "ﾃﾞｰﾀ"], ["デタ"]),
        ("데이터베이스를 옮길까요?", ["데이터", "베이스", "데이터베이스를"], ["터데"]),
        ("Deploy到生产环境 now?", ["deploy", "生产", "Deploy到生产", "环境 dep"], ["产生"]),
        ("จะย้ายฐานข้อมูลไหม", ["ฐานข้อมูล"], ["คน"]),
        ("Обновить зависимости?", ["обнов", "ЗАВИСИМОСТИ"], ["висимости"]),
    ],
)
def test_finds_words_of_scripts_without_spaces(shelf: Shelf, prompt: str, hits: list[str], misses: list[str]) -> None:
    """Chinese, Japanese, Korean and Thai words are found in the middle of a text, and their characters in order."""
    task_id = shelf.ended(prompt)

    assert [text for text in hits if found(shelf, text) != [task_id]] == []
    assert [text for text in misses if found(shelf, text)] == []


@pytest.mark.parametrize(
    "text",
    [
        '"',
        '""',
        '"a',
        "*",
        "a*",
        "^a",
        "NEAR(",
        "NEAR(a b, 2)",
        "a:b",
        "question:a",
        "source : x",
        "{question} : a",
        "- question : a",
        "a AND",
        "OR",
        "NOT a",
        "a + b",
        "(",
        ")))",
        "a\0b",
        "\0",
        "'; DROP TABLE task; --",
        "%_",
        "\\",
        "\ud800",
        "\u202e\u200b\ufeff",
        "e\u0301" * 100,
        "²③Ⅷ",
        "ﷺ" * 500,
        "𠀀𰀀",
        '"*"* ' * 1000,
        "x" * 100_000,
        "漢" * 100_000,
        "a.b" * 10_000,
    ],
)
def test_hostile_queries_are_only_words(shelf: Shelf, text: str) -> None:
    """Whatever means something to the index is looked for like anything else, and never fails."""
    shelf.ended("a b question near source x")

    assert shelf.archive.search(Query(text, source="x")).tasks == ()
    shelf.archive.search(Query(text))


def test_a_query_of_ten_thousand_words_is_quick(shelf: Shelf) -> None:
    """Only the first few are looked for."""
    words = [f"word{number}" for number in range(10_000)]
    task_id = shelf.ended(" ".join(words))
    start = time.monotonic()

    assert found(shelf, " ".join(words)) == [task_id]
    assert found(shelf, "word1 " * 10_000) == [task_id]
    assert found(shelf, " ".join(words[:MAX_TERMS]) + " elsewhere") == [task_id]
    assert found(shelf, " ".join(words[: MAX_TERMS - 1]) + " elsewhere") == []
    assert time.monotonic() - start < 2
    assert len(expression("漢字" * 10_000 + " " + " ".join(words))) < 2_000


def test_the_beginning_of_a_huge_prompt_is_found(shelf: Shelf) -> None:
    """Options and title are in the index however long the prompt is."""
    task_id = shelf.ended("first " + "x " * MAX_CHARACTERS + "last", options=OPTIONS, details=DETAILS)

    assert found(shelf, "first crimson colours") == [task_id]
    assert found(shelf, "last") == []


@pytest.mark.parametrize("name", ["Claude Code", "claude code", "SHOP", "feature/login", "s-17"])
def test_the_source_is_an_agent_a_project_a_branch_or_a_session(shelf: Shelf, colour: str, name: str) -> None:
    """As a whole, in large or small letters, alone or with words."""
    assert found(shelf, source=name) == [colour]
    assert found(shelf, "colour", source=name) == [colour]
    assert found(shelf, "nowhere", source=name) == []


@pytest.mark.parametrize("name", ["Claude", "sho", "shop*", "feature", '"shop"', "login", "x", "shop\0"])
def test_a_part_of_a_source_is_not_the_source(shelf: Shelf, colour: str, name: str) -> None:
    """Nor is anything that only means something to the index."""
    assert found(shelf, source=name) == []


def test_the_times_are_when_it_ended(shelf: Shelf) -> None:
    """From ``since`` on, and before ``until``, in any time zone."""
    ids = [shelf.ended(f"Question {number}?") for number in range(5)]
    first, second, *_ = [task.completed_at for task in reversed(shelf.archive.search(Query()).tasks)]
    assert first is not None
    assert second is not None
    elsewhere = second.astimezone(timezone(timedelta(hours=-7)))

    assert found(shelf, since=second) == ids[:0:-1]
    assert found(shelf, until=elsewhere) == ids[:1]
    assert found(shelf, since=first, until=second) == ids[:1]
    assert found(shelf, "question", since=elsewhere, source="") == ids[:0:-1]
    assert found(shelf, since=second, until=first) == []
    assert found(shelf, "question", since=datetime(9999, 12, 31, tzinfo=UTC)) == []


def test_the_order_is_that_of_the_ends_whatever_the_clock_said(shelf: Shelf) -> None:
    """Times are taken at their word only where somebody asks for times."""
    past, future = (datetime(year, 1, 1, tzinfo=UTC) for year in (2016, 2036))
    ids = [shelf.ended("First?"), shelf.ended("Back?", at=past), shelf.ended("Ahead?", at=future), shelf.ended("Last?")]

    assert found(shelf) == ids[::-1]
    assert found(shelf, until=datetime(2026, 1, 1, tzinfo=UTC)) == [ids[1]]
    assert found(shelf, since=datetime(2026, 1, 1, tzinfo=UTC), until=datetime(2030, 1, 1, tzinfo=UTC)) == [
        ids[3],
        ids[0],
    ]


@pytest.mark.parametrize("more", [{}, {"text": "question"}, {"source": "codex"}])
def test_pages_hold_everything_once(shelf: Shelf, more: dict[str, str]) -> None:
    """Also what ends while somebody leafs: that belongs before the first page."""
    source = TaskDetails(source=Source("codex"))
    ids = [shelf.ended(f"Question {number}?", details=source) for number in range(7)]
    seen, before = [], None
    for size in (3, 3, 1):
        page = shelf.archive.search(Query(**more, before=before, limit=size))
        seen += [task.task_id for task in page.tasks]
        before = page.next
        shelf.ended("A late question?", details=source)

    assert seen == ids[::-1]
    assert before is None


def test_a_page_is_never_larger_than_can_be_sent(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in tasks nor in what they hold; a question that is too large alone comes alone."""
    monkeypatch.setattr(archive_module, "PAGE_CHARACTERS", 1_000)
    ids = [shelf.ended("x" * size) for size in (10, 2_000, 600, 600, 10)]
    pages, before = list[list[str]](), None
    while len(pages) == 0 or before is not None:
        page = shelf.archive.search(Query(before=before, limit=10**9))
        pages.append([task.task_id for task in page.tasks])
        before = page.next

    assert pages == [[ids[4], ids[3], ids[2]], [ids[1]], [ids[0]]]
    assert MAX_PAGE == 500


def test_files_come_without_content(shelf: Shelf) -> None:
    """They are named; their content is read by the task's id."""
    file = Attachment("plan.txt", "text/plain", b"Step 1")
    task_id = shelf.ended("Plan?", Answer((), "ok", {}, (file,)), details=TaskDetails(attachments=(file,)))
    [task] = shelf.archive.search(Query()).tasks
    whole = shelf.archive.find(task_id)

    assert task.answer is not None
    assert whole is not None
    assert [item.data for item in (*task.details.attachments, *task.answer.attachments)] == [b"", b""]
    assert whole.details.attachments == (file,)


def test_open_questions_are_not_history(start_desk: StartDesk) -> None:
    """They are found once they have ended, by answer, cancel or expiry."""
    desk = start_desk()
    first, second = (desk.ask(prompt).task.task_id for prompt in ("One?", "Two?"))
    assert desk.search(Query()).tasks == ()
    desk.answer(second, Answer((), "yes")).result(5)
    desk.cancel(first).result(5)

    assert [(task.task_id, str(task.status)) for task in desk.search(Query()).tasks] == [
        (first, "cancelled"),
        (second, "completed"),
    ]
