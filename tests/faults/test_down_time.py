"""Time that the app was down does not count, and everything stands where it stood."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from deskbell.client import DeskClient
from rig.app import Launcher, Start
from rig.settings import write_settings
from stage.waiting import until

DOWN_SECONDS = 3.0
EVERY_SECOND = {"deskbell.journal.writer:BEAT_SECONDS": 1.0}
DRAFT_SECONDS = 0.3
"""How soon what was typed is safe."""


@pytest.fixture
def client(home: Path, launcher: Launcher) -> DeskClient:
    write_settings(home, window={"arm_milliseconds": 0})
    launcher.start_listening(Start(str(home), constants=EVERY_SECOND))
    return DeskClient(start_desktop=False)


def _crash(home: Path, launcher: Launcher, down: float = DOWN_SECONDS) -> None:
    launcher.kill()
    time.sleep(down)
    launcher.start_listening(Start(str(home), constants=EVERY_SECOND))


def test_the_seconds_that_were_left_are_left(home: Path, client: DeskClient, launcher: Launcher) -> None:
    """About as many as before, never more than was asked, and half a minute at least."""
    long = client.ask("Long?", ["Yes"], timeout=202)
    short = client.ask("Short?", ["Yes"], timeout=31)
    endless = client.ask("Endless?", ["Yes"], timeout=0)
    until(lambda: client.get(long.task_id).remaining <= 200, "two seconds to pass")
    _crash(home, launcher)

    assert 198 <= client.get(long.task_id).remaining <= 201
    assert 29 <= client.get(short.task_id).remaining <= 31
    assert client.get(endless.task_id).remaining == 0


def test_crash_after_crash_makes_nothing_longer(home: Path, client: DeskClient, launcher: Launcher) -> None:
    """However often it is killed, a countdown goes down, and only the time it was down is given back."""
    task = client.ask("Why?", ["Yes"], timeout=200)
    seen = [200]
    for _ in range(4):
        _crash(home, launcher, down=0.5)
        time.sleep(1.2)
        seen.append(client.get(task.task_id).remaining)
    assert seen == sorted(seen, reverse=True)
    assert 185 <= seen[-1] <= 197


def test_everything_is_where_it_was(home: Path, client: DeskClient, launcher: Launcher) -> None:
    """Questions in their order, the one in front, what was typed for each, and what was ticked."""
    tasks = [client.ask(f"Number {number}?", ["Yes", "No"]).task_id for number in range(3)]
    until(lambda: launcher.do("look")["tabs"] == tasks, "the tabs")
    for place, task_id in enumerate(tasks):
        launcher.do("switch", task_id)
        until(lambda wanted=task_id: launcher.do("look")["shown"] == wanted, "the question")
        launcher.do("type", f"words for {place}")
    launcher.do("switch", tasks[1])
    until(lambda: launcher.do("look")["shown"] == tasks[1], "the question in the middle")
    time.sleep(DRAFT_SECONDS)
    _crash(home, launcher, down=0.0)

    until(lambda: launcher.do("look")["tabs"] == tasks, "the tabs")
    until(lambda: launcher.do("look")["shown"] == tasks[1], "the question in the middle")
    for place in (1, 0, 2):
        launcher.do("switch", tasks[place])
        until(lambda wanted=tasks[place]: launcher.do("look")["shown"] == wanted, "the question")
        assert launcher.do("look")["text"] == f"words for {place}"


def test_what_was_just_typed(home: Path, client: DeskClient, launcher: Launcher) -> None:
    """Is safe a moment later, and at once when the app is told to end."""
    task = client.ask("Why?", ["Yes", "No"])
    until(lambda: launcher.do("look")["shown"] == task.task_id, "the question")
    launcher.do("type", "because")
    time.sleep(DRAFT_SECONDS)
    _crash(home, launcher, down=0.0)
    until(lambda: launcher.do("look")["shown"] == task.task_id, "the question")
    assert launcher.do("look")["text"] == "because"

    launcher.do("type", " it rains")
    assert launcher.stop() == 0
    launcher.start_listening(Start(str(home)))
    until(lambda: launcher.do("look")["shown"] == task.task_id, "the question")
    assert launcher.do("look")["text"] == "because it rains"
