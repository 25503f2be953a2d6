"""The prompt: readable, and inert."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QUrl
from PySide6.QtGui import QColor, QDesktopServices, QFont, QFontMetricsF, QImage, QTextDocument
from pytestqt.qtbot import QtBot

from deskbell_desktop import theme
from deskbell_desktop.theme import Theme
from deskbell_desktop.visible_text import tooltip, visible
from deskbell_desktop.window import markdown
from deskbell_desktop.window.prompt_view import PromptView

LONG = "\n\n" + "word " * (markdown.HTML_LIMIT // 4)
IMAGE = QTextDocument.ResourceType.ImageResource.value


@pytest.fixture
def prompt(qtbot: QtBot, look: Theme) -> Iterator[PromptView]:
    view = PromptView(look)
    view.resize(400, 300)
    view.show()
    yield view
    view.close()
    view.deleteLater()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were opened in a browser."""
    addresses: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: addresses.append(url.toString()))
    return addresses


def test_markdown_is_shown(prompt: PromptView) -> None:
    """Headings, emphasis, lists, tables and code come out as text without their marks."""
    prompt.show_prompt(
        "# Title\n\n**bold** and `code`\n\n- item\n\n| a | b |\n|--:|---|\n| 1 | 2 |\n\n```python\nx = 1\n```"
    )

    shown = prompt.toPlainText()
    assert "Title\nbold and code\nitem" in shown
    assert "x = 1" in shown
    assert not any(mark in shown for mark in ("**", "`", "|", "#"))


@pytest.mark.parametrize("more", ["", LONG], ids=["short", "long"])
def test_html_is_shown_as_text(prompt: PromptView, more: str) -> None:
    """Mark-up of the asker's is read, not obeyed."""
    text = "<b>bold</b> <script>alert(1)</script> <img src='file:///etc/x.png'> <font color=white>hidden</font>"
    prompt.show_prompt(text + more)

    assert prompt.toPlainText().startswith(text)


@pytest.mark.parametrize("more", ["", LONG], ids=["short", "long"])
@pytest.mark.parametrize("scheme", ["", "file://"])
def test_local_images_are_never_drawn(prompt: PromptView, tmp_path: Path, scheme: str, more: str) -> None:
    """A picture on this machine does not get into the window, whichever way the prompt is rendered."""
    red = QImage(200, 100, QImage.Format.Format_RGB32)
    red.fill(QColor("red"))
    assert red.save(str(tmp_path / "red.png"))
    prompt.show_prompt(f"![x]({scheme}{tmp_path}/red.png)" + more)
    drawn = prompt.grab().toImage()

    assert not any(drawn.pixelColor(x, y) == QColor("red") for x in range(0, 400, 5) for y in range(0, 300, 5))


def test_resources_are_nothing(prompt: PromptView) -> None:
    """Whatever the document asks for, it gets an empty picture."""
    for address in (
        "http://127.0.0.1:1/x.png",
        "file:///etc/hostname",
        "/etc/hostname",
        "qrc:/x",
        "data:image/png;base64,AAAA",
    ):
        found = prompt.document().resource(IMAGE, QUrl(address))

        assert isinstance(found, QImage)
        assert (found.width(), found.pixelColor(0, 0).alpha()) == (1, 0)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("safe\u202egnp.exe", "safe⟦U+202E⟧gnp.exe"),
        ("a\u00adb\u3164c", "a⟦U+00AD⟧b⟦U+3164⟧c"),
        ("\x1b[31mred\x1b[0m", "⟦ESC⟧[31mred⟦ESC⟧[0m"),
        ("a\u200bb\ufeffc\u2066d", "a⟦U+200B⟧b⟦U+FEFF⟧c⟦U+2066⟧d"),
        ("tag \U000e0041", "tag ⟦U+E0041⟧"),
        ("a\rb\x07", "a⟦U+000D⟧b⟦U+0007⟧"),
        ("family 👩‍👩‍👧 and ❤️", "family 👩‍👩‍👧 and ❤️"),
    ],
)
def test_hidden_characters_are_spelled_out(prompt: PromptView, text: str, shown: str) -> None:
    """What would hide or reorder text is written out; emoji stay whole."""
    prompt.show_prompt(text)

    assert prompt.toPlainText() == shown


