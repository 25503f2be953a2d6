"""Making characters visible that would hide or reorder what a person reads."""

from __future__ import annotations

import re
from html import escape
from typing import Final

# C0 and C1 controls except tab and newline; bidirectional controls (UAX #9); zero-width and other default-ignorable
# characters with which a text can be made to look like another (UTS #39). ZWJ and variation selectors build emoji.
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0001-\U000e007f]"
)
_ANSI: Final = "\x1b"


def visible(text: str) -> str:
    """``text`` with every hidden character spelled out as ``⟦U+202E⟧`` and every line end a single newline."""
    return _HIDDEN.sub(_spell, text.replace("\r\n", "\n"))


def tooltip(text: str) -> str:
    """``text`` for a tooltip, which would take a mark-up of the asker's for its own and load what that names."""
    lines = escape(visible(text)).replace("\n", "<br>")
    return f"<qt>{lines}</qt>" if lines else ""


def _spell(found: re.Match[str]) -> str:
    character = found[0]
    return "⟦ESC⟧" if character == _ANSI else f"⟦U+{ord(character):04X}⟧"
