"""The prompt: readable, and inert."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QFont,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from deskbell_desktop import theme
from deskbell_desktop.theme import Theme
from deskbell_desktop.visible_text import tooltip, visible
from deskbell_desktop.window import markdown
from deskbell_desktop.window.prompt_view import PromptView

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
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


def spot_of_link(prompt: PromptView) -> QPoint:
    """The middle of the second character, which is in the link."""
    return _place_of(prompt, 1).center()


def click_link(prompt: PromptView) -> None:
    assert prompt.anchorAt(spot_of_link(prompt))
    QTest.mouseClick(prompt.viewport(), LEFT, pos=spot_of_link(prompt))


def focus_link(prompt: PromptView) -> None:
    prompt.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(prompt, Qt.Key.Key_Tab)


def _place_of(prompt: PromptView, position: int) -> QRect:
    """Where a character is in the viewport."""
    cursor = QTextCursor(prompt.document())
    cursor.setPosition(position)
    left = prompt.cursorRect(cursor)
    cursor.setPosition(position + 1)
    return QRect(left.topLeft(), prompt.cursorRect(cursor).bottomLeft())


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
        ("a\u206ab\ufff0c\U0001d173d", "a⟦U+206A⟧b⟦U+FFF0⟧c⟦U+1D173⟧d"),
        ("ad\u200cmin\ufe0f", "ad⟦U+200C⟧min⟦U+FE0F⟧"),
        ("\u06cc\u200c\u062e 葛\U000e0100 1\ufe0f\u20e3", "\u06cc\u200c\u062e 葛\U000e0100 1\ufe0f\u20e3"),
        ("\x9b31mred \x1b]8;;https://e.org\x07link", "⟦U+009B⟧31mred ⟦ESC⟧]8;;https://e.org⟦U+0007⟧link"),
        ("a\rb\x07", "a⟦U+000D⟧b⟦U+0007⟧"),
        ("family 👩‍👩‍👧 and ❤️", "family 👩‍👩‍👧 and ❤️"),
    ],
)
def test_hidden_characters_are_spelled_out(prompt: PromptView, text: str, shown: str) -> None:
    """What would hide or reorder text is written out; emoji stay whole."""
    prompt.show_prompt(text)

    assert prompt.toPlainText() == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a&#8238;b", "a⟦U+202E⟧b"),
        ("a&ZeroWidthSpace;b&rlm;c&shy;d", "a⟦U+200B⟧b⟦U+200F⟧c⟦U+00AD⟧d"),
        ("a&zwnj;b", "a⟦U+200C⟧b"),
        ("[a&#8238;b](https://e.org)", "a⟦U+202E⟧b"),
    ],
)
def test_entities_hide_nothing(prompt: PromptView, text: str, shown: str) -> None:
    """A hidden character that is written as an entity is spelled out as well."""
    prompt.show_prompt(text)

    assert prompt.toPlainText() == shown


@pytest.mark.parametrize(
    "text",
    [
        "[//]: # (LOST)",
        "[a]: https://e.org 'LOST'\n\nhello",
        "|a|b|\n|-|-|\n|1|2|LOST|",
        "> a|b\n> -|-\n> 1|2|LOST",
        "```sh LOST\nls\n```",
        "```sh\tLOST\nls\n```",
        "```$(LOST)\nls\n```",
        "[a](https://e.org 'LOST')",
        "![a](x.png 'LOST')",
        "<!-- LOST -->",
        "<details><summary>a</summary>LOST</details>",
    ],
)
def test_nothing_that_is_written_is_left_out(prompt: PromptView, text: str) -> None:
    """What Markdown shows nowhere, or only in a tooltip, is shown."""
    prompt.show_prompt(text)

    assert "LOST" in prompt.toPlainText()


@pytest.mark.parametrize(
    "text", ["> |a|b|\n> |-|-|\n> |1|2|", "- a|b\n  -|-\n  1|2|", "|a|\n|-|\n|1\\|2|", "```c++\nx\n```"]
)
def test_what_is_complete_stays_markdown(prompt: PromptView, text: str) -> None:
    """Tables whose rows fit their heads, also quoted or in a list, and code with a plain language are rendered."""
    prompt.show_prompt(text)

    assert not any(mark in prompt.toPlainText() for mark in ("|-|", "-|-", "```", "c++"))


def test_links_have_no_tooltips_of_their_own(prompt: PromptView) -> None:
    """A link's title, which Qt would show as mark-up with pictures from the disk, gets into no tooltip."""
    prompt.show_prompt("""[x](https://e.org "<img src='file:///x.png'>")""")
    cursor = prompt.textCursor()
    cursor.setPosition(1)

    assert cursor.charFormat().anchorHref() == "https://e.org"
    assert cursor.charFormat().toolTip() == ""
    assert "<img src='file:///x.png'>" in prompt.toPlainText()


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


