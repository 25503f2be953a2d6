"""Clocks that leap, and an app that does not run for a while."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deskbell.client import DeskClient
from deskbell.clock import SystemClock
from deskbell.desk import Desk
from deskbell.journal import Journal, Query, writer
from deskbell.task import Answer, Draft
from rig.app import Launcher, Start
from rig.settings import write_settings
from stage.waiting import until

TIMEOUT = 200
HISTORY = 5


class LeapingClock(SystemClock):
    """A wall clock that somebody sets."""

    def __init__(self) -> None:
        self.leap = timedelta()

    def now(self) -> datetime:  # type: ignore[override]
        return datetime.now(UTC) + self.leap


@pytest.fixture
def clock() -> LeapingClock:
    return LeapingClock()


@pytest.fixture
def start_desk(tmp_path: Path, clock: LeapingClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Desk]]:
    """Starts desks on one folder and the test's clock."""
    monkeypatch.setattr(writer, "IDLE_SECONDS", 0.01)
    desks: list[Desk] = []

    def start() -> Desk:
        desks.append(Desk(clock=clock))
        desks[-1].open_journal(Journal(tmp_path / "journal", clock=clock))
        return desks[-1]

    yield start
    for desk in desks:
        desk.close()


@pytest.mark.parametrize(
    "leap",
    [timedelta(hours=1), timedelta(hours=-1), timedelta(days=3653), timedelta(days=-3653)],
    ids=["an hour on", "an hour back", "ten years on", "ten years back"],
)
def test_a_leap_of_the_wall_clock(start_desk: Callable[[], Desk], clock: LeapingClock, leap: timedelta) -> None:
    """Ends no countdown, forgets nothing, and a later start finds all of it."""
    desk = start_desk()
    for number in range(HISTORY):
        ended = desk.ask(f"Ended {number}?", ["Yes"]).task.task_id
        desk.answer(ended, Answer(("Yes",))).result(5)
    task_id = desk.ask("Open?", ["Yes"], timeout=TIMEOUT).task.task_id
    desk.set_draft(task_id, Draft(text="half an answer"))

    _be_idle(desk)

    clock.leap = leap
    desk.answer(desk.ask("Meanwhile?", ["Yes"]).task.task_id, Answer(("Yes",))).result(5)
    _be_idle(desk)
    assert desk.task(task_id).is_open
    assert TIMEOUT - 5 <= desk.task(task_id).get_remaining_time() <= TIMEOUT
    desk.close()

    desk = start_desk()
    _be_idle(desk)
    assert TIMEOUT - 5 <= desk.task(task_id).get_remaining_time() <= TIMEOUT
    assert desk.task(task_id).draft == Draft(text="half an answer")
    assert len(desk.search(Query()).tasks) == HISTORY + 1

    clock.leap = timedelta()
    desk.answer(task_id, Answer(("Yes",))).result(5)
    _be_idle(desk)
    assert [task.prompt for task in desk.search(Query(limit=2)).tasks] == ["Open?", "Meanwhile?"]
    assert len(desk.search(Query()).tasks) == HISTORY + 2


def _be_idle(desk: Desk) -> None:
    """Return when the house has been kept."""
    assert desk._journal is not None
    writing = desk._journal._writer
    assert writing is not None
    until(lambda: writing._tidy_at == float("inf"), "an idle moment")


@pytest.fixture
def client(home: Path, launcher: Launcher) -> DeskClient:
    write_settings(home, window={"arm_milliseconds": 0})
    launcher.start_listening(Start(str(home)))
    return DeskClient(start_desktop=False)


def test_time_that_the_app_did_not_run_is_given_back(client: DeskClient, launcher: Launcher) -> None:
    """A countdown that would have ended meanwhile has half a minute again; one that was held stays as it is."""
    short = client.ask("Short?", ["Yes"], timeout=1, on_timeout="expire")
    long = client.ask("Long?", ["Yes"], timeout=TIMEOUT)
    os.kill(launcher.pid, signal.SIGSTOP)
    time.sleep(4)
    os.kill(launcher.pid, signal.SIGCONT)

    until(lambda: client.get(short.task_id).remaining > 20, "the time to be given back")
    assert client.get(short.task_id).is_open
    assert client.get(short.task_id).remaining <= 30
    assert TIMEOUT - 10 < client.get(long.task_id).remaining <= TIMEOUT


def test_an_answer_while_the_app_does_not_run_arrives_when_it_does(client: DeskClient, launcher: Launcher) -> None:
    """Requests that come meanwhile are answered afterwards."""
    task = client.ask("Why?", ["Yes"], timeout=1, on_timeout="expire")
    os.kill(launcher.pid, signal.SIGSTOP)
    wakener = os.fork()
    if wakener == 0:
        time.sleep(4)
        os.kill(launcher.pid, signal.SIGCONT)
        os._exit(0)
    answered = client.answer(task.task_id, Answer(("Yes",)))
    os.waitpid(wakener, 0)

    assert answered.answer is not None
    assert answered.answer.options == ("Yes",)
    assert client.get(task.task_id).answer == answered.answer
