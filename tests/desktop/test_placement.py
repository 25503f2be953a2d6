"""Where the window goes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, QThreadPool
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from deskbell_desktop.window.placement import DEFAULT_SIZE, MINIMUM_SIZE, Placement, clamped, default_place

MAIN = QRect(0, 0, 1920, 1040)
LEFT = QRect(-1280, 0, 1280, 1024)
ABOVE = QRect(0, -1080, 1920, 1080)


@pytest.mark.parametrize(
    ("wanted", "screens", "expected"),
    [
        pytest.param(QRect(100, 100, 560, 680), [MAIN], QRect(100, 100, 560, 680), id="fits"),
        pytest.param(QRect(-1000, 50, 560, 680), [MAIN, LEFT], QRect(-1000, 50, 560, 680), id="on the left screen"),
        pytest.param(QRect(-1000, 50, 560, 680), [MAIN], QRect(0, 50, 560, 680), id="left screen gone"),
        pytest.param(QRect(300, -900, 560, 680), [MAIN, ABOVE], QRect(300, -900, 560, 680), id="on the upper screen"),
        pytest.param(QRect(300, -900, 560, 680), [MAIN], QRect(300, 0, 560, 680), id="upper screen gone"),
        pytest.param(QRect(5000, 5000, 560, 680), [MAIN], QRect(1360, 360, 560, 680), id="far away"),
        pytest.param(QRect(0, 0, 4000, 3000), [MAIN], MAIN, id="larger than the screen"),
        pytest.param(QRect(1800, 900, 560, 680), [MAIN], QRect(1360, 360, 560, 680), id="half outside"),
        pytest.param(QRect(-100, 0, 560, 680), [MAIN, LEFT], QRect(0, 0, 560, 680), id="mostly on the main screen"),
        pytest.param(QRect(-500, 0, 560, 680), [MAIN, LEFT], QRect(-560, 0, 560, 680), id="mostly on the left screen"),
        pytest.param(QRect(10, 10, 560, 680), [QRect(0, 0, 320, 240)], QRect(0, 0, 320, 240), id="tiny screen"),
    ],
)
def test_the_window_lies_on_a_screen(wanted: QRect, screens: list[QRect], expected: QRect) -> None:
    """All of the window is moved onto the screen that holds most of it, or onto the first."""
    assert clamped(wanted, screens) == expected


def test_the_default_place_is_in_the_middle() -> None:
    """A first start puts the window at its default size into the middle of the screen."""
    place = default_place(MAIN)

    assert place.size() == DEFAULT_SIZE
    assert abs(place.center().x() - MAIN.center().x()) <= 1
    assert MAIN.contains(place)


def test_a_place_is_remembered(qapp: QApplication, tmp_path: Path) -> None:
    """The next start finds the window where it was, in a folder that is made if need be."""
    file = tmp_path / "new" / "window.json"
    Placement(file).remember(QRect(20, 30, 450, 400))
    QThreadPool.globalInstance().waitForDone()

    assert Placement(file).place() == QRect(20, 30, 450, 400)


def test_a_folder_that_cannot_be_written_is_no_harm(qapp: QApplication, tmp_path: Path) -> None:
    """Without a file the place is kept for this run."""
    (tmp_path / "file").write_text("")
    placement = Placement(tmp_path / "file" / "window.json")
    placement.remember(QRect(20, 30, 450, 400))
    QThreadPool.globalInstance().waitForDone()

    assert placement.place() == QRect(20, 30, 450, 400)


BROKEN = {
    "empty": "",
    "no JSON": "{",
    "null": "null",
    "a number": "5",
    "an object": '{"x": 1}',
    "too few": "[1, 2, 3]",
    "too many": "[1, 2, 3, 4, 5]",
    "words": '["a", "b", "c", "d"]',
    "nothing in it": "[0, 0, 0, 0]",
    "negative": "[0, 0, -5, 10]",
    "huge": "[0, 0, 1e300, 1]",
    "infinite": "[0, 0, Infinity, 1]",
    "not a number": "[NaN, 0, 1, 1]",
    "beyond 32 bits": "[0, 0, 99999999999, 1]",
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_ignored(qapp: QApplication, tmp_path: Path, content: str) -> None:
    """Whatever the file holds, the window has a place on a screen."""
    file = tmp_path / "window.json"
    file.write_text(content)
    screen = QGuiApplication.primaryScreen().availableGeometry()

    assert Placement(file).place() == default_place(screen)


def test_bytes_that_are_no_text_are_ignored(qapp: QApplication, tmp_path: Path) -> None:
    """A file that is not UTF-8 is as good as none."""
    file = tmp_path / "window.json"
    file.write_bytes(b"\xff\xfe\x00")

    assert Placement(file).place() == default_place(QGuiApplication.primaryScreen().availableGeometry())


def test_the_window_comes_back_where_it_was(stage: object, tmp_path: Path) -> None:
    """Hiding the window writes its place down."""
    window = stage.window  # type: ignore[attr-defined]
    window.summon()
    window.setGeometry(30, 40, 500, 500)
    window.hide()
    QThreadPool.globalInstance().waitForDone()

    assert json.loads((tmp_path / "window-0.json").read_text()) == [30, 40, 500, 500]
    assert window.minimumSize() == MINIMUM_SIZE
