"""What can be seen on the screen: pixels, and where the things are that a person would click."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

Colour = tuple[int, int, int]

CARD: Final = (0xFF, 0xFF, 0xFF)
TEXT: Final = (0x24, 0x21, 0x1C)
ACCENT: Final = (0x8A, 0x5A, 0x0B)
"""Colours of the light theme, which the tests set."""

_CARD_COLUMN: Final = 22  # px from the window's left edge: inside every card, left of what is on it
_CARD_HEIGHT: Final = 36  # px; lower white things are tabs
_TAB_ROWS: Final = range(46, 92)  # px from the window's top edge, in which the tabs lie
_RING: Final = range(11, 17)  # px; the width and height of the ring on a tab
_NEAR: Final = 48  # how far a channel may be off, for smoothed edges


@dataclass(frozen=True)
class Box:
    """A rectangle in px."""

    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[int, int]:
        """The point in its middle."""
        return self.left + self.width // 2, self.top + self.height // 2

    @property
    def right(self) -> int:
        """The first column right of it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.top + self.height


@dataclass(frozen=True)
class Picture:
    """A rectangle of the screen: four bytes a pixel, blue first, as the X server gives them."""

    place: Box
    data: bytes

    def at(self, x: int, y: int) -> Colour:
        """The colour of a pixel, counted from the picture's top left corner."""
        start = 4 * (y * self.place.width + x)
        blue, green, red = self.data[start : start + 3]
        return red, green, blue

    def has(self, colour: Colour, within: Box) -> bool:
        """Whether any pixel ``within`` comes near ``colour``."""
        return any(_is_near(self.at(x, y), colour) for x, y in _points(within))

    def has_exactly(self, colour: Colour, within: Box) -> bool:
        """Whether any pixel ``within`` is of this very ``colour``, as the inside of thick letters is."""
        return any(self.at(x, y) == colour for x, y in _points(within))

    def cards(self) -> list[Box]:
        """The white boxes across the window from top to bottom: the options, then the text field if there is one."""
        runs = _runs(self.at(_CARD_COLUMN, y) == CARD for y in range(self.place.height))
        width = self.place.width - 2 * _CARD_COLUMN
        return [Box(_CARD_COLUMN, top, width, height) for top, height in runs if height >= _CARD_HEIGHT]

    def tabs(self) -> list[tuple[int, int]]:
        """The middles of the rings on the tabs, from left to right."""
        strip = Box(0, _TAB_ROWS.start, self.place.width, len(_TAB_ROWS))
        marked = {point for point in _points(strip) if _is_near(self.at(*point), ACCENT)}
        rings = [blob for blob in _blobs(marked) if blob.width in _RING and blob.height in _RING]
        return sorted(ring.middle for ring in rings)

    def save(self, path: Path) -> None:
        """Write a PNG file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_png(self))


def _is_near(one: Colour, other: Colour) -> bool:
    return all(abs(a - b) <= _NEAR for a, b in zip(one, other, strict=True))


def _points(box: Box) -> Iterator[tuple[int, int]]:
    return ((x, y) for y in range(box.top, box.bottom) for x in range(box.left, box.right))


def _runs(values: Iterator[bool]) -> Iterator[tuple[int, int]]:
    """Where values are true without a break: first index and length."""
    start = length = 0
    for index, value in enumerate(values):
        if value:
            start, length = (start, length + 1) if length else (index, 1)
        elif length:
            yield start, length
            length = 0
    if length:
        yield start, length


def _blobs(points: set[tuple[int, int]]) -> Iterator[Box]:
    """The boxes around points that touch each other."""
    left = set(points)
    while left:
        blob, edge = set(), {left.pop()}
        while edge:
            blob |= edge
            around = {(x + dx, y + dy) for x, y in edge for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
            edge = around & left
            left -= edge
        columns, rows = [x for x, _ in blob], [y for _, y in blob]
        yield Box(min(columns), min(rows), max(columns) - min(columns) + 1, max(rows) - min(rows) + 1)


def _png(picture: Picture) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    width, height = picture.place.width, picture.place.height
    pixels = bytearray(3 * width * height)
    for channel in range(3):
        pixels[channel::3] = picture.data[2 - channel :: 4]
    lines = b"".join(b"\0" + pixels[3 * width * y : 3 * width * (y + 1)] for y in range(height))
    head = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
