"""Where things stand in a JSON text, which may have comments and commas too many, so that one can be changed alone.

It takes what editors and agents take in their settings: ``//`` and ``/* */`` comments and a comma after the last
member or item. Whatever else JSON forbids is refused with the line where it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

MAX_DEPTH: Final = 200
"""Levels of nesting; no settings file has so many, and Python's stack has an end."""

_COMMENT: Final = r"//[^\r\n]*|/\*.*?\*/"
_TRIVIA: Final = re.compile(rf"(?:[ \t\r\n\ufeff]+|{_COMMENT})*", re.DOTALL)
_SCALAR: Final = re.compile(
    r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"|true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?',
    re.ASCII,
)
_STRING: Final = '"'
_CLOSING: Final = {"{": "}", "[": "]"}


class JsoncError(ValueError):
    """The text is no JSON with comments; ``line`` and ``column`` count from 1."""

    def __init__(self, text: str, at: int, message: str) -> None:
        self.line = text.count("\n", 0, at) + 1
        self.column = at - text.rfind("\n", 0, at)
        super().__init__(f"line {self.line}, column {self.column}: {message}")


@dataclass(frozen=True, slots=True)
class Child:
    """A member of an object or an item of a list; ``start`` is where its key or else its value begins."""

    start: int
    key: str | None
    node: Node
    comma: int | None
    """Where the comma behind it stands, if there is one."""

    @property
    def end(self) -> int:
        """Just behind its value."""
        return self.node.end


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands: ``text[start:end]``."""

    start: int
    end: int
    kind: str
    """``{``, ``[`` or the empty string for anything else."""

    children: Sequence[Child] = ()
    scalar: Any = None

    @property
    def value(self) -> Any:
        """What the value means."""
        if self.kind == "{":
            return {child.key: child.node.value for child in self.children}
        if self.kind == "[":
            return [child.node.value for child in self.children]
        return self.scalar

    def child(self, key: str | int) -> Child | None:
        """The member of this name, the last one if there are several, or the item of this number."""
        if isinstance(key, int):
            return self.children[key] if self.kind == "[" and key < len(self.children) else None
        return next((child for child in reversed(self.children) if self.kind == "{" and child.key == key), None)

    def find(self, path: Sequence[str | int]) -> Node | None:
        """The value at the end of a path of names and numbers."""
        node: Node | None = self
        for key in path:
            child = node.child(key) if node else None
            node = child.node if child else None
        return node


@lru_cache(maxsize=2)
def parse(text: str) -> Node:
    """The value that a text holds; asked again for the last texts it knows it still. Raises JsoncError."""
    node = _value(text, skip_trivia(text, 0), 0)
    rest = skip_trivia(text, node.end)
    if rest < len(text):
        raise JsoncError(text, rest, "something stands behind the end")
    return node


def is_blank(text: str) -> bool:
    """Whether there is nothing but space and comments."""
    return skip_trivia(text, 0) == len(text)


def skip_trivia(text: str, at: int) -> int:
    """The first place from ``at`` on that is neither space nor comment."""
    found = _TRIVIA.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int, depth: int) -> Node:
    if text[at : at + 1] in _CLOSING:
        return _container(text, at, depth + 1)
    found = _SCALAR.match(text, at)
    if not found:
        raise JsoncError(text, at, _expected(text, at, "a value"))
    return Node(at, found.end(), "", scalar=json.loads(found[0]))


def _container(text: str, start: int, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise JsoncError(text, start, f"it is nested more than {MAX_DEPTH} levels deep")
    kind = text[start]
    closing = _CLOSING[kind]
    children: list[Child] = []
    at = skip_trivia(text, start + 1)
    while text[at : at + 1] != closing:
        if children and children[-1].comma is None:
            raise JsoncError(text, at, _expected(text, at, f"a comma or {closing}"))
        children.append(_child(text, at, kind, depth))
        at = children[-1].end if children[-1].comma is None else children[-1].comma + 1
        at = skip_trivia(text, at)
    return Node(start, at + 1, kind, tuple(children))


def _child(text: str, start: int, kind: str, depth: int) -> Child:
    key, at = _key(text, start) if kind == "{" else (None, start)
    node = _value(text, at, depth)
    behind = skip_trivia(text, node.end)
    return Child(start, key, node, behind if text[behind : behind + 1] == "," else None)


def _key(text: str, at: int) -> tuple[str, int]:
    """A member's name, and where its value begins."""
    found = _SCALAR.match(text, at)
    if not found or text[at] != _STRING:
        raise JsoncError(text, at, _expected(text, at, "a name in quotation marks or }"))
    colon = skip_trivia(text, found.end())
    if text[colon : colon + 1] != ":":
        raise JsoncError(text, colon, _expected(text, colon, "a colon"))
    key: str = json.loads(found[0])
    return key, skip_trivia(text, colon + 1)


def _expected(text: str, at: int, what: str) -> str:
    if at >= len(text):
        return f"it ends where {what} should be"
    return f"{what} should be where {text[at]!r} stands"
