"""Everything has its place in the window, whatever is asked and however large the window is."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QPushButton

from deskbell.task import Attachment, Option
from deskbell_desktop import theme
from deskbell_desktop.window.wrapped_text import WrappedText

SIZES = [(400, 360), (560, 680), (1200, 900)]
USABLE = 44  # px: a finger's or a hurried pointer's height


def _parts(stage: Any) -> dict[str, QRect]:
    window, question = stage.window, stage.question
    widgets = {
        "header": window.header,
        "tabs": window.tabs,
        "notice": window.notice,
        "prompt": question.prompt,
        "files": question.files,
        "options": question.options,
        "composer": question.composer,
        "countdown": window.countdown,
    }
    places = {name: stage.place_of(widget) for name, widget in widgets.items() if widget.isVisible()}
    return {name: place for name, place in places.items() if not place.isEmpty()}


def _check(stage: Any) -> None:
    parts = _parts(stage)
    for name, place in parts.items():
        assert stage.window.rect().contains(place), f"{name} {place} leaves {stage.window.rect()}"
    for (one, here), (other, there) in combinations(parts.items(), 2):
        assert not here.intersects(there), f"{one} {here} overlaps {other} {there}"
    for button in stage.window.findChildren(QPushButton):
        if button.isVisible():
            assert stage.window.rect().contains(stage.place_of(button)), button.accessibleName() or button.text()
    for card in stage.cards:
        assert card.height() >= card.heightForWidth(card.width())
        assert card.width() == stage.question.options.viewport().width()
    for above, below in zip(stage.cards, stage.cards[1:], strict=False):
        assert above.geometry().bottom() < below.geometry().top()


@pytest.mark.parametrize("lines", [1, 300])
@pytest.mark.parametrize("count", [0, 1, 12, 60])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_everything_fits(stage: Any, size: tuple[int, int], count: int, lines: int) -> None:
    """Nothing overlaps or leaves the window; options and composer stay usable, and the prompt readable."""
    stage.ask("\n\n".join(f"Line {n} of the prompt." for n in range(lines)), *(f"Option {n}" for n in range(count)))
    stage.ask("Another?")
    stage.window.resize(*size)
    stage.settle()

    _check(stage)
    question = stage.question
    assert question.composer.isVisible()
    assert question.prompt.height() >= 20
    assert question.options.height() >= (USABLE if count else 0)
    assert bool(question.options.verticalScrollBar().maximum()) == (count * 56 > question.options.height())


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_full_window_fits(stage: Any, size: tuple[int, int]) -> None:
    """With a notice, files, a long draft and many options at once everything still has its place."""
    file = Attachment("trace.log", "text/plain", b"x")
    stage.ask("Prompt\n\n" * 50, *(f"Option {n}" for n in range(12)), attachments=(file, file))
    stage.window.resize(*size)
    stage.edit.setPlainText("line\n" * 20)
    stage.window.show_notice("Something has happened that takes a sentence or two to say, and therefore two lines.")
    stage.settle()

    _check(stage)
    assert stage.question.options.height() >= USABLE


def test_a_long_notice_leaves_room_for_the_question(stage: Any) -> None:
    """A notice that gives back a page of text does not push the question out of the window."""
    task = stage.ask("One?", "Yes")
    stage.ask("Two?", "Yes", "No")
    stage.window.resize(400, 360)
    stage.type("a page of text ")
    stage.edit.setPlainText("a page of text, " * 400)
    stage.desk.cancel(task.task_id)
    stage.wait_for(lambda: stage.notice)
    stage.settle()

    assert (stage.window.width(), stage.window.height()) == (400, 360)
    _check(stage)
    assert stage.question.options.height() >= USABLE


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    "label", ["word " * 60, "x" * 300, "部署" * 120, "two\nlines"], ids=["words", "one word", "Chinese", "lines"]
)
def test_option_text_is_never_clipped(stage: Any, size: tuple[int, int], label: str) -> None:
    """A card is as high as its texts need at the width it has."""
    stage.ask("One?", Option(label.strip(), "a", "description " * 30, recommended=True), Option("No", "b", label))
    stage.window.resize(*size)
    stage.settle()

    for card in stage.cards:
        room = card._text_room(card.width())
        assert card.height() >= card._texts_height(room) + 2 * theme.GAP
        assert room <= card.width()


def test_text_wraps_between_words_and_within_one_that_does_not_fit() -> None:
    """A line ends where a word does, unless the word alone is wider than the card."""
    words = WrappedText("Yes, when internationalisation of it is done", theme.font(theme.BODY))
    broken = WrappedText("x" * 100, theme.font(theme.BODY))
    lines = words.lines(150)

    assert all(line.endswith(" ") for line in lines[:-1])
    assert len(lines) > 2
    assert len(broken.lines(150)) > 2
    assert words.height(150) > words.height(1000) > 0
    assert WrappedText("", theme.font(theme.BODY)).height(150) == 0


def test_a_single_line_stands_on_the_line_of_send(stage: Any) -> None:
    """The placeholder and the word Send share a baseline, and Send is as far from the top as from the bottom."""
    stage.ask("One?")
    composer = stage.question.composer
    metrics, send = QFontMetrics(composer.edit.font()), composer.send
    button = QFontMetrics(send.font())
    baseline = send.y() + (send.height() - button.height()) / 2 + button.ascent()

    assert abs(composer.edit.y() + metrics.ascent() - baseline) <= 1
    assert send.y() == composer.height() - send.geometry().bottom() - 1


def test_a_low_window_gives_a_notice_two_lines(stage: Any) -> None:
    """Three lines where there is room, two in a window below 480 px."""
    stage.ask("One?")
    heights = []
    for height in (600, 400, 600):
        stage.window.resize(400, height)
        stage.window.show_notice("a page of text, " * 40)
        stage.settle()
        heights.append(stage.window.notice.height())

    assert heights[0] == heights[2] > heights[1]


def test_cards_that_move_under_a_resting_pointer_show_it(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The card under the pointer is the one that looks so, though the pointer has not moved."""
    stage.ask("One?", *map(str, range(60)))
    options = stage.question.options
    spot = options.viewport().mapToGlobal(options.viewport().rect().center())
    monkeypatch.setattr("deskbell_desktop.window.options_view.QCursor.pos", lambda: spot)
    options.viewport().setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    for value in (56, 560, 0):
        options.verticalScrollBar().setValue(value)
        inside = options._column.mapFromGlobal(spot)

        assert [card for card in stage.cards if card._is_hovered] == [
            card for card in stage.cards if card.geometry().contains(inside)
        ]


