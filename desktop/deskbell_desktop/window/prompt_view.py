"""The prompt: Markdown to read, select and copy; inert otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import Qt, QTimer, QUrl, QUrlQuery, Slot
from PySide6.QtGui import QDesktopServices, QImage, QKeyEvent, QMouseEvent, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from deskbell_desktop import theme
from deskbell_desktop.theme import Theme
from deskbell_desktop.visible_text import tooltip, visible
from deskbell_desktop.window import markdown

_SAFE_SCHEMES: Final = frozenset({"http", "https", "mailto"})
_ENTER: Final = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})

_LONGEST_LINE: Final = 4_000  # characters; the time that Qt takes for a line grows with its square
_PORTION: Final = 40_000  # characters shown in one go
_PORTION_LINES: Final = 1_500
_ENDLESS: Final = 10_000  # px; higher than any screen


class PromptView(QTextBrowser):
    """Shows a prompt. Loads nothing, neither from the network nor from disk; opens web links on a click only.

    A click counts only if it began on the prompt in sight and not while that ``is_shut``.
    """

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._prompt = ""
        self.is_shut = False
        self._is_pressed = False
        self._press_counts = True
        self._is_long = False
        self._rest: Iterator[str] = iter(())  # portions of a long prompt that are yet to be shown
        self._heights: dict[int, int] = {}  # by width, for the document as it is
        self._filling = QTimer(self)
        self._filling.timeout.connect(self._show_portion)
        self._nothing = QImage(1, 1, QImage.Format.Format_ARGB32)
        self._nothing.fill(0)
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.document().setDocumentMargin(0)
        self.document().setDefaultFont(theme.font(theme.BODY))
        self.setAccessibleName(self.tr("Question"))
        self.anchorClicked.connect(self._on_anchor)
        self.highlighted.connect(self._on_highlighted)
        look.changed.connect(self._on_theme)

    @property
    def is_filling(self) -> bool:
        """Whether more of a long prompt is yet to be shown."""
        return self._filling.isActive()

    def show_prompt(self, prompt: str) -> None:
        """Show ``prompt`` from its beginning."""
        self._prompt = visible(prompt)
        self._press_counts &= not self._is_pressed
        self.setToolTip("")
        self._render()
        self.verticalScrollBar().setValue(0)

    def natural_height(self, width: int) -> int:
        """The height in px at which nothing has to scroll."""
        if self._is_long:
            return _ENDLESS
        if width not in self._heights:
            self._heights[width] = self._measured_height(width)
        return self._heights[width]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember whether it counts."""
        self._is_pressed, self._press_counts = True, not self.is_shut
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Follow a link if the press counts."""
        super().mouseReleaseEvent(event)
        self._is_pressed = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter follows the link that has the focus, but not when the key was held down from elsewhere."""
        if event.key() in _ENTER and event.isAutoRepeat():
            return
        self._press_counts = True
        super().keyPressEvent(event)

    def loadResource(self, _kind: int, _url: QUrl | str) -> object:
        """An empty picture: a prompt may not reach for anything, and without one Qt would open the file itself."""
        return self._nothing

    def _measured_height(self, width: int) -> int:
        self.resize(width, self.height())  # or the view lays the text out for the width that it has
        document = self.document()
        self._set_text_width(width)
        height = round(document.size().height()) + theme.GRID
        self._set_text_width(self.viewport().width())
        return height

    def _set_text_width(self, width: int) -> None:
        if self.document().textWidth() != width:  # it would lay the text out once more
            self.document().setTextWidth(width)

    def _render(self) -> None:
        self._filling.stop()
        self._heights.clear()
        html = markdown.to_html(self._prompt, self._theme.palette)
        self._is_long = html is None
        if html is not None:
            self.setHtml(html)
            return
        self.clear()
        self._rest = _portions(self._prompt)
        self._filling.start()
        self._show_portion()

    @Slot()
    def _show_portion(self) -> None:
        portion = next(self._rest, None)
        if portion is None:
            self._filling.stop()
            return
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(portion)

    @Slot()
    def _on_theme(self) -> None:
        if self._is_long:  # plain text follows the palette by itself
            return
        position = self.verticalScrollBar().value()
        self._render()
        self.verticalScrollBar().setValue(position)

    @Slot(QUrl)
    def _on_anchor(self, url: QUrl) -> None:
        if self._press_counts and not self.is_shut and _is_safe(url):
            QDesktopServices.openUrl(url)

    @Slot(QUrl)
    def _on_highlighted(self, url: QUrl) -> None:
        # As it goes out: for reading, Qt would leave out a password and decode a host that passes for another.
        self.setToolTip(tooltip(url.toString(QUrl.ComponentFormattingOption.FullyEncoded)))


def _is_safe(url: QUrl) -> bool:
    """Whether an address is one of the web, or of mail that takes no file of this machine along."""
    takes_file = any(name.casefold().startswith("attach") for name, _ in QUrlQuery(url).queryItems())
    return url.scheme() in _SAFE_SCHEMES and not (url.scheme() == "mailto" and takes_file)


def _portions(text: str) -> Iterator[str]:
    """``text`` in pieces that can each be shown at once, with its very long lines broken."""
    start = 0
    while start < len(text):
        lines = text[start : start + _PORTION].splitlines(keepends=True)[:_PORTION_LINES]
        if len(lines) > 1 and not lines[-1].endswith("\n") and start + _PORTION < len(text):
            lines.pop()  # it goes on, so it begins the next portion
        start += sum(map(len, lines))
        yield "".join(piece for line in lines for piece in _broken(line, is_last=start >= len(text)))


def _broken(line: str, *, is_last: bool) -> Iterator[str]:
    for start in range(0, len(line), _LONGEST_LINE):
        piece = line[start : start + _LONGEST_LINE]
        is_end = is_last and start + _LONGEST_LINE >= len(line)
        yield piece if is_end or piece.endswith("\n") else piece + "\n"
