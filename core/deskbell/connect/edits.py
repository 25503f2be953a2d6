"""What is to stand in a configuration file, and the text with it and without it.

Everything here is about texts: no file is touched. Entries are known again by their name, hooks by the command they
run, so that they are found wherever a person has moved them to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from deskbell.connect import jsonc_edit, toml_edit
from deskbell.connect.jsonc import JsoncError
from deskbell.connect.toml_edit import TomlError

Path: TypeAlias = tuple[str, ...]

_COMMAND_KEYS: Final = ("command", "bash", "powershell")


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of our own at a path; what else it has stays.

    ``defaults`` are set where nothing else is. ``instead`` is where it goes in a file that already has the object
    around that place.
    """

    path: Path
    value: Mapping[str, Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    instead: Entry | None = None

    def wanted(self, found: Any) -> Mapping[str, Any]:
        """What it is to have, given what is there."""
        had = found if isinstance(found, Mapping) else {}
        return {**self.value, **{key: value for key, value in self.defaults.items() if key not in had}}


@dataclass(frozen=True, slots=True)
class Hook:
    """An item of the list at ``path`` that runs ``deskbell hook NAME``; it may have others beside it in ``hooks``."""

    path: Path
    name: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Required:
    """A value that a file must have at its top for the others to count."""

    key: str
    value: Any


Edit: TypeAlias = Entry | Hook | Required


@dataclass(slots=True)
class Added:
    """What was made in a file besides the entries and hooks themselves, so that it can go with them."""

    is_new: bool = False
    paths: set[Path] = field(default_factory=set)

    def covers(self, path: Path) -> bool:
        """Whether what stands at ``path`` was made here."""
        return any(path[: len(made)] == made for made in self.paths)


class Unreadable(ValueError):
    """The text cannot be understood or changed; says where."""


def with_edits(text: str, edits: Iterable[Edit], added: Added, *, is_toml: bool = False) -> str:
    """The text with everything that is to be in it; ``added`` learns what had to be made. Raises Unreadable."""
    try:
        for edit in edits:
            text = _with_table(text, edit) if is_toml else _with_edit(text, edit, added)
    except (JsoncError, TomlError) as error:
        raise Unreadable(str(error)) from error
    return text


def without_edits(text: str, edits: Sequence[Edit], added: Added | None, *, is_toml: bool = False) -> str:
    """The text with none of it. Raises Unreadable.

    What was made for it goes too when nothing else is in it; without knowing (``added`` is None) that is whatever
    has become empty.
    """
    try:
        for edit in reversed(edits):
            text = _without_table(text, edit) if is_toml else _without_edit(text, edit, added)
    except (JsoncError, TomlError) as error:
        raise Unreadable(str(error)) from error
    return text


def runs_hook(hook: Any, name: str) -> bool:
    """Whether a hook's command is ``deskbell hook NAME``, however it is written."""
    if not isinstance(hook, Mapping):
        return False
    arguments = hook.get("args")
    rest = " ".join(map(str, arguments)) if isinstance(arguments, list) else ""
    pattern = rf"deskbell[^\s\"'/\\]*[\"']?\s+hook\s+{re.escape(name)}(?![\w-])"
    return any(re.search(pattern, f"{hook.get(key, '')} {rest}", re.IGNORECASE) for key in _COMMAND_KEYS)


def find_hooks(items: Any, name: str) -> Iterator[tuple[int, ...]]:
    """Where in a list of hooks ours are: their numbers, or the group's number and theirs in it."""
    for number, item in enumerate(items if isinstance(items, list) else []):
        if runs_hook(item, name):
            yield (number,)
        inner = item.get("hooks") if isinstance(item, Mapping) else None
        for inner_number, hook in enumerate(inner if isinstance(inner, list) else []):
            if runs_hook(hook, name):
                yield (number, inner_number)


def entry_in_force(text: str, edit: Entry, *, is_toml: bool = False) -> Any:
    """What the file has in the place of an entry. Raises JsoncError and TomlError."""
    if is_toml:
        return toml_edit.value_at(text, edit.path)
    found = jsonc_edit.value_at(text, edit.path)
    return entry_in_force(text, edit.instead) if found is None and edit.instead else found


def _with_edit(text: str, edit: Edit, added: Added) -> str:
    match edit:
        case Entry(instead=Entry() as other) if isinstance(jsonc_edit.value_at(text, other.path[:-1]), Mapping):
            return _with_edit(text, other, added)
        case Entry():
            found = jsonc_edit.value_at(text, edit.path)
            if not isinstance(found, Mapping):
                return _put(text, edit.path, edit.wanted(found), added)
            return _with_members(text, edit.path, edit.wanted(found))
        case Hook():
            return _with_hook(text, edit, added)
        case Required():
            if jsonc_edit.value_at(text, (edit.key,)) is not None:
                return text
            return _put(text, (edit.key,), edit.value, added)


def _with_hook(text: str, edit: Hook, added: Added) -> str:
    items = jsonc_edit.value_at(text, edit.path)
    for place in find_hooks(items, edit.name):
        inner = place if len(place) == 1 else (place[0], "hooks", place[1])
        own = edit.value if "hooks" not in edit.value or len(place) == 1 else edit.value["hooks"][0]
        return _with_members(text, (*edit.path, *inner), own)
    if items is None:
        return _put(text, edit.path, [edit.value], added)
    return jsonc_edit.insert(text, edit.path, None, edit.value)


def _with_members(text: str, path: Sequence[str | int], values: Mapping[str, Any]) -> str:
    """Members set where they differ."""
    found = jsonc_edit.value_at(text, path)
    for key, value in values.items():
        if key not in found:
            text = jsonc_edit.insert(text, path, key, value)
        elif found[key] != value:
            text = jsonc_edit.replace(text, (*path, key), value)
    return text


def _put(text: str, path: Path, value: Any, added: Added) -> str:
    """A value at a path, with the objects around it as far as they are missing."""
    if jsonc_edit.value_at(text, path) is not None:
        return jsonc_edit.replace(text, path, value)
    depth = next(n for n in range(len(path)) if jsonc_edit.value_at(text, path[: n + 1]) is None)
    for key in reversed(path[depth + 1 :]):
        value = {key: value}
    made = path[: depth + 1]
    if jsonc_edit.has(text, made):  # null
        return jsonc_edit.replace(text, made, value)
    added.paths.add(made)
    return jsonc_edit.insert(text, path[:depth], path[depth], value)


def _without_edit(text: str, edit: Edit, added: Added | None) -> str:
    match edit:
        case Entry():
            text = _without_edit(text, edit.instead, added) if edit.instead else text
            if not jsonc_edit.has(text, edit.path):
                return text
            return _pruned(jsonc_edit.remove(text, edit.path), edit.path[:-1], added)
        case Hook():
            return _without_hooks(text, edit, added)
        case Required():
            is_ours = added is not None and (edit.key,) in added.paths
            others = jsonc_edit.value_at(text, ()) or {}
            if not is_ours or edit.key not in others or (added and added.is_new and len(others) > 1):
                return text
            return jsonc_edit.remove(text, (edit.key,))


def _without_hooks(text: str, edit: Hook, added: Added | None) -> str:
    places = list(find_hooks(jsonc_edit.value_at(text, edit.path), edit.name))
    for place in reversed(places):
        inner = place if len(place) == 1 else (place[0], "hooks", place[1])
        text = jsonc_edit.remove(text, (*edit.path, *inner))
        if len(place) > 1 and not jsonc_edit.value_at(text, (*edit.path, place[0], "hooks")):
            text = jsonc_edit.remove(text, (*edit.path, place[0]))
    return _pruned(text, edit.path, added) if places else text


def _pruned(text: str, path: Path, added: Added | None) -> str:
    """Without the objects and lists on the way to ``path`` that are empty now and were made for us."""
    while path and (added is None or added.covers(path)) and jsonc_edit.value_at(text, path) in ({}, []):
        text, path = jsonc_edit.remove(text, path), path[:-1]
    return text


def _with_table(text: str, edit: Edit) -> str:
    if not isinstance(edit, Entry):
        return text
    return toml_edit.set_table(text, edit.path, edit.wanted(toml_edit.value_at(text, edit.path)))


def _without_table(text: str, edit: Edit) -> str:
    if not isinstance(edit, Entry) or toml_edit.value_at(text, edit.path) is None:
        return text
    return toml_edit.remove_table(text, edit.path)
