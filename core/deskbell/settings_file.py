"""Writing the settings file, keeping what people wrote in it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from deskbell.errors import InvalidSettings, SettingsUnreachable
from deskbell.settings import Key, as_toml, find_key, keys


def template() -> str:
    """A file with every key commented out at its default."""
    lines = ["# Deskbell settings. Remove the # before a line to change it; changes apply when the file is saved.", ""]
    section = ""
    for key in keys():
        if key.section != section:
            section = key.section
            lines += [f"[{section}]"]
        accepts = f" ({key.rule.accepts})" if key.rule.accepts else ""
        lines += [f"# {key.rule.about}{accepts}", f"# {key.name} = {as_toml(key.default)}", ""]
    return "\n".join(lines)


def ensure_exists(path: Path) -> None:
    """Create the file with all keys commented out, unless there is one. Raises OSError."""
    if not path.exists():
        _write(path, template())


def set_value(path: Path, name: str, text: str) -> Any:
    """Set ``section.name`` from what somebody typed, keeping comments; the value as stored.

    Raises InvalidSettings and SettingsUnreachable.
    """
    import tomlkit  # noqa: PLC0415 - only who writes pays for it

    key = find_key(name)
    value = _value(key, text)
    with _reachable(path):
        ensure_exists(path)
        document = _document(path)
        if key.section not in document:
            document[key.section] = tomlkit.table()
        _table(document, key, path)[key.name] = value
        _write(path, tomlkit.dumps(document))
    return value


def unset_value(path: Path, name: str) -> None:
    """Go back to the default of ``section.name``. Raises InvalidSettings and SettingsUnreachable."""
    import tomlkit  # noqa: PLC0415 - only who writes pays for it

    key = find_key(name)
    with _reachable(path):
        document = _document(path)
        if key.section in document and key.name in (table := _table(document, key, path)):
            del table[key.name]
            _write(path, tomlkit.dumps(document))


@contextmanager
def _reachable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:  # RuntimeError is how some Pythons tell of links in a circle
        raise SettingsUnreachable(
            f"The settings in {path} cannot be read or written: {error}. Make that place writable."
        ) from error


def _document(path: Path) -> Any:
    import tomlkit  # noqa: PLC0415 - only who writes pays for it
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        return tomlkit.parse(path.read_text(encoding="utf-8-sig") if path.exists() else "")
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise InvalidSettings(f"{path} is not valid TOML: {error}. Mend it or move it away first.") from error


def _table(document: Any, key: Key, path: Path) -> MutableMapping[str, Any]:
    table = document[key.section]
    if not isinstance(table, MutableMapping):
        raise InvalidSettings(f"{key.section!r} is not a section in {path}. Write it as [{key.section}].")
    return cast("MutableMapping[str, Any]", table)


def _value(key: Key, text: str) -> Any:
    value: Any = text
    if isinstance(key.default, bool):
        value = {"true": True, "false": False}.get(text.lower(), text)
    elif isinstance(key.default, int):
        value = int(text) if re.fullmatch(r"-?\d{1,9}", text) else text
    elif isinstance(key.default, tuple):
        value = [item.strip() for item in text.split(",") if item.strip()]
    refusal = key.rule.refusal(value, key.default)
    if refusal:
        raise InvalidSettings(f"{key} cannot be {text!r}: {refusal}.")
    return value


def _write(path: Path, text: str) -> None:
    """Replace the file in one step, so that a reader never sees half of it."""
    path = path.resolve()  # of a link, what it points to
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
