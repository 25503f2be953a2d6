"""What can be found: text as the full-text index (SQLite FTS5) takes it, and what to ask of that."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from deskbell.task import Answer, Option, Source, Task

MAX_CHARACTERS: Final = 64 * 1024
"""How much of a text is indexed."""

MAX_TERMS: Final = 16
"""How many words of a query are looked for; the rest is passed over, so that no query takes long."""

MAX_TERM_CHARACTERS: Final = 64
"""How much of each is looked for."""

# FTS5 finds words between spaces, which these scripts do not write between theirs: each of their characters counts as
# a word. Thai, Lao, Tibetan, Burmese and Khmer; then kana, ideographs and Hangul syllables.
_UNSPACED: Final = re.compile(
    "([\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])"
)


class Entry(NamedTuple):
    """What the index holds of one task."""

    question: str
    answer: str
    source: str


def entry_of(task: Task) -> Entry:
    """A task's words: title, question and what was offered; what was chosen and typed; and who asked."""
    details = task.details
    offered = " ".join(option.label for option in task.options)
    question = f"{details.title} {offered} {task.prompt}"  # the longest last: it is cut
    answer = task.answer
    said = "" if answer is None else " ".join(_said(answer, task.options))
    return Entry(indexable(question), indexable(said), " ".join(_origins(details.source)))


def indexable(text: str) -> str:
    """What the index is given for ``text``: one way of writing each character, and spaces between words."""
    text = text[:MAX_CHARACTERS]
    return text if text.isascii() else _UNSPACED.sub(r" \1 ", unicodedata.normalize("NFKC", text))


def expression(text: str) -> str:
    """The FTS5 expression for what a person typed: all words, in any order, each perhaps only begun; '' for none."""
    words = dict.fromkeys(word for word in text.replace("\0", " ").split() if re.search(r"[^\W_]", word))
    terms = [_term(word[:MAX_TERM_CHARACTERS]) for word in list(words)[:MAX_TERMS]]
    return f"{{question answer}} : ({' '.join(terms)})" if terms else ""


def source_expression(name: str) -> str:
    """The FTS5 expression for an agent, a project, a branch or a session of this name, large or small letters."""
    return f"source : {_token(name)}"


def _term(word: str) -> str:
    text = indexable(word).strip().replace('"', '""')
    is_whole = bool(_UNSPACED.match(text[-1:]))  # such a character is a word of its own
    return f'"{text}"' if is_whole else f'"{text}"*'


def _said(answer: Answer, options: tuple[Option, ...]) -> Iterator[str]:
    yield from answer.options
    yield from (option.label for option in options if option.value in answer.options)
    yield answer.text
    yield from _strings(answer.fields)


def _strings(value: Any) -> Iterator[str]:
    """The texts in JSON, without its names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _origins(source: Source) -> Iterator[str]:
    names = dict.fromkeys((source.agent, source.project, source.branch, source.session))
    return (_token(name) for name in names if name)


def _token(name: str) -> str:
    """A whole name as one word of the index, whatever is in it."""
    digest = hashlib.blake2b(name.casefold().encode("utf-8", "replace"), digest_size=10)
    return f"x{digest.hexdigest()}"
