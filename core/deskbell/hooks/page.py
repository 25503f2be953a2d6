"""Markdown in which the words of an agent stay what they are: none of them can close a block or pass for our own."""

from __future__ import annotations

import re
from typing import Final

from deskbell.origin import one_line

_UNSENDABLE: Final = re.compile("[\0\ud800-\udfff]")
_BACKTICKS: Final = re.compile("`+")
_MARKUP: Final = re.compile(r"([!-/:-@\[-`{-~])")
_SHORTEST_FENCE: Final = 3


def sendable(text: str) -> str:
    """With characters that no question can hold spelled out as the window spells hidden ones."""
    return _UNSENDABLE.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", text)


def plain(text: str) -> str:
    """Words on one line, without any mark-up."""
    return _MARKUP.sub(r"\\\1", " ".join(sendable(text).split()))


def code(text: str) -> str:
    """Code within a line; its line breaks are shown."""
    words = sendable(text).replace("\r\n", "\n").replace("\r", "␍").replace("\n", "⏎")
    fence = "`" * (_longest_run(words) + 1)
    return f"{fence} {words} {fence}" if words.strip() else f"{fence}{words or ' '}{fence}"


def block(text: str, language: str = "") -> str:
    """A code block with a fence longer than any inside. ``language`` is one of ours."""
    words = sendable(text)
    fence = "`" * max(_SHORTEST_FENCE, _longest_run(words) + 1)
    return f"{fence}{language}\n{words}{'' if words.endswith(chr(10)) else chr(10)}{fence}"


def diff(old: str, new: str) -> str:
    """A block that shows what is taken out and what is put in; lines that both begin or end with stand around it."""
    before, after = old.splitlines(), new.splitlines()
    most = min(len(before), len(after))
    head = next((at for at in range(most) if before[at] != after[at]), most)
    most -= head
    tail = next((at for at in range(most) if before[-1 - at] != after[-1 - at]), most)
    lines = [f" {line}" for line in before[:head]]
    lines += [f"-{line}" for line in before[head : len(before) - tail]]
    lines += [f"+{line}" for line in after[head : len(after) - tail]]
    lines += [f" {line}" for line in before[len(before) - tail :]]
    return block("\n".join(lines), "diff")


def quote(text: str) -> str:
    """Markdown of the agent's own, shown as such and set apart from ours."""
    return "\n".join(f"> {line}" for line in sendable(text).splitlines())


def page(*paragraphs: str) -> str:
    """Paragraphs one below the other; empty ones are left out."""
    return "\n\n".join(filter(None, paragraphs))


def title(*parts: str) -> str:
    """A line for the tab."""
    return one_line(sendable(": ".join(filter(None, parts))))


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
