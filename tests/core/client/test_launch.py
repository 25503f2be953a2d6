"""Starting the desktop app: when, how, and what is said when it does not work."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deskbell import launch
from deskbell.client import DeskClient
from deskbell.endpoint import Endpoint, publish
from deskbell.errors import DeskUnreachable
from deskbell.launch import locate_desk, start_desktop

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for the app needs sessions and signals")

APP = """
import json, os, pathlib, signal, sys, time
from deskbell.desk import Desk
from deskbell.endpoint import Endpoint, load_or_create_token, publish
from deskbell.http.server import Listener

print("hello from the app", flush=True)
facts = {"session": os.getsid(0), "cwd": os.getcwd(), "stdin": sys.stdin.read(), "pid": os.getpid()}
pathlib.Path(os.environ["DESKBELL_HOME"], "facts.json").write_text(json.dumps(facts))
desk = Desk()
listener = Listener(desk, load_or_create_token(), port=0)
listener.start()
publish(Endpoint(listener.url, load_or_create_token(), os.getpid()))
signal.sigwait([signal.SIGTERM])
listener.stop()
desk.close()
"""

UseApp = Callable[[str], None]


@pytest.fixture
def may_start(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a display where clients may start the app."""
    monkeypatch.delenv("DESKBELL_NO_START")
    monkeypatch.setenv("DISPLAY", ":0")


@pytest.fixture
def use_app(may_start: None, monkeypatch: pytest.MonkeyPatch) -> UseApp:
    """Let another program stand in for the desktop app."""

    def use(code: str) -> None:
        monkeypatch.setattr(launch, "_command", lambda: [sys.executable, "-c", code])

    return use


@pytest.fixture
def stopped_after(home: Path) -> object:
    """Stops what was started."""
    yield
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        pid = json.loads((home / "facts.json").read_text())["pid"]
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)


def test_a_client_starts_the_app_and_rings_it(home: Path, use_app: UseApp, stopped_after: None) -> None:
    """With nothing running a question starts the app, waits for it and arrives."""
    use_app(APP)

    assert DeskClient().ask("?").is_open


def test_the_app_is_on_its_own(home: Path, use_app: UseApp, stopped_after: None) -> None:
    """It has a session of its own, no terminal to read from, and its output goes to a log."""
    use_app(APP)
    start_desktop()
    facts = json.loads((home / "facts.json").read_text())

    assert facts["session"] == facts["pid"] != os.getsid(0)
    assert (facts["stdin"], facts["cwd"]) == ("", str(Path.home()))
    assert "hello from the app" in (home / "state" / "desktop.log").read_text()


def test_a_stale_file_of_a_living_process_does_not_hinder(home: Path, use_app: UseApp, stopped_after: None) -> None:
    """Where another process has taken over the process id, the refused connection shows that the desk is gone."""
    publish(Endpoint("http://127.0.0.1:9", "t" * 43, os.getpid()))
    use_app(APP)

    assert DeskClient().ask("?").is_open


def test_an_app_that_ends_at_once_is_quoted(home: Path, use_app: UseApp) -> None:
    """The message has the last lines of this start, not those of earlier ones."""
    use_app("raise SystemExit('earlier trouble')")
    with pytest.raises(DeskUnreachable, match="earlier trouble"):
        start_desktop()
    use_app("print('some library is missing'); raise SystemExit(3)")

    with pytest.raises(DeskUnreachable, match="some library is missing") as refusal:
        start_desktop()
    assert "earlier" not in str(refusal.value)


def test_an_app_that_never_listens_is_given_up(home: Path, use_app: UseApp) -> None:
    """After the time allowed the message says how to look into it."""
    use_app("")

    with pytest.raises(DeskUnreachable, match="deskbell-desktop"):
        start_desktop(0.3)


def test_an_app_that_cannot_be_run_is_a_sentence(may_start: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation is no traceback."""
    monkeypatch.setattr(launch, "_command", lambda: ["/nonexistent/deskbell-desktop"])

    with pytest.raises(DeskUnreachable, match="Install it again"):
        start_desktop()


@pytest.mark.parametrize("forbidden", ["1", "true"])
def test_the_environment_can_forbid_starting(
    home: Path, use_app: UseApp, monkeypatch: pytest.MonkeyPatch, forbidden: str
) -> None:
    """DESKBELL_NO_START keeps clients from starting anything."""
    use_app(APP)
    monkeypatch.setenv("DESKBELL_NO_START", forbidden)

    with pytest.raises(DeskUnreachable, match="No desk is running"):
        locate_desk()
    assert not (home / "state").exists()


def test_a_client_can_be_told_to_start_nothing(home: Path, use_app: UseApp) -> None:
    """start_desktop=False only looks."""
    use_app(APP)

    with pytest.raises(DeskUnreachable, match="No desk is running"):
        DeskClient(start_desktop=False).list()
    assert not (home / "state").exists()


def test_health_starts_nothing(home: Path, use_app: UseApp) -> None:
    """Asking whether the desk lives does not bring it to life."""
    use_app(APP)

    with pytest.raises(DeskUnreachable, match="No desk is running"):
        DeskClient().health()


def test_without_a_display_it_says_so(may_start: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without a display nothing is started, and the message says what to set."""
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(DeskUnreachable, match=r"without a display.*DISPLAY"):
        locate_desk()


@pytest.mark.parametrize("missing", ["PySide6", "deskbell_desktop"])
def test_without_the_app_it_says_how_to_install_it(
    may_start: None, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """On an agent's side installation the message has the pip command."""
    monkeypatch.setitem(sys.modules, missing, None)

    with pytest.raises(DeskUnreachable, match=r"pip install 'deskbell\[desktop\]'"):
        locate_desk()


def test_a_frozen_client_starts_its_neighbour(tmp_path: Path, may_start: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an installed package the app is the program beside this one."""
    app = tmp_path / "deskbell-desktop"
    app.write_text("#!/bin/sh\necho the neighbour ran; exit 1\n")
    app.chmod(0o755)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "deskbell"))

    with pytest.raises(DeskUnreachable, match="the neighbour ran"):
        locate_desk()


def test_a_log_that_has_grown_is_put_aside(home: Path, use_app: UseApp) -> None:
    """The log does not grow for ever."""
    log = home / "state" / "desktop.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"x" * (2 * 1024 * 1024))
    use_app("raise SystemExit('end')")
    with pytest.raises(DeskUnreachable):
        start_desktop()

    assert log.read_text() == "end\n"
    assert log.with_name("desktop.old.log").exists()


def test_an_app_that_hands_over_to_one_that_is_starting_is_no_failure(
    home: Path, use_app: UseApp, stopped_after: None
) -> None:
    """The first one's endpoint is waited for when the one started here ends at once and well."""
    home.mkdir()
    starting = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(0.5)\n" + APP], stdin=subprocess.DEVNULL
    )
    use_app("")

    assert start_desktop().pid == starting.pid
    starting.terminate()
    starting.wait(20)


def test_a_log_that_cannot_be_opened_is_a_sentence(home: Path, use_app: UseApp) -> None:
    """A folder stands where the log should be."""
    (home / "state" / "desktop.log").mkdir(parents=True)
    use_app(APP)

    with pytest.raises(DeskUnreachable, match="log of the desktop app cannot be written"):
        start_desktop()
