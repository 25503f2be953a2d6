"""Hooks as processes beside a real desk, and beside none."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.core.hooks.conftest import Hook, outcome, recorded
from tests.core.hooks.schemas import check

from deskbell.events import EventKind, TaskEvent
from deskbell.task import Answer, AnsweredBy

if TYPE_CHECKING:
    from tests.core.conftest import RunningDesk

posix = pytest.mark.skipif(sys.platform == "win32", reason="on Windows there are no signals to send")

TOKEN = "t" * 43

SILENCE = {
    "claude-bash": None,
    "codex-bash": None,
    "gemini-shell": None,
    "copilot-request": None,
    "opencode-permission": None,
    "cursor-shell": {"permission": "ask"},
    "acp-request": {"outcome": {"outcome": "cancelled"}},
}


def agent_of(name: str) -> str:
    return name.partition("-")[0]


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


@pytest.fixture
def deaf_desk() -> Iterator[socket.socket]:
    """Something that listens and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


DESK = """
import os, sys
from deskbell.desk import Desk
from deskbell.endpoint import Endpoint, load_or_create_token, publish
from deskbell.http.server import Listener

desk = Desk()
desk.subscribe(lambda event: print(event.kind, event.task.status, flush=True))
listener = Listener(desk, load_or_create_token(), port=0)
listener.start()
publish(Endpoint(listener.url, load_or_create_token(), os.getpid()))
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
"""


