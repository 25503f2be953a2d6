"""What must be true of the files that a desk has left, however it ended."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from deskbell.task import ASK_AGAIN
from rig.clients import Crowd, Outcome, Question
from rig.hands import read_notes

JOURNAL = Path("data", "journal", "journal.db")
FILES = Path("data", "journal", "files")

_ENDS = "SELECT count(*) FROM event WHERE task = ? AND kind IN ('completed', 'expired', 'cancelled')"


@contextmanager
def copy_of(journal: Path, folder: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy of a journal and its log, so that looking changes nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for companion in ("", "-wal"):
        part = journal.with_name(journal.name + companion)
        if part.exists():
            shutil.copyfile(part, folder / part.name)
    with closing(sqlite3.connect(folder / journal.name)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def check(home: Path, crowd: Crowd, *, is_over: bool) -> list[str]:
    """What is wrong with a journal whose desk has ended; ``is_over`` says that every asker has got its outcome."""
    acknowledged = crowd.acknowledged()  # before the files are read: nothing may be missing there
    if not (home / JOURNAL).exists():
        return [f"no journal, but {len(acknowledged)} questions were acknowledged"] if acknowledged else []
    with copy_of(home / JOURNAL, home / "copy") as connection:
        (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
        if integrity != "ok":
            return [f"integrity_check: {integrity}"]
        if not connection.execute("PRAGMA user_version").fetchone()[0]:
            return [f"no tables, but {len(acknowledged)} questions were acknowledged"] if acknowledged else []
        rows = {row["task_id"]: row for row in connection.execute("SELECT * FROM task")}
        ends = {task_id: connection.execute(_ENDS, (row["number"],)).fetchone()[0] for task_id, row in rows.items()}
        files = [tuple(row) for row in connection.execute("SELECT DISTINCT digest, size FROM attachment")]
    return [
        *_missing(rows, acknowledged, is_over=is_over),
        *_invented(rows, crowd.asked(), _clicks(home)),
        *_ended_twice(rows, ends),
        *_files(home / FILES, files),
    ]


def outcome_on_disk(row: Mapping[str, Any]) -> Outcome:
    """How the task of a row ended."""
    answer = json.loads(row["answer"]) if row["answer"] else {}
    return (row["status"], tuple(answer.get("options", ())), answer.get("text", ""), row["answered_by"] or "")


def _missing(rows: Mapping[str, Any], acknowledged: Mapping[str, Question], *, is_over: bool) -> Iterator[str]:
    for task_id, question in acknowledged.items():
        row = rows.get(task_id)
        if row is None:
            yield f"{question.key} was acknowledged as {task_id} and is gone"
        elif (row["key"], row["prompt"]) != (question.key, question.prompt):
            yield f"{question.key} is not what was asked"
        else:
            yield from _contradictions(outcome_on_disk(row), question)
        if is_over and not question.outcomes:
            yield f"{question.key}: nobody got an outcome"
    if is_over:
        yield from (f"{row['key']} is still open" for row in rows.values() if row["ended_at"] is None)


def _contradictions(on_disk: Outcome, question: Question) -> Iterator[str]:
    if len(question.acknowledged) > 1:
        yield f"{question.key} is several tasks: {question.acknowledged}"
    for outcome in tuple(question.outcomes):
        if outcome != on_disk:
            yield f"{question.key}: a client got {outcome}, on disk is {on_disk}"
    for answer in tuple(question.accepted_answers):
        if on_disk[1] != (answer,):
            yield f"{question.key}: the answer {answer} was accepted, on disk is {on_disk}"


def _invented(rows: Mapping[str, Any], asked: Mapping[str, Question], clicks: set[tuple[str, str]]) -> Iterator[str]:
    keys = [row["key"] for row in rows.values()]
    yield from (f"{key} is there twice" for key in set(keys) if keys.count(key) > 1)
    for task_id, row in rows.items():
        question = asked.get(row["key"])
        if question is None or question.prompt != row["prompt"]:
            yield f"{task_id} was never asked"
        elif row["ended_at"] is not None and not _has_cause(task_id, outcome_on_disk(row), question, clicks):
            yield f"{question.key}: nobody brought about {outcome_on_disk(row)}"


def _has_cause(task_id: str, outcome: Outcome, question: Question, clicks: set[tuple[str, str]]) -> bool:
    match outcome:
        case ("completed", (value,), "", "person"):
            return (task_id, value) in clicks or value in question.rival_answers
        case ("completed", options, text, "timeout"):
            wish = question.on_timeout
            return (options, text) == (((), ASK_AGAIN) if wish == "submit" else ((wish.removeprefix("option:"),), ""))
        case ("expired", (), "", ""):
            return question.on_timeout == "expire"
        case ("cancelled", (), "", ""):
            return question.is_withdrawn
    return False


def _ended_twice(rows: Mapping[str, Any], ends: Mapping[str, int]) -> Iterator[str]:
    for task_id, row in rows.items():
        if ends[task_id] != (row["ended_at"] is not None):
            yield f"{task_id} is {row['status']} and has ended {ends[task_id]} times"


def _files(folder: Path, files: list[tuple[str, int]]) -> Iterator[str]:
    for digest, _size in files:
        path = folder / digest[:2] / digest
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            yield f"the file {digest} is gone or not what it was"


def _clicks(home: Path) -> set[tuple[str, str]]:
    return {(fact["task_id"], fact["value"]) for fact in read_notes(home / "clicks")}