def test_a_tooltip_is_no_markup() -> None:
    """A tooltip shows an asker's text as it is and loads nothing that it names."""
    assert tooltip("<img src='file:///x'>\n\u202e") == "<qt>&lt;img src=&#x27;file:///x&#x27;&gt;<br>⟦U+202E⟧</qt>"
    assert tooltip("") == ""


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "smb://host/x", "x"]
)
def test_other_links_are_not_opened(prompt: PromptView, opened: list[str], address: str) -> None:
    """Only addresses of the web and of mail go to the browser."""
    prompt.show_prompt("text")
    prompt.anchorClicked.emit(QUrl(address))

    assert opened == []
    assert prompt.toPlainText() == "text"


def test_web_links_are_opened(prompt: PromptView, opened: list[str]) -> None:
    """A click on a web address opens it in the browser, and the prompt stays."""
    prompt.show_prompt("[here](https://example.org/)")
    prompt.anchorClicked.emit(QUrl("https://example.org/"))

    assert opened == ["https://example.org/"]
    assert prompt.toPlainText() == "here"


def test_a_single_line_of_200_kilobytes_can_be_read_to_its_end(qtbot: QtBot, prompt: PromptView) -> None:
    """A line without a space wraps, and scrolling reaches its end."""
    prompt.show_prompt("x" * 200_000 + " END")
    qtbot.waitUntil(lambda: not prompt.is_filling)

    assert prompt.horizontalScrollBar().maximum() == 0
    assert prompt.toPlainText().endswith("END")
    prompt.verticalScrollBar().setValue(prompt.verticalScrollBar().maximum())
    end = prompt.document().documentLayout().blockBoundingRect(prompt.document().lastBlock()).bottom()
    assert end <= prompt.verticalScrollBar().value() + prompt.viewport().height()


DEEP = {
    "quotes": ">" * 10_000 + " END",
    "spaced quotes": "> " * 10_000 + "END",
    "lists": "- " * 10_000 + "END",
    "numbers": "1. " * 10_000 + "END",
    "brackets": "[" * 10_000 + "END",
    "images": "![" * 10_000 + "END",
    "stars": "*" * 10_000 + "END",
    "emphasis": "**a " * 10_000 + "END",
    "ticks": "a " + "`" * 10_000 + "END",
    "links": "[a](" * 10_000 + "END",
    "long quotes": ">" * 150_000 + " END",
    "quotes in a list": ("- " + "> " * 30 + "END\n") * 20,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_deep_nesting_is_shown_in_time(qtbot: QtBot, prompt: PromptView, text: str) -> None:
    """However deeply something is nested, it is shown to the end within 5 s and nothing is raised."""
    started = time.monotonic()
    prompt.show_prompt(text)
    prompt.natural_height(400)
    qtbot.waitUntil(lambda: not prompt.is_filling)

    assert "END" in prompt.toPlainText()
    assert time.monotonic() - started < 5


def test_text_nested_too_deeply_is_shown_as_it_is_written(prompt: PromptView) -> None:
    """What the Markdown reader would leave out is not hidden from the person."""
    prompt.show_prompt(">" * 30 + " rm -rf /\n\nafter")

    assert "rm -rf /" in prompt.toPlainText()
    assert "after" in prompt.toPlainText()


COSTLY = {
    "items": "- x\n" * 24_700,
    "table": "|a|b|\n|-|-|\n" + "|1|2|\n" * 16_000,
    "brackets": "[" * 99_000,
    "word": "x" * 99_000,
    "spaces": " " * 99_000 + "x",
    "code": "```python\n" + "x=1;" * 4_900 + "```",
    "long line": "x" * 4_000_000,
    "long lines": ("x" * 39_999 + "\n") * 100,
    "short lines": "x\n" * 2_000_000,
}


@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY.keys())
def test_a_costly_prompt_does_not_hold_up_the_window(prompt: PromptView, text: str) -> None:
    """Whatever is asked, the beginning is there at once; a second is what a loaded machine gets."""
    started = time.monotonic()
    prompt.show_prompt(text)
    prompt.natural_height(400)

    assert time.monotonic() - started < 1
    assert prompt.toPlainText().strip("\n")


