"""Draws the app icon in the sizes that desktops look for: icons.py DRAWING.svg THEME_FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import copyfile
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIZES: Final = (16, 22, 24, 32, 48, 64, 128, 256, 512)
"""Pixels."""


def main(drawing: Path, theme: Path) -> None:
    """Put the drawing into the icon theme: as it is, and as PNG pictures."""
    copyfile(drawing, _place(theme, "scalable", ".svg"))
    for size in SIZES:
        _draw(drawing, size, _place(theme, f"{size}x{size}", ".png"))


def _place(theme: Path, size: str, suffix: str) -> Path:
    folder = theme / size / "apps"
    folder.mkdir(parents=True)
    return folder / f"deskbell{suffix}"


def _draw(drawing: Path, size: int, target: Path) -> None:
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(drawing)).render(painter)
    painter.end()
    if not image.save(str(target)):
        raise OSError(f"{target} cannot be written.")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
