"""``deskbell doctor``, as a process of its own in a home of its own."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from deskbell.endpoint import Endpoint, load_or_create_token, publish
from deskbell.folders import data_folder, settings_path

posix = pytest.mark.skipif(sys.platform == "win32", reason="on Windows files have no such rights")

NO_PROCESS = 2**22 + 1
"""More than Linux and macOS give to any process."""


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home folder of somebody who has no agent yet, at a machine without a display."""
    folder = tmp_path / "person"
    folder.mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(folder))
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("XDG_CONFIG_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(folder / "bin"))
    return folder


def checks(done: Any) -> dict[str, dict[str, str]]:
    """What was found, by name."""
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def test_nothing_there_is_no_failure_and_nothing_is_made(run: Any, home: Path, person: Path) -> None:
    """A new installation, where nobody has started anything yet."""
    done = run("doctor")

    assert done.returncode == 0
    assert done.stderr == ""
    assert "warn  desk" in done.stdout
    assert "Start it with: deskbell desktop" in done.stdout
    assert done.stdout.rstrip().endswith("warnings.")
    assert not home.exists()
    assert list(person.iterdir()) == []


def test_a_running_desk_is_found_in_order(run: Any, running_desk: Any, home: Path) -> None:
    """It answers, and its files are as they should be; looking has changed none of them."""
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text(f"[listener]\nport = {running_desk.endpoint.url.rpartition(':')[2]}\n")
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    found = checks(run("doctor", "--json"))

    assert [found[name]["status"] for name in ("version", "token", "desk", "port", "lock", "journal")] == ["ok"] * 6
    assert running_desk.endpoint.url in found["desk"]["says"]
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before


def test_a_desk_on_another_port_is_a_surprise(run: Any, running_desk: Any) -> None:
    """Something may count on the number."""
    assert checks(run("doctor", "--json"))["port"]["status"] == "warn"


def test_a_desk_that_has_crashed_is_told_from_none(run: Any, home: Path) -> None:
    """Its endpoint is still there."""
    publish(Endpoint("http://127.0.0.1:2355", load_or_create_token(), NO_PROCESS))
    desk = checks(run("doctor", "--json"))["desk"]

    assert desk["status"] == "warn"
    assert desk["says"] == "The desk has stopped without saying goodbye."


def test_somebody_else_at_the_address_is_noticed_in_time(run: Any, home: Path) -> None:
    """One that takes the connection and says nothing must not hold up the rest."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        publish(Endpoint(url, load_or_create_token(), os.getpid()))
        done = run("doctor", "--json")

    assert done.returncode == 1
    assert checks(done)["desk"]["status"] == "fail"
    assert f"A desk should listen at {url}, and nobody answers" in checks(done)["desk"]["says"]


def test_a_wrong_token_is_noticed(run: Any, running_desk: Any) -> None:
    """Which the environment gives; it is not shown."""
    done = run("doctor", DESKBELL_URL=running_desk.endpoint.url, DESKBELL_TOKEN="x" * 40)

    assert done.returncode == 1
    assert "refuses DESKBELL_TOKEN" in done.stdout
    assert "xxxx" not in done.stdout


@posix
def test_a_token_that_others_can_read_is_a_failure(run: Any, home: Path) -> None:
    """With the command that mends it."""
    load_or_create_token()
    (data_folder() / "token").chmod(0o644)
    done = run("doctor", "--json")

    assert done.returncode == 1
    assert checks(done)["token"]["status"] == "fail"
    assert checks(done)["token"]["remedy"] == f"Keep it to yourself: chmod 600 {data_folder() / 'token'}"
    assert json.loads(done.stdout)["ok"] is False


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_without_a_display_it_says_so(run: Any, home: Path) -> None:
    """And that there are no notifications."""
    found = checks(run("doctor", "--json"))

    assert found["display"]["says"] == "There is no display, so the desktop app cannot be started from here."
    assert found["bus"]["status"] == "warn"


def test_an_agent_is_followed_from_found_to_connected_to_broken(run: Any, home: Path, person: Path) -> None:
    """Each time with what to do."""
    (person / ".codex").mkdir()
    assert checks(run("doctor", "--json"))["codex"]["remedy"] == "deskbell connect codex"

    run("connect", "codex", "--yes", "--no-test")
    assert checks(run("doctor", "--json"))["codex"] == {
        "name": "codex",
        "status": "ok",
        "says": "Codex is connected, tool calls up to 330 s.",
        "remedy": "",
    }

    (person / ".codex" / "config.toml").write_text("=", encoding="utf-8")
    done = run("doctor", "--json")
    assert done.returncode == 1
    assert "line 1, column 1" in checks(done)["codex"]["says"]


def test_variables_that_mean_nothing_are_named(run: Any, home: Path) -> None:
    """They are mostly slips of the pen."""
    assert "DESKBELL_URI is set and means nothing." in run("doctor", DESKBELL_URI="x").stdout