def test_a_long_prompt_is_shown_whole(qtbot: QtBot, prompt: PromptView) -> None:
    """All of its lines arrive, in order, and only those too long for Qt are broken."""
    text = "\n".join(f"line {number} " + "y" * (number % 90) for number in range(8_000)) + "\n"
    prompt.show_prompt(text)
    qtbot.waitUntil(lambda: not prompt.is_filling)
    assert prompt.toPlainText() == text

    prompt.show_prompt(text + "z" * 90_000)
    qtbot.waitUntil(lambda: not prompt.is_filling)
    assert prompt.toPlainText().replace("\n", "") == text.replace("\n", "") + "z" * 90_000


def test_a_long_prompt_gives_way_to_the_next(qtbot: QtBot, prompt: PromptView) -> None:
    """Nothing of a prompt that is still arriving gets into the one after it."""
    prompt.show_prompt("x\n" * 100_000)
    prompt.show_prompt("short")
    qtbot.wait(20)

    assert prompt.toPlainText() == "short"


@pytest.mark.parametrize(("text", "pixels"), [("word " * 200, 22), ("```\n" + "x\n" * 50 + "```", 19)])
def test_lines_are_half_as_high_again_as_their_text(prompt: PromptView, text: str, pixels: int) -> None:
    """Text of 15 px stands on lines of 22 px, code of 13 px on lines of 19 px."""
    prompt.show_prompt(text)
    block = prompt.document().lastBlock()
    while block.previous().isValid() and not block.text():
        block = block.previous()
    higher = block.previous() if block.layout().lineCount() < 2 else block
    place = prompt.document().documentLayout().blockBoundingRect
    distance = place(block).height() / block.layout().lineCount()
    if higher != block:
        distance = place(block).top() - place(higher).top()

    assert distance == pytest.approx(pixels, abs=1)


def test_headings_have_two_sizes(prompt: PromptView) -> None:
    """The first level is 18 px, the others are 15 px, and Qt still knows them as headings."""
    prompt.show_prompt("# one\n\n## two\n\n### three")
    block, levels, ascents = prompt.document().begin(), [], []
    while block.isValid():
        levels.append(block.blockFormat().headingLevel())
        ascents.append(block.layout().lineAt(0).ascent())
        block = block.next()

    assert levels == [1, 2, 3]
    assert ascents == [pytest.approx(_ascent(pixels), abs=0.5) for pixels in (18, 15, 15)]


def _ascent(pixels: int) -> float:
    return QFontMetricsF(theme.font(pixels, QFont.Weight.DemiBold)).ascent()


PIECES = st.sampled_from(
    [
        "> ",
        "- ",
        "1. ",
        "#",
        "*",
        "_",
        "`",
        "```",
        "~~~",
        "|",
        "|-|",
        "\n",
        "\n\n",
        "[",
        "](",
        ")",
        "![",
        "<",
        ">",
        "&",
        "&#0;",
        "\\",
        "    ",
        "\t",
        "<script>",
        "file:///",
        "javascript:",
        "\u202e",
        "\x1b[0m",
        "```python\n",
        "{",
        "}",
        "%s",
        "🙂",
        "é",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=60).map("".join))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hostile_markdown_raises_nothing(prompt: PromptView, text: str) -> None:
    """Any text can be shown, and none of it brings a hidden character with it."""
    prompt.show_prompt(text)

    assert visible(prompt.toPlainText().replace("\ufffc", "")) == prompt.toPlainText().replace("\ufffc", "")


def test_the_recursion_limit_is_not_near(prompt: PromptView) -> None:
    """Half the usual stack is enough for the worst nesting."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(500)
    try:
        prompt.show_prompt("> - " * 500 + "[**_" * 500)
    finally:
        sys.setrecursionlimit(limit)
