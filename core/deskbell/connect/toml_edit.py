"""Changing one table in a TOML text, keeping the comments, the order and the spacing of everything else.

A table of its own is written and taken away as lines, so that the rest stays to the character; what stands otherwise
in the file, such as inline tables and dotted names, is left to tomlkit, which keeps comments too.
"""

from __future__ import annotations

import contextlib
import json
import re
import tomllib
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Final

_MARK: Final = "\ufeff"
"""What some editors put at the beginning of a file."""

_HEADER: Final = re.compile(r"[ \t]*\[{1,2}\s*(?P<name>[^\[\]#]+?)\s*\]{1,2}[ \t]*(#.*)?\r?\n?")
_NOTHING: Final = re.compile(r"[ \t]*(#.*)?\r?\n?")


class TomlError(ValueError):
    """The text is no TOML, or nothing can be changed in it; it tells the line where it can."""


def read(text: str) -> dict[str, Any]:
    """What a text means. Raises TomlError."""
    try:
        return tomllib.loads(text.removeprefix(_MARK))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TomlError(str(error)) from error


def value_at(text: str, path: Sequence[str]) -> Any:
    """The value at the end of a path, or None. Raises TomlError."""
    value: Any = read(text)
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def set_table(text: str, path: Sequence[str], values: Mapping[str, Any]) -> str:
    """Let the table at ``path`` have these values; others that it has stay. Raises TomlError."""
    if text.startswith(_MARK):
        return _MARK + set_table(text[1:], path, values)
    found = value_at(text, path)
    if isinstance(found, Mapping) and all(key in found and found[key] == value for key, value in values.items()):
        return text
    if found is None and not _stands_inline(text, path[:-1]):
        changed = _with_lines(text, path, values)
    else:
        changed = _with_values(text, path, values)
    return _checked(changed, path, {**(found if isinstance(found, Mapping) else {}), **values}, text)


def remove_table(text: str, path: Sequence[str]) -> str:
    """Take the table at ``path`` away, with the tables in it. Raises TomlError and KeyError."""
    if text.startswith(_MARK):
        return _MARK + remove_table(text[1:], path)
    if value_at(text, path) is None:
        raise KeyError(".".join(path))
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    for start in (number for number, line in enumerate(lines) if _header_path(line) == list(path)):
        with contextlib.suppress(TomlError):  # this line looked like it, but stands in a text of many lines
            return _checked(_without_lines(lines, start, path), path, None, text)
    return _checked(_without_value(text, path), path, None, text)


def _checked(changed: str, path: Sequence[str], value: Any, text: str) -> str:
    """A changed text, if it means what the one before meant but for the value at ``path``."""
    if value_at(changed, path) != value or _without(read(changed), path) != _without(read(text), path):
        raise TomlError(f"{'.'.join(path)} cannot be changed without changing more. Change it by hand")
    return changed


def _without(values: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    """Values without the one at ``path``, and without tables that are empty for that."""
    first, *rest = path
    kept = dict(values)
    inner = kept.pop(first, None)
    if rest and isinstance(inner, Mapping) and (left := _without(inner, rest)):
        kept[first] = left
    return kept


def _stands_inline(text: str, path: Sequence[str]) -> bool:
    """Whether a table is written so that no lines below it could add to it."""
    if not isinstance(value_at(text, path), Mapping):
        return value_at(text, path) is not None
    try:
        read(f"{text}\n[{_dotted([*path, 'deskbell-may-stand-here'])}]\n")
    except TomlError:
        return True
    return False


def _with_lines(text: str, path: Sequence[str], values: Mapping[str, Any]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = [f"[{_dotted(path)}]", *(f"{_name(key)} = {_value(value)}" for key, value in values.items())]
    if not text:
        return text + newline.join([*lines, ""])
    if text.endswith("\n"):
        return text + newline + newline.join([*lines, ""])
    return text + newline * 2 + newline.join(lines)


def _without_lines(lines: Sequence[str], start: int, path: Sequence[str]) -> str:
    """Lines without those of the table that begins at ``start``; comments and empty lines behind it stay."""
    end = start + 1
    for number in range(start + 1, len(lines)):
        header = _header_path(lines[number])
        if header and header[: len(path)] != list(path):
            break
        if not _NOTHING.fullmatch(lines[number]):
            end = number + 1
    ends_with_line = end < len(lines) or lines[-1].endswith("\n")
    if start and not lines[start - 1].strip():
        start -= 1
    kept = "".join([*lines[:start], *lines[end:]])
    return kept if ends_with_line else kept.removesuffix("\n").removesuffix("\r")


def _header_path(line: str) -> list[str] | None:
    found = _HEADER.fullmatch(line)
    if not found:
        return None
    try:
        value: Any = tomllib.loads(f"{found['name']} = 0")
    except tomllib.TOMLDecodeError:
        return None
    path = []
    while isinstance(value, Mapping):
        key, value = next(iter(value.items()))
        path.append(key)
    return path


def _with_values(text: str, path: Sequence[str], values: Mapping[str, Any]) -> str:
    document = _document(text)
    table = document
    for key in path:
        if key not in table:
            table[key] = {}
        table = table[key]
        if not isinstance(table, MutableMapping):
            raise TomlError(f"{'.'.join(path)} cannot be a table, because {key} is none. Change it by hand")
    for key, value in values.items():
        if key not in table or table[key] != value:
            table[key] = value
    return _written(document)


def _without_value(text: str, path: Sequence[str]) -> str:
    document = _document(text)
    table = document
    for key in path[:-1]:
        table = table[key]
    del table[path[-1]]
    return _written(document)


def _document(text: str) -> Any:
    import tomlkit  # noqa: PLC0415 - mostly nobody needs it
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise TomlError(str(error)) from error


def _written(document: Any) -> str:
    import tomlkit  # noqa: PLC0415 - mostly nobody needs it

    return tomlkit.dumps(document)


def _dotted(path: Sequence[str]) -> str:
    return ".".join(map(_name, path))


def _name(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key, re.ASCII) else json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)  # a JSON string, number or bool is one of TOML as well
