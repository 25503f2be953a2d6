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
    here = _current_folder()
    top = _top_folder(here)
    return Source(
        agent=one_line(_agent() if agent is None else agent),
        project=one_line((top or here).name if project is None else project),
        branch=one_line((_branch(top) if top else "") if branch is None else branch),
        pid=os.getpid(),
    )


def source_in(folder: str, agent: str, session: str) -> Source:
    """A question of ``agent`` at work in ``folder``, which it named itself; without one in the current folder."""
    here = Path(folder) if folder else _current_folder()
    top = _top_folder(here)
    return Source(agent, one_line((top or here).name), one_line(_branch(top)) if top else "", one_line(session))


def one_line(text: str, most: int = MAX_LINE_CHARACTERS) -> str:
    """Fit for a line in the window, of ``most`` characters: a folder may be called anything."""
    line = " ".join(text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode().split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _agent() -> str:
    return next((name for variable, name in _AGENTS.items() if os.environ.get(variable)), "")


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except OSError:  # it was removed
        return Path()


def _top_folder(here: Path) -> Path | None:
    """The top of the git working tree around a folder."""
    with contextlib.suppress(OSError, ValueError):  # a name with NUL in it is no value for the system
        return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)
    return None


def _branch(top: Path) -> str:
    """The branch checked out there, or the start of a commit's hash."""
    with contextlib.suppress(OSError, ValueError):
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
