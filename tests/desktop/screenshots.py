"""Draws the window in named states, for people to look at, and keeps the README's pictures up to date.

``python tests/desktop/screenshots.py [FOLDER]``: light and dark, English and Chinese, at 1x and 2x. Runs itself once
per scale, as Qt reads the scale factor at start only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deskbell.desk import Desk
from deskbell.settings import Settings, WindowSettings
from deskbell.task import Draft, Option, Source, Task, TaskDetails
from deskbell_desktop.application import Application, make_application
from deskbell_desktop.bridge import Bridge
from deskbell_desktop.inbox import Inbox
from deskbell_desktop.theme import Theme
from deskbell_desktop.window.main_window import MainWindow
from deskbell_desktop.window.placement import Placement

SCALES = ("1", "2")
PROJECT = Path(__file__).parents[2]
DEFAULT_FOLDER = PROJECT / "build" / "screenshots"
README_FOLDER = PROJECT / "docs" / "images"
README_PICTURES = ("deploy-light-2x.png", "table-dark-2x.png")

DEPLOY = """Deploy build **4812** to production?

All 214 tests passed. The restart takes about 40 seconds:

```bash
kubectl rollout restart deploy/api
kubectl rollout status deploy/api --timeout=60s
```
"""
CHINESE = """要把构建 **4812** 部署到生产环境吗?

全部 214 个测试已通过,重启大约需要 40 秒:

```bash
kubectl rollout restart deploy/api
```
"""
STEP = "{n}. Step {n} moves `module_{n}` to the new layout and keeps its public names."
LONG = "\n\n".join(STEP.format(n=number) for number in range(1, 301))
TABLE = """Which index should the search use?

| index | size | p95 |
|---|--:|--:|
| trigram | 1.2 GB | 38 ms |
| full text | 410 MB | 12 ms |

> Both can be built while the service runs.
"""


def main() -> int:
    """Draw everything, once per scale."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FOLDER
    if "QT_SCALE_FACTOR" in os.environ:
        return _draw(folder, os.environ["QT_SCALE_FACTOR"])
    for scale in SCALES:
        environment = {**os.environ, "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
        subprocess.run([sys.executable, __file__, str(folder)], env=environment, check=True)
    if folder == DEFAULT_FOLDER:
        for name in README_PICTURES:
            shutil.copy(folder / name, README_FOLDER / name)
    return 0


def _draw(folder: Path, scale: str) -> int:
    application = make_application(["screenshots"])
    folder.mkdir(parents=True, exist_ok=True)
    for theme_name in ("light", "dark"):
        for name, ring in STATES.items():
            stage = Stage(application, theme_name)
            ring(stage)
            stage.settle()
            stage.window.grab().save(str(folder / f"{name}-{theme_name}-{scale}x.png"))
            stage.close()
    return 0


class Stage:
    """A desk and a window without a listener."""

    def __init__(self, application: Application, theme_name: str) -> None:
        self.application = application
        settings = Settings(window=WindowSettings(arm_milliseconds=0, theme=theme_name))
        self.desk = Desk(settings)
        self.bridge = Bridge(self.desk)
        self.inbox = Inbox()
        look = Theme(application, theme_name)
        self.window = MainWindow(self.desk, self.inbox, look, Placement(Path(os.devnull) / "none"))
        self.bridge.eventsArrived.connect(self.inbox.take)
        self.window.resize(560, 680)
        self.window.show()

    def ask(self, prompt: str, *options: Option | str, **rest: Any) -> Task:
        """Ask as an agent at work on a project would."""
        asker = Source(rest.pop("agent", "Claude Code"), rest.pop("project", "shop-api"), rest.pop("branch", "main"))
        timing = {"timeout": rest.pop("timeout", 240), "on_timeout": rest.pop("on_timeout", None)}
        return self.desk.ask(prompt, options, details=TaskDetails(source=asker, **rest), **timing).task

    def settle(self) -> None:
        """Let everything that is queued happen."""
        for _ in range(20):
            self.application.processEvents()

    def close(self) -> None:
        """Take it all down."""
        self.window.may_close = True
        self.window.close()
        self.bridge.close()
        self.desk.close()
        self.window.deleteLater()
        self.settle()


def deploy(stage: Stage) -> None:
    """A typical question with two others waiting."""
    stage.ask(
        DEPLOY,
        Option("Yes, deploy", "yes", "Restarts 4 pods, about 40 s", recommended=True),
        Option("No", "no"),
        title="Deploy?",
    )
    stage.ask("Drop the old cache table?", "Yes", "No", title="cache review", agent="Codex", timeout=120)
    stage.ask("Which locale first?", "de", "ja", title="i18n", agent="Cursor", timeout=30)


def chinese(stage: Stage) -> None:
    """A question in Chinese."""
    stage.ask(
        CHINESE,
        Option("是,部署", "yes", "重启 4 个 Pod,约 40 秒", recommended=True),
        Option("否", "no"),
        title="部署?",
        project="商店后端",
    )


def short(stage: Stage) -> None:
    """One line, two options."""
    stage.ask("Deploy to production?", "Yes", "No", agent="", project="", branch="")


def long_prompt(stage: Stage) -> None:
    """300 lines, one option."""
    stage.ask(LONG, "Go ahead", title="Migration plan", agent="Gemini CLI")


def twelve_options(stage: Stage) -> None:
    """Twelve options, several may be chosen."""
    first, second = ("queue", "journal", "desk", "http", "mcp", "hooks"), ("cli", "bridge", "window", "tray")
    names = (*first, *second, "history", "settings")
    task = stage.ask("Which modules should I refactor?", *names, multiple=True, title="Refactor")
    stage.desk.set_draft(task.task_id, Draft(options=("queue", "http"), text=""))


def table(stage: Stage) -> None:
    """A table and a quotation."""
    full_text = Option("Full text", recommended=True)
    stage.ask(TABLE, Option("Trigram"), full_text, title="Search index", branch="feature/search")


def held(stage: Stage) -> None:
    """A countdown on hold."""
    task = stage.ask("Rename the column `usr` to `user_id`?", "Yes", "No", title="Rename")
    stage.desk.hold(task.task_id)


def urgent(stage: Stage) -> None:
    """The last ten seconds."""
    stage.ask("Push to main?", "Yes", "No", title="Push", timeout=9, on_timeout="option:No")


def typed(stage: Stage) -> None:
    """Free text under way."""
    stage.ask("What should the release note say?", title="Release note")
    stage.settle()
    stage.window.question.composer.edit.setPlainText(
        "Faster search, and drafts survive a restart.\nThanks to everyone who reported bugs.\n\nSecond paragraph."
    )


def notice(stage: Stage) -> None:
    """What was typed for a question that has ended."""
    stage.ask("Push to main?", "Yes", "No", title="Push")
    stage.settle()
    stage.window.show_notice("“Release note” has ended without you. You had typed: Faster search, and drafts stay.")


def empty(stage: Stage) -> None:
    """Nobody asks."""


STATES: dict[str, Callable[[Stage], None]] = {
    "deploy": deploy,
    "chinese": chinese,
    "short": short,
    "long": long_prompt,
    "options": twelve_options,
    "table": table,
    "held": held,
    "urgent": urgent,
    "typed": typed,
    "notice": notice,
    "empty": empty,
}

if __name__ == "__main__":
    sys.exit(main())
