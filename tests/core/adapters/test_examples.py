"""The examples in the documentation, run as they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deskbell.task import Answer

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"

FRAMEWORKS = ("agents", "langchain", "langchain_core", "langgraph", "openai", "pydantic", "pydantic_ai")


@pytest.mark.parametrize(
    ("name", "answers", "printed"),
    [
        ("langchain_agent", [Answer(("approve",))], "tool: deleted *.log\n"),
        ("langchain_agent", [Answer(("reject",), "Keep them")], "with reason: Keep them\n"),
        ("langgraph_graph", [Answer(("beta",)), Answer(("yes",))], "released to beta\n"),
        ("langgraph_graph", [Answer(("beta",)), Answer(("no",))], "released to nobody\n"),
        ("openai_agents_agent", [Answer(("approve",))], "The tool says: deleted *.log\n"),
        ("openai_agents_agent", [Answer(("reject",), "Keep them")], "The tool says: Keep them\n"),
        ("pydantic_ai_agent", [Answer(("edit",), '{"pattern": "*.tmp"}')], "The tool says: deleted *.tmp\n"),
        ("pydantic_ai_agent", [Answer(("reject",), "Keep them")], "The tool says: Keep them\n"),
    ],
)
def test_an_example_does_what_was_decided(person: Any, name: str, answers: list[Answer], printed: str) -> None:
    """It rings the desk, and what the person says is what comes of it."""
    person.will_say(*answers)
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py"], capture_output=True, text=True, check=False, timeout=100
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert printed in done.stdout
    assert len(person.asked) == len(answers)


def test_every_example_is_run() -> None:
    """None is forgotten above."""
    mark = next(mark for mark in test_an_example_does_what_was_decided.pytestmark if mark.name == "parametrize")  # type: ignore[attr-defined]

    assert {case[0] for case in mark.args[1]} == {path.stem for path in EXAMPLES.glob("*.py")}


def test_adapters_are_imported_without_their_frameworks() -> None:
    """A framework is wanted when its adapter is used, and none of the others then."""
    program = (
        "import sys\n"
        "import deskbell.adapters.langchain, deskbell.adapters.openai_agents, deskbell.adapters.pydantic_ai\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert set(done.stdout.split()).isdisjoint(FRAMEWORKS)
