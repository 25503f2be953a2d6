"""The app runs for weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stage.desktop import DesktopApp

_MEBIBYTE = 2**20
_WARM_UP = 40
_QUESTIONS = 200
_CLICK_EVERY = 20


def test_two_hundred_questions_leave_nothing_behind(app: DesktopApp) -> None:
    """Asked 200 questions in a row, some answered by clicks, the app grows by less than 10 MiB."""
    for number in range(_WARM_UP):
        _ask_and_answer(app, number)
    before = app.rss

    for number in range(_QUESTIONS):
        _ask_and_answer(app, number)

    assert (app.rss - before) / _MEBIBYTE < 10


def _ask_and_answer(app: DesktopApp, number: int) -> None:
    by_click = number % _CLICK_EVERY == 0
    prompt = f"Question **{number}**?\n\n```python\nprint({number})\n```\n" * 3
    task_id = app.api.ask(prompt, "Yes", "No")
    if by_click:
        app.choose(number // _CLICK_EVERY % 2, count=3)
    else:
        app.api.answer(task_id, "Yes")
    answer = app.api.task(task_id, wait=10)["answer"]
    assert answer["options"] == (["No"] if by_click and number // _CLICK_EVERY % 2 else ["Yes"])
