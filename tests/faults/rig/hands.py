"""Hands at the window of this process: they click by themselves, and do what the standard input says."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Slot
from PySide6.QtTest import QTest

from deskbell_desktop.app import DesktopApp
from deskbell_desktop.window.main_window import MainWindow
from rig.disk import FewPages, SmallDisk

LEAVE_ALONE = "Leave this one alone"
"""Questions that begin like this are not clicked on."""

Say = Callable[..., None]


class Hands(QObject):
    """Click an option of whatever question is shown, as soon as that counts, and note it in ``notes`` before.

    A line on the standard input is a command and its words; ``say`` hears what came of it.
    """

    def __init__(
        self,
        desktop: DesktopApp,
        notes: Path,
        seed: int,
        say: Say,
        disk: SmallDisk | FewPages | None,
        *,
        is_eager: bool,
    ) -> None:
        super().__init__(desktop)
        self._window: MainWindow = desktop.window
        self._notes = notes
        self._choice = random.Random(seed)
        self._say = say
        self._disk = disk
        self._said: list[str] = []
        desktop.bridge.troubled.connect(self._said.append)
        if is_eager:
            self._window.question.options.armed.connect(self._on_armed)
        self._notifier = QSocketNotifier(0, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._obey)

    @Slot()
    def _on_armed(self) -> None:
        QTimer.singleShot(0, self, self._click)

    @Slot()
    def _click(self) -> None:
        question = self._window.question
        cards = [card for card in question.options.cards if card.isEnabled()]
        task = self._window._inbox.get(question.task_id)
        if task is None or not cards or not question.options.is_armed or task.prompt.startswith(LEAVE_ALONE):
            return
        card = self._choice.choice(cards)
        note(self._notes, {"task_id": question.task_id, "value": card.value})
        card.click()

    @Slot()
    def _obey(self) -> None:
        commands = os.read(0, 65_536)
        if not commands:
            os._exit(1)  # whoever started this has gone
        for line in commands.decode().splitlines():
            word, *rest = json.loads(line)
            try:
                self._say(done=word, **(getattr(self, f"do_{word}")(*rest) or {}))
            except Exception as error:
                self._say(done=word, failed=repr(error))

    def do_look(self) -> dict[str, Any]:
        """What there is to see, and of what trouble there was word so far."""
        question = self._window.question
        task = self._window._inbox.get(question.task_id)
        return {
            "shown": question.task_id,
            "draft": task.draft.text if task and task.draft else "",
            "text": question.composer.text,
            "ticked": question.options.ticked_values,
            "tabs": self._window.tabs.task_ids,
            "notice": self._window.notice.text,
            "said": self._said,
            "is_visible": self._window.isVisible(),
        }

    def do_type(self, text: str) -> None:
        """Press keys in the text field."""
        QTest.keyClicks(self._window.question.composer.edit, text)

    def do_paste(self, text: str) -> None:
        """Put a text into the field in one go."""
        self._window.question.composer.edit.insertPlainText(text)

    def do_tick(self, value: str) -> None:
        """Click the option of this value."""
        next(card for card in self._window.question.options.cards if card.value == value).click()

    def do_send(self) -> None:
        """Click on Send."""
        self._window.question.composer.send.click()

    def do_switch(self, task_id: str) -> None:
        """Click on the tab of a question."""
        self._window.switch_to(self._window.tabs.task_ids.index(task_id))

    def do_disk(self, what: str) -> None:
        """Fill the disk, and so on."""
        getattr(self._disk, what)()


def note(path: Path, fact: dict[str, Any]) -> None:
    """Add a line to a file in one step; a process that is killed afterwards takes nothing of it along."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, json.dumps(fact).encode() + b"\n")
    finally:
        os.close(handle)


def read_notes(path: Path) -> list[dict[str, Any]]:
    """What was noted."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
