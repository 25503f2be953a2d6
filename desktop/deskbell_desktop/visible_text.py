"""Making characters visible that would hide or reorder what a person reads."""

from __future__ import annotations

import re
from html import escape
from typing import Final

# C0 and C1 controls except tab and newline; bidirectional controls (UAX #9); line and paragraph separators; what is
# drawn as nothing (Default_Ignorable_Code_Point in DerivedCoreProperties.txt). Joiners and variation selectors build
# emoji and belong to some scripts, but after a letter of ours they only make a text look like another (UTS #39).
_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
    "|(?:(?<=[A-Za-z\u00c0-\u058f])|^)[\u180b-\u180d\u180f\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
_ANSI: Final = "\x1b"


def visible(text: str) -> str:
    """``text`` with every hidden character spelled out as ``⟦U+202E⟧`` and every line end a single newline."""
    return _HIDDEN.sub(lambda found: spelled(found[0]), text.replace("\r\n", "\n"))


def tooltip(text: str) -> str:
    """``text`` for a tooltip, which would take a mark-up of the asker's for its own and load what that names."""
    lines = escape(visible(text)).replace("\n", "<br>")
    return f"<qt>{lines}</qt>" if lines else ""


def spelled(characters: str) -> str:
    """Each character as ``⟦U+202E⟧``."""
    return "".join("⟦ESC⟧" if one == _ANSI else f"⟦U+{ord(one):04X}⟧" for one in characters)
