"""The prompt: Markdown to read, select and copy; inert otherwise."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QUrl, Slot
from PySide6.QtGui import QDesktopServices, QImage, QTextDocument, QTextOption
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from deskbell_desktop import theme
from deskbell_desktop.theme import Theme
from deskbell_desktop.visible_text import tooltip, visible
from deskbell_desktop.window import markdown

_SAFE_SCHEMES: Final = frozenset({"http", "https", "mailto"})

_NO_HTML: Final = QTextDocument.MarkdownFeature.MarkdownNoHTML
_PLAIN_MARKDOWN: Final = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | _NO_HTML


class PromptView(QTextBrowser):
    """Shows a prompt. Loads nothing, neither from the network nor from disk; opens web links on a click only."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._prompt = ""
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

    def show_prompt(self, prompt: str) -> None:
        """Show ``prompt`` from its beginning."""
        self._prompt = visible(prompt)
        self._render()
        self.verticalScrollBar().setValue(0)

    def natural_height(self, width: int) -> int:
        """The height in px at which nothing has to scroll."""
        self.resize(width, self.height())  # or the view lays the text out for the width that it has
        document = self.document()
        document.setTextWidth(width)
        height = round(document.size().height()) + theme.GRID
        document.setTextWidth(self.viewport().width())
        return height

    def loadResource(self, _kind: int, _url: QUrl | str) -> object:
        """An empty picture: a prompt may not reach for anything, and without one Qt would open the file itself."""
        return self._nothing

    def _render(self) -> None:
        if len(self._prompt) > markdown.HTML_LIMIT:
            self.document().setMarkdown(self._prompt, _PLAIN_MARKDOWN)
        else:
            self.setHtml(markdown.to_html(self._prompt, self._theme.palette))

    @Slot()
    def _on_theme(self) -> None:
        position = self.verticalScrollBar().value()
        self._render()
        self.verticalScrollBar().setValue(position)

    @Slot(QUrl)
    def _on_anchor(self, url: QUrl) -> None:
        if url.scheme() in _SAFE_SCHEMES:
            QDesktopServices.openUrl(url)

    @Slot(QUrl)
    def _on_highlighted(self, url: QUrl) -> None:
        self.setToolTip(tooltip(url.toDisplayString()))
