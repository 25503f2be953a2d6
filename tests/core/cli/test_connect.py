"""``deskbell connect`` and ``disconnect``, as processes of their own in a home of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deskbell.task import Answer

posix = pytest.mark.skipif(sys.platform == "win32", reason="on Windows there are no pseudo terminals to test with")


@pytest.fixture
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of somebody who uses Gemini CLI and Codex."""
    folder = tmp_path / "person"
    for name in (".gemini", ".codex"):
        (folder / name).mkdir(parents=True)
    (folder / ".gemini" / "settings.json").write_text('{\n  "theme": "x" // mine\n}\n', encoding="utf-8")
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(folder))
    for variable in ("XDG_CONFIG_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(folder / "bin"))
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_dry_run_shows_what_would_change_and_changes_nothing(run: Any, person: Path) -> None:
    """As a unified diff, for every agent that is here."""
    before = contents(person)
    done = run("connect", "--dry-run")

    assert done.returncode == 0
    assert "+++ " + str(person / ".codex" / "config.toml") in done.stdout
    assert "+[mcp_servers.deskbell]" in done.stdout
    assert '-  "theme": "x" // mine\n+  "theme": "x", // mine\n+  "mcpServers": {' in done.stdout
    assert ".claude" not in done.stdout
    assert contents(person) == before


def test_there_and_back(run: Any, person: Path) -> None:
    """What was connected and is disconnected is as it was, and no file is left over."""
    before = contents(person)
    done = run("connect", "--yes", "--no-test")

    assert done.returncode == 0
    assert "Connected: Codex, Gemini CLI." in done.stdout
    assert "To undo it: deskbell disconnect codex gemini" in done.stdout
    assert "trust it: type /hooks" in done.stdout
    assert f"As it was: {person / '.gemini' / 'settings.json'}.deskbell-" in done.stdout
    assert str(Path(sys.executable).parent) in contents(person)[".codex/hooks.json"]
    assert run("connect", "--yes", "--no-test").stdout.startswith("Nothing to change.\n")

    gone = run("disconnect", "--yes")

    assert gone.returncode == 0
    assert contents(person) == before
    assert run("disconnect", "--yes").stdout == "Nothing to change.\n"


def test_only_what_was_asked_for_is_done(run: Any, person: Path) -> None:
    """One agent, without its hooks; another one that nobody has used yet, without its server."""
    assert run("connect", "codex", "--no-hooks", "--yes", "--no-test").returncode == 0
    assert run("connect", "cursor", "--no-mcp", "--yes", "--no-test").returncode == 0

    assert set(contents(person)) == {".gemini/settings.json", ".codex/config.toml", ".cursor/hooks.json"}
    assert "deskbell" not in contents(person)[".gemini/settings.json"]

    assert run("disconnect", "cursor", "--yes").returncode == 0
    assert set(contents(person)) == {".gemini/settings.json", ".codex/config.toml"}


def test_a_project_is_connected_where_one_stands(run: Any, person: Path, tmp_path: Path) -> None:
    """Its files have the bare name of the command."""
    done = run("connect", "cursor", "--project", "--yes", "--no-test")

    assert "deskbell disconnect cursor --project" in done.stdout
    assert '"command": "deskbell hook cursor"' in (tmp_path / ".cursor" / "hooks.json").read_text()
    assert not (person / ".cursor").exists()
    run("disconnect", "--project", "--yes")
    assert not (tmp_path / ".cursor").exists()


def test_nobody_who_can_be_asked_means_no(run: Any, person: Path) -> None:
    """A script must say that it means it."""
    before = contents(person)
    done = run("connect", "--no-test")

    assert done.returncode == 2
    assert "Say --yes" in done.stderr
    assert contents(person) == before


@posix
@pytest.mark.parametrize(("typed", "changes"), [("n\n", False), ("\n", True)])
def test_a_person_is_asked_first(run: Any, person: Path, tmp_path: Path, typed: str, changes: bool) -> None:
    """And nothing is changed against their will."""
    before = contents(person)
    import pty  # noqa: PLC0415 - Windows has none

    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keyboard, os.fdopen(theirs, "rb") as terminal:
        keyboard.write(typed.encode())
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "deskbell", "connect", "gemini", "--no-test"],
            stdin=terminal,
            capture_output=True,
            cwd=tmp_path,
            env=os.environ,
            check=False,
            timeout=60,
        )

    assert done.returncode == 0, done.stderr
    assert b"Change this file?" in done.stdout
    assert (contents(person) != before) is changes


def test_a_broken_file_is_named(run: Any, person: Path) -> None:
    """With its line; the other agent is connected, and the exit code says that not all went well."""
    broken = person / ".codex" / "config.toml"
    broken.write_text("a = 1\nb = \n", encoding="utf-8")
    done = run("connect", "--yes", "--no-test")

    assert done.returncode == 1
    assert f"deskbell: {broken}, Invalid value (at line 2, column 5). Mend that" in done.stderr
    assert "Connected: Gemini CLI." in done.stdout
    assert broken.read_text() == "a = 1\nb = \n"


def test_no_agent_is_no_success(run: Any, person: Path, tmp_path: Path) -> None:
    """A person who has none learns how to name one."""
    (tmp_path / "nobody").mkdir()
    done = run("connect", "--yes", HOME=str(tmp_path / "nobody"), USERPROFILE=str(tmp_path / "nobody"))

    assert done.returncode == 1
    assert "No agent was found here" in done.stderr


def test_an_unknown_agent_is_refused(run: Any, person: Path) -> None:
    """With the names of those that are known."""
    done = run("connect", "clippy")

    assert done.returncode == 2
    assert "'claude', 'codex'" in done.stderr


def test_a_test_question_rings_for_each(start: Any, running_desk: Any, person: Path) -> None:
    """In the agent's own name; the command tells how each went."""
    connecting = start("connect", "--yes", "--no-mcp")
    asked = [running_desk.next_task() for _ in range(2)]
    for task in asked:
        if task.details.source.agent == "Codex":
            running_desk.desk.answer(task.task_id, Answer(("It works",)))
        else:
            running_desk.desk.cancel(task.task_id)
    output, _ = connecting.communicate(timeout=30)

    assert connecting.returncode == 0
    assert sorted(output.splitlines()[-2:]) == ["Codex        answered", "Gemini CLI   rang, and nobody answered"]


def test_without_a_desk_it_says_so(run: Any, person: Path) -> None:
    """What was connected stays connected."""
    done = run("connect", "gemini", "--yes")

    assert done.returncode == 5
    assert "No test question was rung. No desk is running" in done.stderr
    assert "deskbell" in contents(person)[".gemini/settings.json"]
