"""A desk with somebody at it, and a home folder whose shell rings it."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deskbell.desk import Desk
from deskbell.endpoint import TOKEN_VARIABLE, URL_VARIABLE, Endpoint, load_or_create_token, publish, withdraw
from deskbell.events import EventKind, TaskEvent
from deskbell.http.server import Listener
from deskbell.launch import NO_START_VARIABLE
from deskbell.task import Answer, Task

PATIENCE = 60
"""Seconds that a recipe may take."""

Done = subprocess.CompletedProcess[str]


@dataclass
class Scene:
    """A home folder, a shell in it, and somebody at the desk.

    They answer each question with the next of ``answers`` and close it when there is none, unless they are away.
    """

    desk: Desk
    home: Path
    environment: dict[str, str]
    answers: queue.SimpleQueue[Answer] = field(default_factory=queue.SimpleQueue)
    asked: list[Task] = field(default_factory=list)
    is_away: bool = False

    def will_say(self, option: str | None, text: str = "") -> None:
        """Answer the next question; without an option say nothing."""
        if option:
            self.answers.put(Answer((option,), text))

    def on_event(self, event: TaskEvent) -> None:
        if event.kind is not EventKind.ADDED:
            return
        self.asked.append(event.task)
        try:
            self.desk.answer(event.task.task_id, self.answers.get_nowait())
        except queue.Empty:
            if not self.is_away:
                self.desk.cancel(event.task.task_id)

    def install(self, name: str, content: str) -> Path:
        """Write an executable file."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(0o755)
        return path

    def run(self, script: str, *options: str, folder: str = ".", **environment: str) -> Done:
        """Run a script in the home folder or one below."""
        return subprocess.run(
            ["sh", *options, "-c", script],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home / folder,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
        )


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """That of a person: a home of their own, no agent around, and the commands of this source tree."""
    for name in (URL_VARIABLE, TOKEN_VARIABLE, "CLAUDECODE", "GEMINI_CLI", "CURSOR_AGENT", "DESKBELL_AGENT", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Me")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "me@example.com")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.setenv(NO_START_VARIABLE, "1")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    monkeypatch.setenv("TMUX_TMPDIR", str(tmp_path))
    return dict(os.environ)


@pytest.fixture
def scene(tmp_path: Path, environment: dict[str, str]) -> Iterator[Scene]:
    """A real desk and a shell that rings it."""
    (tmp_path / "me").mkdir()
    desk = Desk()
    listener = Listener(desk, load_or_create_token(), port=0)
    listener.start()
    scene = Scene(desk, tmp_path / "me", environment)
    desk.subscribe(scene.on_event)
    publish(Endpoint(listener.url, load_or_create_token(), os.getpid()))
    yield scene
    withdraw(os.getpid())
    desk.close()
    listener.stop()


@pytest.fixture
def with_key(scene: Scene) -> Scene:
    """A key for ssh-agent, and a letter to sign with it."""
    made = scene.run(
        "mkdir -m 700 .ssh && ssh-keygen -q -t ed25519 -N '' -C me@here -f .ssh/id_ed25519 && echo Hello > letter"
    )
    assert made.returncode == 0, made.stderr
    return scene


@pytest.fixture
def with_repository(scene: Scene) -> Scene:
    """A clone in ``work`` with a commit that its origin does not have."""
    made = scene.run(
        "git init -q --bare origin && git init -q -b main work && cd work && git remote add origin ../origin"
        " && git commit -q --allow-empty -m First && git push -q origin main"
        " && git commit -q --allow-empty -m 'Second `one`'"
    )
    assert made.returncode == 0, made.stderr
    return scene


@pytest.fixture
def with_tmux(scene: Scene) -> Iterator[Scene]:
    """tmux servers that end with the test."""
    yield scene
    scene.run("tmux kill-server; tmux -L outside kill-server")
