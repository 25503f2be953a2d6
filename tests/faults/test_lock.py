"""Another program holds the journal's lock."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from deskbell.client import DeskClient
from deskbell.errors import DeskUnreachable
from rig.app import Launcher, Start
from rig.settings import write_settings
from rig.verdict import JOURNAL
from rig.wire import get, post, problem
from stage.waiting import until

LOCK_SECONDS = 0.8
_HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
connection.execute("ROLLBACK")
connection.close()
"""


@contextmanager
def _locked(journal: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, journal], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield holder


def _is_there(client: DeskClient) -> bool:
    with suppress(DeskUnreachable):
        return bool(client.health())
    return False


@pytest.fixture
def client(home: Path, launcher: Launcher) -> DeskClient:
    """A client of an app that has patience for ``LOCK_SECONDS``."""
    write_settings(home, window={"arm_milliseconds": 0})
    launcher.start_listening(Start(str(home), lock_seconds=LOCK_SECONDS))
    return DeskClient(start_desktop=False)


def test_a_lock_that_lasts_is_told(home: Path, client: DeskClient, launcher: Launcher) -> None:
    """With 503 and when to try again; the desk lives on meanwhile, and takes what comes afterwards."""
    task = client.ask("Before?", ["Yes"])
    with _locked(home / JOURNAL):
        start = time.monotonic()
        refusal = post("/v1/tasks", {"prompt": "Meanwhile?"})
        took = time.monotonic() - start
        assert problem(refusal) == (503, "application/problem+json")
        assert int(refusal.headers["Retry-After"]) > 0
        assert LOCK_SECONDS <= took < LOCK_SECONDS + 3
        assert problem(post(f"/v1/tasks/{task.task_id}/answer", {"options": ["Yes"]}))[0] == 503
        assert get(f"/v1/tasks/{task.task_id}").json()["status"] == "active"
        until(lambda: "locked" in launcher.do("look")["notice"], "a word about it")

    assert post(f"/v1/tasks/{task.task_id}/answer", {"options": ["Yes"]}).status_code == 200
    until(lambda: not launcher.do("look")["notice"], "the word to go")


def test_a_lock_that_passes_is_waited_for(home: Path, client: DeskClient) -> None:
    """Nobody notices it but by the time it takes."""
    client.ask("Before?")
    with _locked(home / JOURNAL) as holder:
        release = subprocess.Popen(["sleep", str(LOCK_SECONDS / 2)], stdout=holder.stdin)
        assert holder.stdin is not None
        holder.stdin.close()
        start = time.monotonic()
        assert post("/v1/tasks", {"prompt": "Meanwhile?"}).status_code == 201
        assert time.monotonic() - start > LOCK_SECONDS / 4
        release.wait()


def test_the_window_lives_while_an_answer_waits_for_the_lock(
    home: Path, client: DeskClient, launcher: Launcher
) -> None:
    """It can be looked at, typed into and switched; the answer that was waited for is kept."""
    first, second = (client.ask(prompt, ["Yes"]).task_id for prompt in ("One?", "Two?"))
    until(lambda: launcher.do("look")["tabs"] == [first, second], "the questions")
    with _locked(home / JOURNAL):
        launcher.do("tick", "Yes")
        start = time.monotonic()
        launcher.do("switch", second)
        until(lambda: launcher.do("look")["shown"] == second, "the other question")
        launcher.do("type", "meanwhile")
        assert time.monotonic() - start < LOCK_SECONDS / 2
        assert client.get(first).is_open

    answer = client.wait(first, 10).answer
    assert answer is not None
    assert answer.options == ("Yes",)


def test_a_lock_at_the_start_is_waited_for(home: Path, client: DeskClient, launcher: Launcher) -> None:
    """An app that starts while another program holds the lock starts when that lets go of it, and nothing is lost."""
    task = client.ask("Before?", ["Yes"])
    launcher.kill()
    with _locked(home / JOURNAL):
        launcher.start(Start(str(home)))
        launcher.do("look")
        time.sleep(LOCK_SECONDS)
    until(lambda: _is_there(client), "the desk")
    assert client.get(task.task_id).is_open


def test_an_app_that_waits_for_a_lock_can_be_quit(home: Path, client: DeskClient, launcher: Launcher) -> None:
    """At once, although it would have waited longer."""
    launcher.kill()
    with _locked(home / JOURNAL):
        launcher.start(Start(str(home)))
        launcher.do("look")
        time.sleep(LOCK_SECONDS)
        start = time.monotonic()
        assert launcher.stop() == 0
        assert time.monotonic() - start < 3


def test_a_program_that_looks_in_takes_nothing_along(home: Path, client: DeskClient) -> None:
    """The app's own locks hold: whoever opens the journal and leaves is not the last, and the log stays."""
    client.ask("Before?")
    log = (home / JOURNAL).with_name("journal.db-wal")
    before = log.stat().st_ino
    for _ in range(3):
        with _locked(home / JOURNAL):
            pass
        assert log.stat().st_ino == before
