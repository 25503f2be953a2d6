"""Where a question comes from, as far as the surroundings tell: agent, project, branch."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from deskbell.question import MAX_LINE_CHARACTERS
from deskbell.task import Source

_AGENTS: Final = {"CLAUDECODE": "Claude Code", "GEMINI_CLI": "Gemini CLI", "CURSOR_AGENT": "Cursor"}
"""Variables by which agents mark the commands they run."""

_SHORT_HASH: Final = 8
_HEAD_CHARACTERS: Final = 1024


def source_here(agent: str | None = None, project: str | None = None, branch: str | None = None) -> Source:
    """What is given, and for the rest what the environment and the current folder say."""
    top = _top_folder()
    return Source(
        agent=_line(_agent() if agent is None else agent),
        project=_line((top.name if top else _current_folder()) if project is None else project),
        branch=_line((_branch(top) if top else "") if branch is None else branch),
        pid=os.getpid(),
    )


def _agent() -> str:
    return next((name for variable, name in _AGENTS.items() if os.environ.get(variable)), "")


def _current_folder() -> str:
    try:
        return Path.cwd().name
    except OSError:  # it was removed
        return ""


def _top_folder() -> Path | None:
    """The top of the git working tree around the current folder."""
    with contextlib.suppress(OSError):
        here = Path.cwd()
        return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
    return None


def _branch(top: Path) -> str:
    """The branch checked out there, or the start of a commit's hash."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        git = top / ".git"
        if git.is_file():  # a linked working tree or a submodule
            git = top / _first_line(git).removeprefix("gitdir:").strip()
        head = _first_line(git / "HEAD")
        name = head.removeprefix("ref:").strip()
        return name.removeprefix("refs/heads/") if name != head else head[:_SHORT_HASH]
    return ""


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline(_HEAD_CHARACTERS).strip()


def _line(text: str) -> str:
    """Fit for a line in the window: a folder may be called anything."""
    return " ".join(text.encode(errors="replace").decode().split())[:MAX_LINE_CHARACTERS]
