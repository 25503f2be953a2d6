"""``deskbell history`` and ``export``: what has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from deskbell.cli.export_formats import JSON_LINES, MARKDOWN, Format, format_for
from deskbell.cli.interruption import interruptible
from deskbell.cli.new_file import new_file
from deskbell.cli.output import is_utf8, moment, overview, print_json
from deskbell.client import DeskClient, RemoteTask

Command = TypeVar("Command", bound=Callable[..., Any])

_HEAD: Final = ("ID", "ENDED", "BY", "FROM", "ANSWER", "QUESTION")
_ANSWER_CHARACTERS: Final = 30


def _since(text: str) -> datetime:
    """A moment, or the beginning of a day, on this machine's clock unless another zone is named."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is neither a day, such as 2026-01-31, nor a moment, such as '2026-01-31 09:30'."
        ) from None


def _until(text: str) -> datetime:
    """A moment, or the end of a day."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _since(text)
    return _since(f"{day + timedelta(days=1)}" if day < date.max else text)


def _filters(command: Command) -> Command:
    """What both commands look for."""
    for add in (
        click.option("--source", default="", metavar="NAME", help="Only of this agent, project, branch or session."),
        click.option("--until", type=_until, metavar="WHEN", help="Only what ended before, or on this day."),
        click.option("--since", type=_since, metavar="WHEN", help="Only what ended then or later."),
        click.argument("words", metavar="[QUERY]", nargs=-1),
    ):
        command = add(command)
    return command


@click.command("history")
@_filters
@click.option("-n", "--limit", type=click.IntRange(1), default=50, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def history_command(
    words: tuple[str, ...],
    *,
    since: datetime | None,
    until: datetime | None,
    source: str,
    limit: int,
    as_json: bool,
) -> None:
    """Find questions that have ended, the last one first.

    QUERY are words of the question, its options or its answer, in any order, each perhaps only begun. WHEN is a day or
    a moment, such as 2026-01-31 or '2026-01-31 09:30'.
    """
    found = list(_search(words, since, until, source, limit=limit + 1))
    shown = found[:limit]
    if as_json:
        print_json({"tasks": [task.raw for task in shown]})
    elif shown:
        click.echo(overview([_HEAD, *map(_row, shown)]))
    else:
        click.echo("Nothing was found.", err=True)
    if len(found) > limit:
        click.echo(f"There is more. --limit shows more than {limit}, 'deskbell export' gives all.", err=True)


@click.command("export")
@_filters
@click.option(
    "--format",
    "wish",
    type=click.Choice([JSON_LINES, MARKDOWN]),
    help=f"One JSON object a line, or a document to read.  [default: {JSON_LINES}; {MARKDOWN} for a FILE.md]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    default="-",
    metavar="FILE",
    help="Where to; a file that nobody else may read. Standard output by default.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
def export_command(
    words: tuple[str, ...],
    *,
    since: datetime | None,
    until: datetime | None,
    source: str,
    wish: str | None,
    output: Path,
    force: bool,
) -> None:
    """Write down all questions that have ended, the last one first, without the content of files.

    QUERY, --since, --until and --source are those of 'deskbell history'. FILE appears when it is complete.
    """
    tasks = _search(words, since, until, source)
    name = wish or (MARKDOWN if output.suffix.lower() == ".md" else JSON_LINES)
    if str(output) == "-":
        _write(partial(click.echo, nl=False), format_for(name, unicode=is_utf8()), tasks)
        return
    with interruptible(), new_file(output, replace=force) as file:
        count = _write(file.write, format_for(name), tasks)
    click.echo(f"Wrote {count} questions to {output}.", err=True)


def _search(
    words: tuple[str, ...], since: datetime | None, until: datetime | None, source: str, *, limit: int | None = None
) -> Iterator[RemoteTask]:
    client = DeskClient(start_desktop=False)
    return client.history(" ".join(words), since=since, until=until, source=source, limit=limit)


def _write(write: Callable[[str], object], layout: Format, tasks: Iterator[RemoteTask]) -> int:
    first = list(islice(tasks, 1))  # before anything is written, so that a mistake is all there is to see
    write(layout.opening)
    count = 0
    for batch in (first, tasks):
        for task in batch:
            write(layout.entry(task))
            count += 1
    return count


def _row(task: RemoteTask) -> tuple[str, ...]:
    answer = str(task.answer or "")
    if len(answer) > _ANSWER_CHARACTERS:
        answer = f"{answer[: _ANSWER_CHARACTERS - 1]}…"
    by = str(task.answer.answered_by) if task.answer else task.status
    return task.task_id, moment(task.ended_at), by, str(task.source), answer, task.heading
