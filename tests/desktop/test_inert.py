"""Whatever an asker writes is shown whole and does nothing by itself, wherever in the window it comes up."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolTip, QWidget

from deskbell.task import Attachment, Option, Source
from deskbell_desktop.visible_text import visible

LINES = {
    "text": "x" * 200_000 + " END",
    "words": "word " * 40_000 + "END",
    "code": "```sh\n" + "x" * 200_000 + "; END\n```",
    "indented code": "    " + "x" * 200_000 + "; END",
    "words in code": "```sh\n" + "word " * 18_000 + "END\n```",
    "spaces": "x" + " " * 200_000 + "END",
    "in a list": "- " + "x" * 200_000 + " END",
}


@pytest.mark.parametrize("text", LINES.values(), ids=LINES.keys())
def test_the_end_of_a_single_line_of_200_kilobytes_can_be_seen(stage: Any, text: str) -> None:
    """Such a line is shown within 5 s beside its options, and at the lower end its last characters are on the screen."""
    started = time.monotonic()
    stage.ask(text, "Yes", "No")
    prompt = stage.question.prompt
    stage.wait_for(lambda: not prompt.is_filling)
    prompt.verticalScrollBar().setValue(prompt.verticalScrollBar().maximum())
    stage.settle()
    assert time.monotonic() - started < 5

    end = prompt.document().find("END", 0)
    letters = [_place_of(prompt, end.selectionStart() + number) for number in range(3)]
    assert all(prompt.viewport().rect().contains(letter) for letter in letters), letters
    drawn = prompt.viewport().grab().toImage()
    for letter in letters:
        rows, columns = range(letter.top(), letter.bottom()), range(letter.left(), letter.right())
        assert len({drawn.pixel(x, y) for x in columns for y in rows}) > 3, "nothing is drawn there"
    assert all(stage.window.rect().contains(stage.place_of(card)) for card in stage.cards)


def _place_of(prompt: Any, position: int) -> QRect:
    """Where a character is in the viewport."""
    cursor = QTextCursor(prompt.document())
    cursor.setPosition(position)
    left = prompt.cursorRect(cursor)
    cursor.setPosition(position + 1)
    return QRect(left.topLeft(), prompt.cursorRect(cursor).bottomLeft())