@pytest.fixture
def slow_desk(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A desk in a process of its own, which says what happens to its questions."""
    process = subprocess.Popen(
        [sys.executable, "-c", DESK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ), text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    yield process
    process.send_signal(signal.SIGCONT)
    process.communicate("")


def url_of(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("name", SILENCE)
def test_a_click_comes_out_as_the_agents_json(hook: Hook, running_desk: RunningDesk, name: str) -> None:
    """Exit code 0 and nothing else on standard output."""
    running = hook(agent_of(name), recorded(name))
    task = running_desk.next_task()
    running_desk.desk.answer(task.task_id, Answer((), "Use make"))
    code, output = outcome(running)

    assert code == 0
    assert "Use make" in json.dumps(output) or output == {"outcome": {"outcome": "selected", "optionId": "reject-once"}}
    assert (task.details.kind, task.on_timeout, task.details.source.pid) == ("permission", "expire", None)


def test_the_source_is_where_the_agent_works(hook: Hook, running_desk: RunningDesk, tmp_path: Path) -> None:
    """Agent, project, branch and session, whatever folder the hook itself runs in."""
    shop = tmp_path / "shop"
    (shop / ".git").mkdir(parents=True)
    (shop / ".git" / "HEAD").write_text("ref: refs/heads/prices\n")
    (shop / "src").mkdir()
    hook("claude", {**recorded("claude-bash"), "cwd": str(shop / "src")})
    source = running_desk.next_task().details.source

    assert (source.agent, source.project, source.branch) == ("Claude Code", "shop", "prices")
    assert source.session == recorded("claude-bash")["session_id"]


@pytest.mark.parametrize("name", SILENCE)
def test_without_a_desk_the_agent_asks_by_itself(hook: Hook, name: str) -> None:
    """Within a second, with exit code 0."""
    start = time.monotonic()
    code, output = outcome(hook(agent_of(name), recorded(name)))

    assert (code, output) == (0, SILENCE[name])
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("name", SILENCE)
def test_a_desk_that_says_nothing_holds_nobody_up(hook: Hook, deaf_desk: socket.socket, name: str) -> None:
    """Within a second, with exit code 0."""
    start = time.monotonic()
    running = hook(agent_of(name), recorded(name), DESKBELL_URL=url_of(deaf_desk), DESKBELL_TOKEN=TOKEN)

    assert outcome(running) == (0, SILENCE[name])
    assert time.monotonic() - start < 1


@posix
def test_what_a_slow_desk_has_heard_is_taken_back(hook: Hook, slow_desk: subprocess.Popen[str], home: Path) -> None:
    """A desk that stood still while it was asked shows no question that nobody waits for."""
    slow_desk.send_signal(signal.SIGSTOP)
    assert outcome(hook("claude", recorded("claude-bash"))) == (0, None)
    slow_desk.send_signal(signal.SIGCONT)
    assert slow_desk.stdout

    assert [slow_desk.stdout.readline().strip() for _ in range(2)] == ["added active", "status cancelled"]


@pytest.mark.parametrize("end", ["cancel", "expire", "timeout"])
def test_what_ends_without_a_person_decides_nothing(hook: Hook, running_desk: RunningDesk, end: str) -> None:
    """Closed in the window, expired, or answered by a countdown."""
    running = hook("claude", recorded("claude-bash"))
    task_id = running_desk.next_task().task_id
    if end == "cancel":
        running_desk.desk.cancel(task_id)
    elif end == "expire":
        running_desk.desk._queue.update_auto_resubmit_timeout_for_all(1)
    else:
        running_desk.desk.answer(task_id, Answer(("once",), answered_by=AnsweredBy.TIMEOUT))

    assert outcome(running) == (0, None)


@posix
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_hook_that_is_told_to_go_closes_its_question(
    hook: Hook, running_desk: RunningDesk, name: str, code: int
) -> None:
    """As when the question was answered in the terminal."""
    running = hook("claude", recorded("claude-bash"))
    task = running_desk.next_task()
    running.send_signal(getattr(signal, name))

    assert outcome(running) == (code, None)
    assert running_desk.desk.task(task.task_id).status == "cancelled"


@posix
def test_a_signal_while_the_question_travels_closes_it(hook: Hook, running_desk: RunningDesk) -> None:
    """However early it comes."""
    running: list[Any] = []

    def interrupt(event: TaskEvent) -> None:
        if event.kind is EventKind.ADDED:
            until(lambda: bool(running), "the hook's process")
            running[0].send_signal(signal.SIGTERM)

    running_desk.desk.subscribe(interrupt)
    running.append(hook("claude", recorded("claude-bash")))
    outcome(running[0])
    task = running_desk.next_task()

    assert running_desk.desk.task(task.task_id).status == "cancelled"


@posix
def test_an_agent_that_was_killed_leaves_no_question(running_desk: RunningDesk, tmp_path: Path) -> None:
    """Its hook notices that it has another parent now."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps(recorded("claude-bash")))
    program = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-m', 'deskbell', 'hook', 'claude'], stdin=open({str(event)!r}),\n"
        "                 stdout=subprocess.DEVNULL)\n"
        "time.sleep(60)\n"
    )
    agent = subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path)
    task = running_desk.next_task()
    running_desk.somebody_waits_for(task.task_id)
    agent.kill()
    agent.wait()

    until(lambda: running_desk.desk.task(task.task_id).status == "cancelled", "the question to close")


@posix
def test_an_agent_that_closed_its_pipe_leaves_no_question(hook: Hook, running_desk: RunningDesk) -> None:
    """Nobody would read the decision."""
    running = hook("claude", recorded("claude-bash"))
    task = running_desk.next_task()
    assert running.stdout
    running.stdout.close()
    running.stdout = None

    until(lambda: running_desk.desk.task(task.task_id).status == "cancelled", "the question to close")
    running.wait(20)


def test_parallel_hooks_of_a_session_get_their_own_answers(hook: Hook, running_desk: RunningDesk) -> None:
    """Whatever the order of the answers."""
    asked = {}
    for number in range(4):
        event = recorded("claude-bash")
        event["tool_input"]["command"] = f"make part-{number}"
        running = hook("claude", event)
        asked[running_desk.next_task().task_id] = (running, number)
    for task_id, (_, number) in reversed(asked.items()):
        running_desk.desk.answer(task_id, Answer(("once",) if number % 2 else ("deny",), f"part {number}"))

    for running, number in asked.values():
        decision = outcome(running)[1]["hookSpecificOutput"]["decision"]
        assert decision == ({"behavior": "allow"} if number % 2 else {"behavior": "deny", "message": f"part {number}"})


