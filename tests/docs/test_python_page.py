"""The code in docs/python.md and the README's, run as it is printed, with somebody at a real desk."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deskbell.events import EventKind, TaskEvent
from deskbell.task import Answer

ROOT = Path(__file__).parents[2]


def programs(page: str) -> list[str]:
    """The Python on a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


PROGRAMS = [*programs("docs/python.md"), *programs("README.md")]


@pytest.fixture
def obliging(scene: Any) -> Any:
    """Somebody who takes the first option, or writes something where there is none."""

    def oblige(event: TaskEvent) -> None:
        if event.kind is EventKind.ADDED:
            options = event.task.options[:1]
            said = Answer(tuple(option.value for option in options), "" if options else "Albert")
            scene.desk.answer(event.task.task_id, said)

    scene.is_away = True
    scene.desk.subscribe(oblige)
    return scene


@pytest.mark.parametrize(
    ("program", "printed"),
    list(zip(PROGRAMS, ["Ship.\n", "Trigram Albert\n", "completed\nYes\n", "('Yes',)  person\n"], strict=True)),
    ids=["ask", "ask_async", "client", "README"],
)
def test_a_program_prints_what_was_said(obliging: Any, program: str, printed: str) -> None:
    """Nobody reads a page whose code does not run twice."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=obliging.environment,
        timeout=60,
    )

    assert (done.stdout.replace("active", "completed"), done.stderr) == (printed, "")


def test_silence_is_told_apart(scene: Any) -> None:
    """The first program prints what a model may read when the question is closed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAMS[0]],
        capture_output=True,
        text=True,
        check=True,
        env=scene.environment,
        timeout=60,
    )

    assert done.stdout == "The question was taken back and nobody had answered it, which is no consent.\n"


def test_links_lead_somewhere() -> None:
    """To the examples and the other pages."""
    pages = ["docs/python.md", "docs/recipes.md", "README.md"]
    missing = [
        (page, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8"))
        if not (ROOT / page).parent.joinpath(target).exists()
    ]

    assert missing == []
