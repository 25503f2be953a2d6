"""Text that wraps between words, and within a word only where it does not fit."""

from __future__ import annotations

import math
from typing import Final

from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont, QPainter, QTextLayout, QTextOption

_LINE_SEPARATOR: Final = "\u2028"  # what QTextLayout takes for a line's end


class WrappedText:
    """One text in one font, laid out once for each width that is asked for in turn."""

    def __init__(self, text: str, font: QFont) -> None:
        self._layout = QTextLayout(text.replace("\n", _LINE_SEPARATOR), font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._layout.setTextOption(option)
        self._width = -1
        self._height = 0

    def height(self, width: int) -> int:
        """The height in px that the text takes at ``width``; 0 without a text."""
        self._lay_out(width)
        return self._height

    def lines(self, width: int) -> list[str]:
        """What stands on each line at ``width``."""
        self._lay_out(width)
        lines = [self._layout.lineAt(index) for index in range(self._layout.lineCount())]
        text = self._layout.text()
        return [text[line.textStart() : line.textStart() + line.textLength()] for line in lines]

    def draw(self, painter: QPainter, left: float, top: float, width: int) -> None:
        """Draw with the painter's pen."""
        self._lay_out(width)
        self._layout.draw(painter, QPointF(left, top))

    def _lay_out(self, width: int) -> None:
        if width == self._width:
            return
        self._width = width
        bottom = 0.0
        self._layout.beginLayout()
        while self._layout.text() and (line := self._layout.createLine()).isValid():
            line.setLineWidth(width)
            line.setPosition(QPointF(0, bottom))
            bottom += line.height()
        self._layout.endLayout()
        self._height = math.ceil(bottom)
