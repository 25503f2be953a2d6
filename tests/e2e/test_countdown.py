"""What happens when nobody clicks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stage.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.command import Command
    from stage.desktop import DesktopApp

    RunCommand = Callable[..., Command]


def test_the_countdown_answers_while_the_window_is_hidden(idle_app: DesktopApp, run: RunCommand) -> None:
    """A countdown of two seconds answers with answered_by timeout though no window was ever shown."""
    idle_app.settings(window={"come_forward": False})
    idle_app.start()

    outcome = run("ask", "Ship it?", "-o", "Yes", "--timeout", "2", "--json").outcome()

    assert outcome.code == 3
    assert json.loads(outcome.output)["answer"]["answered_by"] == "timeout"
    assert not idle_app.is_shown()


def test_the_countdown_sends_what_was_typed(idle_app: DesktopApp, run: RunCommand) -> None:
    """What stands in the text field when the countdown ends is the answer, and the countdown is who sent it."""
    idle_app.settings(countdown={"busy_seconds": 1, "resume_seconds": 0})
    idle_app.start()
    asking = run("ask", "Ship it?", "-o", "Yes", "--timeout", "4", "--json")

    idle_app.display.click(*idle_app.cards_at_once(2)[1].middle)
    idle_app.display.type_text("not before noon")

    outcome = asking.outcome()
    answer = json.loads(outcome.output)["answer"]
    assert outcome.code == 3
    assert (answer["text"], answer["options"], answer["answered_by"]) == ("not before noon", [], "timeout")


def test_a_change_of_the_settings_file_changes_a_running_countdown(app: DesktopApp) -> None:
    """A countdown whose asker chose none follows the settings file while it runs, and ends by the new time."""
    task_id = app.api.ask("Ship it?", "Yes")
    app.window()
    before = app.api.task(task_id)["timeout"]

    app.settings(countdown={"default_seconds": 3})
    until(lambda: app.api.task(task_id)["timeout"] == 3, "the countdown to change")

    assert before == 240
    assert app.api.task(task_id, wait=10)["answer"]["answered_by"] == "timeout"
