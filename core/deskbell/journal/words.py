"""Text as the full-text index (SQLite FTS5) takes it."""

from __future__ import annotations

import re
from typing import Final

MAX_CHARACTERS: Final = 64 * 1024
"""How much of a text is indexed."""

# FTS5 finds words between spaces, which these scripts do not write: each of their characters counts as a word.
_UNSPACED: Final = re.compile(
    "([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])"
)


def indexable(text: str) -> str:
    """What the index is given for ``text``."""
    text = text[:MAX_CHARACTERS]
    return text if text.isascii() else _UNSPACED.sub(r" \1 ", text)


def expression(query: str) -> str:
    """The FTS5 expression for what a person typed: all words, in any order, each perhaps only begun; '' for none."""
    terms = [indexable(term).strip() for term in query.replace("\0", " ").split()]
    return " ".join(f'"{term.replace(chr(34), chr(34) * 2)}"*' for term in terms if re.search(r"[^\W_]", term))
