"""Whatever an asker writes is shown whole and does nothing by itself, wherever in the window it comes up."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QTextCursor
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
    """Such a line is shown within 5 s beside its options, and its last characters come on the screen at the end."""
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


HOSTILE = "<img src='{address}'><b>b</b>&lt;i&gt; \u202ecod\u202c \x1b[8mgone\x1b[0m {{left}} %s [*] &Amp C\u043edex"


@pytest.fixture
def visitors() -> Iterator[socket.socket]:
    """Somebody who would notice if anything were fetched."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def _everything(hostile: str) -> dict[str, Any]:
    return {
        "source": Source(hostile, hostile, hostile, hostile),
        "title": hostile,
        "placeholder": hostile,
        "attachments": [Attachment(re.sub(r"[/\\:\x1b]", "", hostile), "text/plain", b"x")],
    }


def test_hostile_text_is_inert_everywhere(stage: Any, visitors: socket.socket) -> None:
    """Wherever an asker's words come up they are plain text with nothing hidden in it, and nothing is fetched."""
    hostile = HOSTILE.format(address=f"http://127.0.0.1:{visitors.getsockname()[1]}/x.png")
    option = Option(hostile, "v", hostile)
    stage.activate()
    task = stage.ask(hostile, option, timeout=200, on_timeout="option:v", **_everything(hostile))
    stage.window.show_notice(hostile)
    stage.settle()
    shown = _all_words(stage)
    hints = [text for text in shown if "&lt;img" in text]
    for text in shown:
        assert visible(text) == text
        assert text.startswith("<qt>") == (text in hints)
    for hint in hints:
        assert "<" not in hint.removeprefix("<qt>").removesuffix("</qt>").replace("<br>", "")
    labels = [label for label in stage.window.findChildren(QLabel) if "img" in label.text()]
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
    stage.window.grab()

    places = [text for text in shown if "img" in text]
    assert len(places) >= 9
    as_written = {stage.notice, stage.question.prompt.toPlainText()}  # the names in these are what the text says
    assert not [text for text in places if "\u043e" in text and text not in as_written]
    assert stage.is_open(task)
    with pytest.raises(BlockingIOError):
        visitors.accept()


def test_the_notice_of_an_ended_question_is_inert(stage: Any) -> None:
    """The title of a question that was withdrawn is no format, no mark-up and has nothing hidden in the notice."""
    task = stage.ask("One?", title=HOSTILE.format(address="file:///x.png"))
    stage.type("typed {title}")
    stage.desk.cancel(task.task_id)

    stage.wait_for(lambda: "typed {title}" in stage.notice)
    assert "<img src='file:///x.png'>" in stage.notice
    assert "C⟦U+043E⟧dex" in stage.notice
    assert "⟦U+202E⟧" in stage.notice


def test_a_hint_of_hostile_text_draws_no_picture(stage: Any, tmp_path: Any) -> None:
    """Resting the pointer on the header shows the mark-up as text, not the picture that it names."""
    red = QImage(200, 100, QImage.Format.Format_RGB32)
    red.fill(QColor("red"))
    assert red.save(str(tmp_path / "red.png"))
    stage.activate()
    stage.ask("One?", source=Source(f"<img src='{tmp_path}/red.png'>"))
    QToolTip.showText(QPoint(10, 10), stage.window.header.toolTip(), stage.window.header)
    stage.wait_for(lambda: any(tip.isVisible() for tip in _hints()))
    drawn = next(tip for tip in _hints() if tip.isVisible()).grab().toImage()
    QToolTip.hideText()
    stage.wait_for(lambda: not any(tip.isVisible() for tip in _hints()))

    columns, rows = range(0, drawn.width(), 4), range(0, drawn.height(), 4)
    assert not any(drawn.pixelColor(x, y) == QColor("red") for x in columns for y in rows)


def test_the_window_title_is_whole(stage: Any) -> None:
    """Nothing in a title is taken for a sign of Qt's own."""
    stage.ask("One?", title="Delete [*].txt?")
    stage.activate()

    assert stage.window.windowTitle() == "Delete [*][*].txt? — Deskbell"  # in Qt's spelling


def test_who_asks_cannot_pass_for_another(stage: Any) -> None:
    """An agent whose name only looks like a known one is recognisable in the header, its hint and its tab's hint."""
    stage.ask("One?", "Y\u0435s", source=Source("\u0421odex", "sh\u043ep", "\u0430\u0440\u0456"))
    names = [label.text() for label in stage.window.header.findChildren(QLabel)]

    assert "⟦U+0421⟧odex" in names
    assert "· sh⟦U+043E⟧p · ⟦Cyrillic⟧\u0430\u0440\u0456" in names
    for hint in (stage.window.header.toolTip(), stage.window.tabs.tabToolTip(0)):
        assert "⟦U+0421⟧odex · sh⟦U+043E⟧p · ⟦Cyrillic⟧\u0430\u0440\u0456" in hint
    assert stage.cards[0].accessibleName() == "Y⟦U+0435⟧s"


def test_the_foot_names_an_option_without_disguise(stage: Any) -> None:
    """The option that is answered at zero is named with nothing hidden in it, on one line."""
    stage.ask("One?", Option("N\u043e\u202e\nx", "v"), on_timeout="option:v", timeout=200)

    assert stage.fate.startswith("Answers “N⟦U+043E⟧⟦U+202E⟧ x” in ")


def test_a_long_first_line_is_cut_in_titles(stage: Any) -> None:
    """A prompt of one endless line without a title makes neither tab, hint nor window title endless."""
    stage.ask("x" * 200_000)
    tabs = stage.window.tabs

    assert max(map(len, (stage.window.windowTitle(), tabs.tabText(0), tabs.tabToolTip(0)))) < 300


def _all_words(stage: Any) -> list[str]:
    """Every text of the window that is not the question itself, also those for hovering and for reading aloud."""
    parts = [stage.window, *stage.window.findChildren(QWidget)]
    tabs = range(stage.window.tabs.count())
    texts = [part.toolTip() for part in parts]
    texts += [word for part in parts for word in (part.accessibleName(), part.accessibleDescription())]
    texts += [part.text() for part in parts if isinstance(part, QLabel)]
    texts += [
        text for index in tabs for text in (stage.window.tabs.tabText(index), stage.window.tabs.tabToolTip(index))
    ]
    texts += [stage.window.windowTitle(), stage.edit.placeholderText(), stage.question.prompt.toPlainText()]
    return [text for text in texts if text]


def _hints() -> list[QWidget]:
    return [widget for widget in QApplication.topLevelWidgets() if widget.inherits("QTipLabel")]
