"""What the command prints: plain, aligned, safe to show."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from datetime import datetime

    from deskbell.client import RemoteTask

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_MARKS: Final = {True: "●", False: "○"}


def never_fail_to_encode() -> None:
    """Let a terminal that lacks a character show its code instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def mask_controls(text: str) -> str:
    """Text of others for a terminal: nothing in it moves the cursor, changes colours or hides what follows."""
    return _CONTROLS.sub("�", text)


def print_json(value: Any) -> None:
    """Print JSON for programs; plain ASCII where the stream is not UTF-8."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=not is_utf8()))


def is_utf8() -> bool:
    """Whether standard output takes every character."""
    return (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "") == "utf8"


def print_task(task: RemoteTask, text: str, *, as_json: bool) -> None:
    """Print a task for programs, or what a person wants to know of it."""
    if as_json:
        print_json(task.raw)
    else:
        click.echo(text)


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows in aligned columns, the last one as long as it is."""
    lines = [[mask_controls(" ".join(cell.split())) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def overview(rows: Iterable[Sequence[str]]) -> str:
    """Rows in aligned columns, cut to the width of a terminal."""
    text = table(rows)
    if not sys.stdout.isatty():
        return text
    width = shutil.get_terminal_size().columns
    return "\n".join(line if len(line) <= width else f"{line[: width - 1]}…" for line in text.splitlines())


def moment(at: datetime | None, *, seconds: bool = False) -> str:
    """A moment on this machine's clock; '' for none."""
    if at is None:
        return ""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S %z}" if seconds else f"{at.astimezone():%Y-%m-%d %H:%M}"


def answer_lines(task: RemoteTask) -> str:
    """The values of the chosen options, one a line, then the text."""
    if task.answer is None:
        return ""
    return "\n".join([*task.answer.options, *([task.answer.text] if task.answer.text else [])])


def seconds_left(task: RemoteTask) -> str:
    """The countdown in a few characters."""
    if not task.is_open:
        return ""
    if not task.timeout:
        return "no limit"
    return f"{task.remaining} s held" if task.held else f"{task.remaining} s"


def task_page(task: RemoteTask) -> str:
    """Everything about a task, for a person."""
    facts = {
        "Task": task.task_id,
        "Status": task.status,
        "Title": task.title,
        "From": str(task.source),
        "Asked": f"{task.created_at.astimezone():%Y-%m-%d %H:%M:%S}",
        "Time left": seconds_left(task),
        "At zero": task.on_timeout if task.timeout else "",
    }
    parts = [table((f"{name}:", value) for name, value in facts.items() if value), mask_controls(task.prompt).strip()]
    if task.options:
        parts.append("\n".join(_option_lines(task)))
    if task.answer:
        parts.append(f"Answered by {task.answer.answered_by}:\n{mask_controls(answer_lines(task))}")
    return "\n\n".join(parts)


def _option_lines(task: RemoteTask) -> Iterable[str]:
    for option in task.options:
        name = option.label if option.value == option.label else f"{option.label} ({option.value})"
        about = f"  {option.description}" if option.description else ""
        recommended = " [recommended]" if option.recommended else ""
        yield mask_controls(f"  {_MARKS[option in task.chosen]} {name}{recommended}{about}")