def test_a_hook_that_runs_twice_asks_once(hook: Hook, running_desk: RunningDesk) -> None:
    """Both get the answer."""
    first = hook("claude", recorded("claude-bash"))
    task_id = running_desk.next_task().task_id
    second = hook("claude", recorded("claude-bash"))
    until(lambda: len(running_desk.desk._queue._waiters.get(task_id, ())) == 2, "both to wait")
    running_desk.desk.answer(task_id, Answer(("once",)))

    said = outcome(first)
    assert said == outcome(second)
    assert said[1]["hookSpecificOutput"]["decision"] == {"behavior": "allow"}
    assert len(running_desk.desk.tasks()) == 1


def test_the_same_command_is_asked_about_each_time(hook: Hook, running_desk: RunningDesk) -> None:
    """To have allowed it once is not to have allowed it again."""
    first = hook("claude", recorded("claude-bash"))
    running_desk.desk.answer(running_desk.next_task().task_id, Answer(("once",)))
    assert outcome(first)[1]["hookSpecificOutput"]["decision"]["behavior"] == "allow"

    second = hook("claude", recorded("claude-bash"))
    running_desk.desk.answer(running_desk.next_task().task_id, Answer(("deny",)))
    assert outcome(second)[1]["hookSpecificOutput"]["decision"]["behavior"] == "deny"


def test_all_questions_of_one_call_are_there_at_once(hook: Hook, running_desk: RunningDesk) -> None:
    """They can be answered in any order."""
    running = hook("claude", recorded("claude-questions"))
    first, second = running_desk.next_task(), running_desk.next_task()
    running_desk.desk.answer(second.task_id, Answer(("1", "2")))
    running_desk.desk.answer(first.task_id, Answer(("1",)))
    code, output = outcome(running)

    assert code == 0
    check("claude PreToolUse", output)
    assert list(output["hookSpecificOutput"]["updatedInput"]["answers"].values()) == ["SQLite", "Pictures, Stock"]
    assert (first.details.kind, first.on_timeout) == ("question", "expire")


def test_one_question_that_is_closed_closes_the_others(hook: Hook, running_desk: RunningDesk) -> None:
    """The agent asks all of them in its own dialog."""
    running = hook("claude", recorded("claude-questions"))
    first, second = running_desk.next_task(), running_desk.next_task()
    running_desk.desk.cancel(second.task_id)

    assert outcome(running) == (0, None)
    assert running_desk.desk.task(first.task_id).status == "cancelled"


def test_a_notice_rings_and_waits_for_nobody(hook: Hook, running_desk: RunningDesk) -> None:
    """Codex hands its event over as an argument."""
    running = hook("codex", b"", json.dumps(recorded("codex-notify")))

    assert outcome(running) == (0, None)
    task = running_desk.next_task()
    assert (task.is_open, task.prompt, task.auto_resubmit_timeout) == (True, "> Rounded, and tested.", 60)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no json",
        b"[]",
        b"null",
        b'{"hook_event_name": "PermissionRequest"}',
        b"\xff\xfe\x00",
        b"\0",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"hook_event_name": "PermissionRequest", "tool_name": 1, "tool_input": "rm"}',
        b" " * (17 * 2**20),
    ],
    ids=lambda raw: f"{raw[:12]!r}-{len(raw)}",
)
@pytest.mark.parametrize("agent", ["claude", "codex", "cursor"])
def test_what_makes_no_sense_asks_nothing(hook: Hook, running_desk: RunningDesk, agent: str, raw: bytes) -> None:
    """And is no decision, with exit code 0: any other means no to some agents."""
    code, output = outcome(hook(agent, raw))

    assert code == 0
    assert output is None or (agent, output) == ("cursor", {"permission": "ask"})
    assert running_desk.desk.tasks() == []