@pytest.mark.parametrize("address", ["/etc/hostname", "page.md", "#top", "?x", "//host/share/x"])
def test_a_click_on_a_relative_link_does_nothing(prompt: PromptView, opened: list[str], address: str) -> None:
    """A link that names no scheme leads nowhere: nothing is opened and the prompt stays."""
    prompt.show_prompt(f"[here]({address})")
    click_link(prompt)

    assert opened == []
    assert prompt.toPlainText() == "here"


@pytest.mark.parametrize("address", ["https://example.org/", "mailto:a@example.org?subject=attached"])
def test_web_links_are_opened(prompt: PromptView, opened: list[str], address: str) -> None:
    """A click on an address of the web or of mail opens it, and the prompt stays."""
    prompt.show_prompt(f"[here]({address})")
    click_link(prompt)

    assert opened == [address]
    assert prompt.toPlainText() == "here"


@pytest.mark.parametrize("query", ["attach=/etc/passwd", "subject=x&Attachment=/etc/passwd", "%61ttach=/etc/passwd"])
def test_mail_takes_no_files_along(prompt: PromptView, opened: list[str], query: str) -> None:
    """Some mail programs attach a file that the address names; such an address is not opened."""
    prompt.show_prompt(f"[here](mailto:a@example.org?{query})")
    click_link(prompt)

    assert opened == []


def test_a_link_waits_until_the_prompt_counts(prompt: PromptView, opened: list[str]) -> None:
    """While the prompt is shut no link is followed by click, by key, or by a press that is let go later."""
    prompt.show_prompt("[here](https://example.org/)")
    prompt.is_shut = True
    click_link(prompt)
    focus_link(prompt)
    QTest.keyClick(prompt, Qt.Key.Key_Return)
    QTest.mousePress(prompt.viewport(), LEFT, pos=spot_of_link(prompt))
    prompt.is_shut = False
    QTest.mouseRelease(prompt.viewport(), LEFT, pos=spot_of_link(prompt))
    assert opened == []

    click_link(prompt)
    assert opened == ["https://example.org/"]


def test_a_press_on_a_link_does_not_outlive_its_prompt(prompt: PromptView, opened: list[str]) -> None:
    """A button pressed on one prompt's link and released on the next one's follows neither."""
    prompt.show_prompt("[here](https://example.org/)")
    QTest.mousePress(prompt.viewport(), LEFT, pos=spot_of_link(prompt))
    prompt.show_prompt("[here](https://example.org/)")
    QTest.mouseRelease(prompt.viewport(), LEFT, pos=spot_of_link(prompt))

    assert opened == []


def test_enter_follows_a_link_unless_it_is_held_down(prompt: PromptView, opened: list[str]) -> None:
    """Enter on a link that has the focus opens it once; repeats do not."""
    prompt.show_prompt("[here](https://example.org/)")
    focus_link(prompt)
    QApplication.sendEvent(prompt, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, PLAIN, "\r", True))
    assert opened == []

    QTest.keyClick(prompt, Qt.Key.Key_Return)
    assert opened == ["https://example.org/"]


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://\u0430pple.com/", "https://xn--pple-43d.com/"),
        ("https://bank.example:x@evil.example/", "https://bank.example:x@evil.example/"),
        ("https://e.org/%E2%80%AE", "https://e.org/%E2%80%AE"),
    ],
)
def test_the_address_of_a_link_is_told_as_it_is(prompt: PromptView, address: str, shown: str) -> None:
    """The tooltip of a link shows where it leads, with nothing decoded that could deceive, and goes with the prompt."""
    prompt.show_prompt(f"[bank]({address})")
    prompt.highlighted.emit(QUrl(prompt.anchorAt(spot_of_link(prompt))))
    assert prompt.toolTip() == f"<qt>{shown}</qt>"

    prompt.show_prompt("another")
    assert prompt.toolTip() == ""


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
    assert max(map(len, prompt.toPlainText().split("\n"))) <= 4_000  # Qt's time for one grows with its square


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