def test_the_composer_grows_with_the_text_up_to_eight_lines(stage: Any) -> None:
    """One line high when empty, eight at most, and it shrinks again."""
    stage.ask("One?")
    line = QFontMetrics(stage.edit.font()).lineSpacing()
    heights = []
    for lines in (1, 2, 5, 8, 9, 30, 1):
        stage.edit.setPlainText("\n".join("x" * lines))
        stage.settle()
        heights.append(round((stage.edit.height() - 2) / line))
        _check(stage)

    assert heights == [1, 2, 5, 8, 8, 8, 1]


def test_wrapped_text_counts_as_lines(stage: Any) -> None:
    """A long paragraph makes the field grow as well."""
    stage.ask("One?")
    before = stage.edit.height()
    stage.edit.setPlainText("word " * 60)
    stage.settle()

    assert stage.edit.height() > 2 * before


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_empty_window_fits(stage: Any, size: tuple[int, int]) -> None:
    """The empty state lies in the window at every size."""
    stage.window.summon()
    stage.window.resize(*size)
    stage.settle()

    for child in stage.window.empty.children():
        if child.isWidgetType():
            assert stage.window.rect().contains(stage.place_of(child))


def test_the_options_begin_at_the_top_for_each_question(stage: Any) -> None:
    """Scrolling one question's options leaves the next one's alone."""
    stage.ask("One?", *map(str, range(60)))
    two = stage.ask("Two?", *map(str, range(100, 160)))
    bar = stage.question.options.verticalScrollBar()
    bar.setValue(bar.maximum())
    stage.window.switch_to(1)
    stage.shows(two)

    assert bar.value() == 0
