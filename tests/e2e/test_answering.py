"""Questions are asked by commands and answered by clicks, on a real display."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stage.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.command import Command
    from stage.desktop import DesktopApp

    RunCommand = Callable[..., Command]


def test_a_click_on_an_option_answers_the_command(app: DesktopApp, run: RunCommand) -> None:
    """`deskbell ask` rings, a click on the second card where it is on the screen answers, and the command prints it."""
    asking = run("ask", "Ship it?", "-o", "Yes", "-o", "No")

    app.choose(1, count=3)

    outcome = asking.outcome()
    assert (outcome.code, outcome.output) == (0, "No")
    app.wait_hidden()


def test_three_questions_are_answered_in_another_order_than_asked(app: DesktopApp, run: RunCommand) -> None:
    """Three askers have three tabs; each gets what was clicked under its tab, whichever comes first."""
    asking = {}
    for number, name in enumerate(("first", "second", "third"), 1):
        asking[name] = run("ask", f"The {name}?", "-o", f"{name} yes", "-o", f"{name} no", "--timeout", "290")
        until(lambda number=number: len(app.api.open_tasks()) == number, f"question {number}")  # type: ignore[misc]

    answered = []
    for name, tab, count in (("third", 2, 3), ("first", 0, 2), ("second", 0, 1)):
        app.display.click(*app.tabs(count)[tab])
        app.display.park_pointer()
        until(lambda name=name: name in app.title(), f"the {name} question to come forward")  # type: ignore[misc]
        app.choose(0, count=3)
        answered.append((name, asking[name].outcome().output))

    assert answered == [(name, f"{name} yes") for name in ("third", "first", "second")]


def test_several_options_are_ticked_and_sent(app: DesktopApp, run: RunCommand) -> None:
    """With --multiple clicks tick, and the text and the ticks go off together with Ctrl+Enter in the text field."""
    asking = run("ask", "Which?", "--multiple", "-o", "a", "-o", "b", "-o", "c", "--json")

    first, _, third, text = app.cards(4)
    for spot in (third, first, text):
        app.display.click(*spot.middle)
    app.display.type_text("and more")
    app.display.press("ctrl+Return")

    answer = json.loads(asking.outcome().output)["answer"]
    assert (answer["options"], answer["text"]) == (["a", "c"], "and more")


def test_ctrl_c_takes_the_question_back(app: DesktopApp, run: RunCommand) -> None:
    """Ctrl-C at the command cancels its question, and the window puts itself away."""
    asking = run("ask", "Ship it?", "-o", "Yes")
    app.window()

    asking.interrupt()

    assert asking.outcome().code == 130
    app.wait_hidden()
    assert [task["status"] for task in app.api.tasks()] == ["cancelled"]
