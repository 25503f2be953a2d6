"""The frozen app, started, rung and answered with nothing but what it brings."""

from __future__ import annotations

import contextlib
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.packaging.conftest import Install, Installation


@pytest.fixture
def installed(install: Install, frozen: Path) -> Installation:
    return install(frozen)


def test_its_own_command_rings_and_gets_the_answer(installed: Installation) -> None:
    """The frozen command rings the frozen app, and what is answered there comes back to it."""
    with installed.desktop():
        asking = installed.start("deskbell", "ask", "Ship it?", "-o", "Yes", "-o", "No", "--json")

        installed.run("deskbell", "answer", installed.first_task()["task_id"], "-o", "Yes")

        output, complaints = asking.communicate(timeout=30)
        assert asking.returncode == 0, complaints
        assert _answer(output) == (["Yes"], "person")


def test_a_key_in_the_window_answers(installed: Installation) -> None:
    """The frozen app's window takes the keyboard: the number of an option sends it."""
    with installed.desktop():
        asking = installed.start("deskbell", "ask", "Ship it?", "-o", "Yes", "-o", "No", "--json")
        installed.first_task()

        while asking.poll() is None:
            _press(installed, "2")
            with contextlib.suppress(subprocess.TimeoutExpired):
                asking.wait(1)  # a key that came before the options were armed has made them wait anew

        assert _answer(asking.communicate()[0]) == (["No"], "person")


def test_a_question_starts_the_app_beside_the_command(installed: Installation) -> None:
    """`deskbell ask` with no desk running starts the `deskbell-desktop` in its own folder and rings it."""
    asking = installed.start("deskbell", "ask", "Anybody there?", "-o", "Yes", "--json")

    task = installed.first_task()
    endpoint = json.loads((Path(installed.environment["DESKBELL_HOME"]) / "data/endpoint.json").read_text())
    program = Path(f"/proc/{endpoint['pid']}/exe").resolve()
    installed.run("deskbell", "answer", task["task_id"], "-o", "Yes")
    asking.communicate(timeout=30)

    assert program == installed.programs / "deskbell-desktop"
    assert asking.returncode == 0


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_agents_that_speak_mcp_get_their_answer(installed: Installation, version: str) -> None:
    """The frozen relay passes a question on to the frozen app, which brings the MCP SDK, and the answer back."""
    with installed.desktop(), installed.talk("deskbell", "mcp") as say:
        if version == "2026-07-28":
            prefix = "io.modelcontextprotocol"
            meta = {f"{prefix}/protocolVersion": version, f"{prefix}/clientCapabilities": {}}
        else:
            meta = {}
            client = {"name": "test", "version": "1"}
            hello = say(1, "initialize", {"protocolVersion": version, "capabilities": {}, "clientInfo": client})
            assert hello()["result"]["serverInfo"]["name"] == "deskbell"
        question = {"question": "Ship it?", "options": ["Yes", "No"]}
        heard = say(2, "tools/call", {"name": "ask_human", "arguments": question, "_meta": meta})

        installed.run("deskbell", "answer", installed.first_task()["task_id"], "-o", "No")

        assert heard()["result"]["structuredContent"]["options"] == ["No"]


def test_nothing_of_another_toolkit_came_along(frozen: Path) -> None:
    """The bundle holds what a Widgets window needs, and none of GTK, Qt Quick or the development tools."""
    names = {path.name.lower() for path in frozen.rglob("*")}

    strangers = ("libgtk", "libgdk", "libqt6quick", "libqt6qml", "libqt6pdf", "libstdc++", "pytest", "mypy")
    assert [name for name in sorted(names) if name.startswith(strangers)] == []


def _press(installed: Installation, key: str) -> None:
    script = f"xdotool search --onlyvisible --class deskbell windowactivate --sync key --clearmodifiers {key}"
    subprocess.run(["timeout", "2", *script.split()], env=installed.environment, check=False, capture_output=True)


def _answer(output: str) -> tuple[list[str], str]:
    found = json.loads(output)
    answer = found.get("answer", found)
    return answer["options"], answer["answered_by"]