def test_bypassed_permissions_are_not_asked_for(hook: Hook, running_desk: RunningDesk) -> None:
    """The hook runs all the same."""
    event = {**recorded("claude-bash"), "permission_mode": "bypassPermissions"}

    assert outcome(hook("claude", event)) == (0, None)
    assert running_desk.desk.tasks() == []


def test_a_full_desk_leaves_it_to_the_agent(hook: Hook, running_desk: RunningDesk) -> None:
    """Also when it would have taken some of the questions."""
    for number in range(running_desk.desk.settings.listener.max_open_tasks - 1):
        running_desk.desk.ask(f"Question {number}")
        running_desk.next_task()

    assert outcome(hook("claude", recorded("claude-questions"))) == (0, None)
    assert running_desk.desk.task(running_desk.next_task().task_id).status == "cancelled"


def test_a_command_with_nul_and_half_characters_is_shown_as_such(hook: Hook, running_desk: RunningDesk) -> None:
    """Nothing of it is left out, and the click decides about what was shown."""
    event = recorded("claude-bash")
    event["tool_input"] = {"command": "rm \0 \ud800 x"}
    running = hook("claude", event)
    task = running_desk.next_task()
    running_desk.desk.answer(task.task_id, Answer(("deny",)))

    assert "rm ⟦U+0000⟧ ⟦U+D800⟧ x" in task.prompt
    assert outcome(running)[1]["hookSpecificOutput"]["decision"]["behavior"] == "deny"


def test_an_answer_in_any_letters_arrives(hook: Hook, running_desk: RunningDesk) -> None:
    """Whatever encoding the agent runs the hook with."""
    running = hook("claude", recorded("claude-bash"), PYTHONIOENCODING="ascii", LC_ALL="C")
    running_desk.desk.answer(running_desk.next_task().task_id, Answer((), "不行 🙂"))

    assert outcome(running)[1]["hookSpecificOutput"]["decision"]["message"] == "不行 🙂"


@pytest.mark.parametrize("words", [(), ("nobody",), ("claude", "{}", "more"), ("recall",), ("recall", "nobody")])
def test_misuse_is_not_taken_for_a_refusal(home: Path, words: tuple[str, ...]) -> None:
    """Exit code 2 means no to most agents."""
    done = subprocess.run(
        [sys.executable, "-m", "deskbell", "hook", *words], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )

    assert done.returncode == 1
    assert b"Usage: deskbell hook AGENT" in done.stdout + done.stderr


def test_a_desk_that_is_not_running_is_started_for_the_next_time(hook: Hook, home: Path, tmp_path: Path) -> None:
    """In the background: the agent waits no longer for that."""
    package = tmp_path / "packages" / "deskbell_desktop"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import os, pathlib; pathlib.Path(os.environ['SIGN']).touch()")
    (tmp_path / "packages" / "PySide6.py").touch()
    sign = tmp_path / "started"
    start = time.monotonic()
    running = hook(
        "claude",
        recorded("claude-bash"),
        DESKBELL_NO_START="",
        DISPLAY=":99",
        PYTHONPATH=str(tmp_path / "packages"),
        SIGN=str(sign),
    )

    assert outcome(running) == (0, None)
    assert time.monotonic() - start < 1
    until(sign.exists, "the app to start")


def test_a_hook_imports_only_what_it_needs(running_desk: RunningDesk, tmp_path: Path) -> None:
    """It runs at every turn of an agent: no click, no listener, no library that it can do without."""
    heavy = "{'starlette', 'uvicorn', 'msgspec', 'httpx', 'PySide6', 'asyncio', 'tomlkit', 'click', 'secrets'}"
    code = (
        "import sys, json, atexit\n"
        f"atexit.register(lambda: print(json.dumps(sorted({heavy} & set(sys.modules)))))\n"
        "from deskbell.cli import main\n"
        "main()\n"
    )
    event = json.dumps(recorded("codex-notify"))
    done = subprocess.run(
        [sys.executable, "-c", code, "hook", "codex", event], capture_output=True, cwd=tmp_path, text=True, check=True
    )

    assert json.loads(done.stdout) == []
    assert running_desk.next_task().is_open
