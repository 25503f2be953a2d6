"""Changing one thing in a JSON text with comments, and nothing else: every other character stays as it is.

What ``insert`` adds ``remove`` takes away again, so that the text is what it was, to the character. New text follows
its surroundings: their indentation, line ends, and whether they stand on one line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from deskbell.connect.jsonc import Child, JsoncError, Node, is_blank, parse

Path: TypeAlias = Sequence[str | int]
"""The way to a value: names of members and numbers of items."""

DEFAULT_INDENT: Final = "  "

_COMMENT_ON_LINE: Final = re.compile(r"[ \t]*(//[^\r\n]*|/\*.*?\*/)", re.DOTALL)
_REST_OF_LINE: Final = re.compile(r"(?:[ \t]+|//[^\r\n]*|(?>/\*[^\r\n]*?\*/))*(?:\r?\n|\Z)")
_SPACE: Final = " \t\r\n"


def value_at(text: str, path: Path) -> Any:
    """The value at the end of a path, or None. Raises JsoncError."""
    node = None if is_blank(text) else parse(text).find(path)
    return None if node is None else node.value


def has(text: str, path: Path) -> bool:
    """Whether there is a value at the end of a path, be it null. Raises JsoncError."""
    return not is_blank(text) and parse(text).find(path) is not None


def replace(text: str, path: Path, value: Any) -> str:
    """Put another value where there is one already. Raises JsoncError and KeyError."""
    node = _at(text, path)
    inline = "\n" not in text[node.start : node.end] and bool(node.children)
    rendered = _render(text, value, _indent_of_line(text, node.start), inline=inline)
    return text[: node.start] + rendered + text[node.end :]


def insert(text: str, path: Path, key: str | None, value: Any) -> str:
    """Add a member, or with no ``key`` an item, behind the last one of the object or list at ``path``.

    A text of nothing but space and comments gets an object first. Raises JsoncError, also when there is something else
    than an object or a list, and KeyError.
    """
    if is_blank(text):
        gap = "" if not text.strip("\ufeff") or text.endswith("\n") else _newline(text)
        text = f"{text}{gap}{{}}{_newline(text)}"
    container = _at(text, path)
    if container.kind != ("[" if key is None else "{"):
        wanted = "a list" if key is None else "an object"
        raise JsoncError(text, container.start, f"{'.'.join(map(str, path)) or 'the file'} is not {wanted}")
    name = "" if key is None else f"{json.dumps(key, ensure_ascii=False)}: "
    if container.children:
        return _append(text, container.children[-1], container, name, value)
    return _fill(text, container, name, value, is_root=not path)


def remove(text: str, path: Path) -> str:
    """Take a member or an item away. Raises JsoncError and KeyError."""
    container = _at(text, path[:-1])
    child = container.child(path[-1])
    if child is None:
        raise KeyError(path[-1])
    if len(container.children) == 1:
        return _empty(text, container, child)
    return _cut(text, container, container.children.index(child))


def _at(text: str, path: Path) -> Node:
    node = parse(text).find(path)
    if node is None:
        raise KeyError(".".join(map(str, path)))
    return node


def _append(text: str, last: Child, container: Node, name: str, value: Any) -> str:
    """Behind the last of others, in the way in which that stands there."""
    own_line = "\n" in text[container.start : last.start] and not _before_on_line(text, last.start).strip()
    at, has_line_comment = _past_comments(text, last.end if last.comma is None else last.comma + 1)
    if own_line or has_line_comment:
        indent = _indent_of_line(text, last.start)
        lead, inline = _newline(text) + indent, not own_line
    else:
        indent, lead, inline = "", " ", True
    added = lead + name + _render(text, value, indent, inline=inline)
    if last.comma is None:
        return f"{text[: last.end]},{text[last.end : at]}{added}{text[at:]}"
    return f"{text[:at]}{added},{text[at:]}"


def _fill(text: str, container: Node, name: str, value: Any, *, is_root: bool) -> str:
    """Into what is empty but for comments, behind these."""
    at, _ = _past_comments(text, container.start + 1)
    if "\n" not in text.strip() and not is_root:
        return f"{text[:at]}{name}{_render(text, value, '', inline=True)}{text[at:]}"
    outer = _newline(text) + _indent_of_line(text, container.start)
    inner = outer + _unit(text)
    rendered = _render(text, value, inner.lstrip("\r\n"), inline=False)
    closing = outer if _needs_line_end(text[at : container.end - 1], outer) else ""
    return f"{text[:at]}{inner}{name}{rendered}{closing}{text[at:]}"


def _empty(text: str, container: Node, child: Child) -> str:
    """Take away the only child; comments stay."""
    end = child.end if child.comma is None else child.comma + 1
    start = _start_of_lead(text, container.start + 1, child)
    if start == child.start or text[start] not in "\r\n":
        return text[: child.start] + text[end:]
    outer = _newline(text) + _indent_of_line(text, container.start)
    rest = text[end : container.end - 1]
    after = end + len(outer) if rest.startswith(outer) and _needs_line_end(rest, outer) else end
    if _ends_in_line_comment(text[container.start + 1 : start]) and not _REST_OF_LINE.match(text, after):
        after = end
    return text[:start] + text[after:]


def _needs_line_end(rest: str, outer: str) -> bool:
    """Whether a line end of its own goes behind the only child, given what stands between that and the bracket.

    It does but for comments on further lines; empty lines count for nothing, so that adding and removing agree.
    """
    while rest.startswith(outer):
        rest = rest[len(outer) :]
    return "\n" not in rest


def _cut(text: str, container: Node, number: int) -> str:
    """Take away one of several children, with one comma."""
    child = container.children[number]
    before = container.children[number - 1] if number else None
    previous = container.start + 1 if before is None else (before.end if before.comma is None else before.comma + 1)
    start = _start_of_lead(text, previous, child)
    if child.comma is not None:
        return text[:start] + text[child.comma + 1 :]
    comma = before.comma if before and before.comma is not None else start
    return text[:comma] + text[comma + 1 : start] + text[child.end :]


def _start_of_lead(text: str, previous: int, child: Child) -> int:
    """Where the space before a child begins that goes with it: its own line's, or what parts it from the one before.

    A line comment before it keeps its line end when something follows that must not become part of it.
    """
    between = text[previous : child.start]
    space = between[len(between.rstrip(_SPACE)) :]
    newline = space.rfind("\n")
    if newline < 0:
        return child.start - len(space)
    if newline and space[newline - 1] == "\r":
        newline -= 1
    end = child.end if child.comma is None else child.comma + 1
    if _ends_in_line_comment(between[: -len(space)]) and not _REST_OF_LINE.match(text, end):
        return child.start
    return child.start - len(space) + newline


def _ends_in_line_comment(trivia: str) -> bool:
    comments = list(re.finditer(r"//[^\r\n]*|/\*.*?\*/", trivia, re.DOTALL))
    return bool(comments) and comments[-1][0].startswith("//") and comments[-1].end() == len(trivia)


def _past_comments(text: str, at: int) -> tuple[int, bool]:
    """Behind the comments that begin on this line, and whether the last is one that ends with the line."""
    is_line_comment = False
    while found := _COMMENT_ON_LINE.match(text, at):
        at, is_line_comment = found.end(), found[1].startswith("//")
    return at, is_line_comment


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _before_on_line(text: str, at: int) -> str:
    return text[text.rfind("\n", 0, at) + 1 : at]


def _indent_of_line(text: str, at: int) -> str:
    line = _before_on_line(text, at).lstrip("\ufeff")
    return line[: len(line) - len(line.lstrip(" \t"))]


def _unit(text: str) -> str:
    """One level of indentation, as the first member of the file has it."""
    children = parse(text).children
    indent = _indent_of_line(text, children[0].start) if children and "\n" in text[: children[0].start] else ""
    return indent or DEFAULT_INDENT


def _render(text: str, value: Any, indent: str, *, inline: bool) -> str:
    if inline:
        return json.dumps(value, ensure_ascii=False)
    return _newline(text).join(_lines(value, indent, _unit(text))).lstrip(" \t")


def _lines(value: Any, indent: str, unit: str) -> list[str]:
    """A value on lines of its own, lists of plain values on one."""
    if isinstance(value, Mapping) and value:
        pairs = [(f"{json.dumps(key, ensure_ascii=False)}: ", item) for key, item in value.items()]
        opening, closing = "{", "}"
    elif isinstance(value, list) and any(isinstance(item, (Mapping, list)) for item in value):
        pairs = [("", item) for item in value]
        opening, closing = "[", "]"
    else:
        return [indent + json.dumps(value, ensure_ascii=False)]
    lines = [indent + opening]
    for name, item in pairs:
        inner = _lines(item, indent + unit, unit)
        inner[0] = indent + unit + name + inner[0].lstrip(" \t")
        inner[-1] += ","
        lines += inner
    lines[-1] = lines[-1][:-1]
    return [*lines, indent + closing]
