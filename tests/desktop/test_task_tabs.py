"""The tabs of open questions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from deskbell.task import Hold, HoldReason, Pace, Source, Task, TaskDetails
from deskbell_desktop.theme import Theme
from deskbell_desktop.window.task_tabs import TaskTabs


@pytest.fixture(params=["shown", "hidden"])
def tabs(qtbot: QtBot, look: Theme, request: pytest.FixtureRequest) -> Iterator[TaskTabs]:
    bar = TaskTabs(look)
    bar.resize(500, 36)
    bar.setVisible(request.param == "shown")
    yield bar
    bar.close()
    bar.deleteLater()


def _task(task_id: str, title: str = "", **more: Any) -> Task:
    return Task(task_id, "Prompt", details=TaskDetails(title=title or f"Title {task_id}"), **more)


def test_tabs_keep_the_order_of_the_queue(tabs: TaskTabs) -> None:
    """Tabs stand in queue order, whichever is active, and new ones come last."""
    a, b, c, d = (_task(name) for name in "abcd")
    tabs.show_tasks([a, b, c], "b")
    assert (tabs.task_ids, tabs.currentIndex()) == (["a", "b", "c"], 1)
    tabs.show_tasks([a, c, d], "d")

    assert (tabs.task_ids, tabs.currentIndex()) == (["a", "c", "d"], 2)


def test_a_tab_is_as_wide_as_its_title_within_limits(tabs: TaskTabs) -> None:
    """Short titles make narrow tabs, long ones are cut, and every tab has the width it asks for."""
    tabs.show_tasks([_task("a", "x"), _task("b", "A title of some length"), _task("c", "long " * 40)], "a")
    tabs.show()
    widths = [tabs.tabRect(index).width() for index in range(3)]

    assert widths == [tabs.tabSizeHint(index).width() for index in range(3)]
    assert widths == sorted(widths)
    assert widths[0] < 80
    assert 200 < widths[2] <= 280


def test_the_arrows_have_room_of_their_own(tabs: TaskTabs) -> None:
    """Where tabs overflow, flat arrows stand beside them, inside the bar."""
    tabs.show_tasks([_task(str(number), "A title of some length") for number in range(9)], "0")
    tabs.show()
    arrows = [arrow for arrow in tabs.findChildren(QToolButton) if arrow.isVisible()]

    assert len(arrows) == 2
    assert all(tabs.rect().contains(arrow.geometry()) and arrow.x() >= tabs._end for arrow in arrows)
    assert all(arrow.arrowType() == Qt.ArrowType.NoArrow and not arrow.icon().isNull() for arrow in arrows)


def test_five_hundred_come_and_go(tabs: TaskTabs) -> None:
    """Any number of tasks comes and goes, in one step or in many, and the tabs are theirs."""
    tasks = [_task(str(number)) for number in range(500)]
    tabs.show_tasks(tasks, "499")
    assert (tabs.count(), tabs.currentIndex()) == (500, 499)
    for start in range(0, 500, 50):
        tabs.show_tasks(tasks[start:], str(start))
        assert tabs.task_ids == [task.task_id for task in tasks[start:]]
        assert tabs.currentIndex() == 0
    tabs.show_tasks([], None)

    assert tabs.count() == 0
    assert tabs._widths == {}


def test_showing_tasks_asks_for_nothing(tabs: TaskTabs, qtbot: QtBot) -> None:
    """Only a person asks for a switch; what the desk does is shown silently."""
    with qtbot.assertNotEmitted(tabs.switchRequested):
        for count in (1, 10, 3, 0, 5):
            tabs.show_tasks([_task(str(number)) for number in range(count)], str(count - 1))


def test_a_click_asks_for_that_task_once(tabs: TaskTabs) -> None:
    """Clicking a tab tells the task's id, once."""
    asked: list[str] = []
    tabs.show_tasks([_task(name) for name in "abc"], "a")
    tabs.show()
    tabs.switchRequested.connect(asked.append)
    QTest.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(2).center())

    assert asked == ["c"]


PACES = {
    "running": Pace(),
    "held": Pace(holds=(Hold(HoldReason.PERSON, 9e9),), held_since=0.0),
    "granted": Pace(granted_seconds=60.0),
}


@pytest.mark.parametrize("pace", PACES.values(), ids=PACES.keys())
@pytest.mark.parametrize("timeout", [0, 5, 240])
@pytest.mark.parametrize("status", ["pending", "active"])
def test_every_state_can_be_drawn(tabs: TaskTabs, status: str, timeout: int, pace: Pace) -> None:
    """The ring of a running, urgent, held or absent countdown is drawn without complaint."""
    task = _task("a", auto_resubmit_timeout=timeout, pace=pace, status=status)
    tabs.show_tasks([task, _task("b")], "a")
    tabs.show()
    tabs.setFocus()

    assert not tabs.grab().isNull()


def test_titles_are_plain_text(tabs: TaskTabs) -> None:
    """Ampersands, mark-up and hidden characters of a title are seen as such, in the tab and its tooltip."""
    source = Source("<img src='file:///x'>", "shop", "main")
    task = Task("a", "x", details=TaskDetails(title="R&D <b>\u202e", source=source))
    tabs.show_tasks([task], "a")

    assert tabs.tabText(0) == "R&&D <b>⟦U+202E⟧"
    assert "<img" not in tabs.tabToolTip(0)
    assert "&lt;img" in tabs.tabToolTip(0)
