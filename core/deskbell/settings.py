"""Settings in a TOML file that people edit: typed, checked line by line, applied while running."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from deskbell.task import ASK_AGAIN, DEFAULT_TIMEOUT, MAX_TIMEOUT


@dataclass(frozen=True, slots=True)
class Rule:
    """What a key accepts, for checking it and for explaining it."""

    about: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()

    def refusal(self, value: object, default: object) -> str | None:
        """Why ``value`` cannot stand where ``default`` stood; None if it can."""
        if isinstance(default, bool):
            return None if isinstance(value, bool) else "give true or false"
        if isinstance(default, int):
            fits = isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high
            return None if fits else f"give a whole number of {self.unit or 'units'}, {self.range}"
        if isinstance(default, tuple):
            fits = isinstance(value, list) and all(isinstance(item, str) for item in value)
            return None if fits else "give a list of strings in double quotes"
        if self.choices:
            return None if value in self.choices else f"give one of {', '.join(map(repr, self.choices))}"
        return None if isinstance(value, str) and value.strip() else "give some text in double quotes"

    @property
    def range(self) -> str:
        """The accepted numbers, in words."""
        return f"{self.low:g} to {self.high:g}"

    @property
    def accepts(self) -> str:
        """What may be written, in a few words; empty where anything of the type goes."""
        if self.choices:
            return " | ".join(self.choices)
        return f"{self.range} {self.unit}".strip() if math.isfinite(self.high) else ""


def _setting(default: Any, about: str, **rule: Any) -> Any:
    return field(default=default, metadata={"rule": Rule(about, **rule)})


@dataclass(frozen=True, slots=True)
class CountdownSettings:
    """How long a question waits, and what it answers then."""

    default_seconds: int = _setting(
        DEFAULT_TIMEOUT,
        "Countdown of a question whose asker chose none; 0 for none at all.",
        unit="seconds",
        low=0,
        high=MAX_TIMEOUT,
    )
    timeout_text: str = _setting(ASK_AGAIN, "What the asker reads when time runs out and nothing was typed.")
    busy_seconds: int = _setting(
        60, "A countdown stands still this long after the last key, click or scroll.", unit="seconds", low=1, high=3600
    )
    resume_seconds: int = _setting(
        30, "A countdown that goes on has at least this much left.", unit="seconds", low=0, high=MAX_TIMEOUT
    )


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Where agents ring."""

    port: int = _setting(
        2355,
        "Port on this machine; the next free one is used if it is taken. Takes effect at the next start.",
        unit="port",
        low=1024,
        high=65535,
    )
    max_open_tasks: int = _setting(
        100, "Questions that may wait at the same time.", unit="questions", low=1, high=10000
    )
    allowed_origins: tuple[str, ...] = _setting(
        (), "Web pages that may ring, such as http://localhost:3000; none by default."
    )


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """How the window behaves."""

    theme: str = _setting("system", "Colours.", choices=("system", "light", "dark"))
    come_forward: bool = _setting(True, "Show the window when a question arrives.")
    take_focus: bool = _setting(False, "Let a new question take the keyboard.")
    hide_when_done: bool = _setting(True, "Put the window away after the last answer, if it had come by itself.")
    arm_milliseconds: int = _setting(
        500,
        "Clicks and keys count only this long after a question has appeared.",
        unit="milliseconds",
        low=0,
        high=5000,
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, by section."""

    countdown: CountdownSettings = CountdownSettings()
    listener: ListenerSettings = ListenerSettings()
    window: WindowSettings = WindowSettings()

    def get(self, key: str) -> Any:
        """The value of a key such as ``countdown.default_seconds``. Raises KeyError."""
        section, name = split_key(key)
        return getattr(getattr(self, section), name)


_DEFAULTS = Settings()
_SECTIONS = frozenset(item.name for item in fields(Settings))
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the file, with its default and what it accepts."""

    section: str
    name: str
    default: Any
    rule: Rule

    def __str__(self) -> str:
        return f"{self.section}.{self.name}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that was passed over, and what to write instead."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file says: the settings that hold, and what was passed over."""

    settings: Settings
    problems: tuple[Problem, ...] = ()


def keys() -> Iterator[Key]:
    """Every key there is, in the order of the file."""
    for section in fields(Settings):
        for item in fields(getattr(_DEFAULTS, section.name)):
            yield Key(section.name, item.name, item.default, _rule(item))


def _rule(item: Field[Any]) -> Rule:
    rule: Rule = item.metadata["rule"]
    return rule


def find_key(name: str) -> Key:
    """The key written ``section.name``. Raises KeyError with a sentence that lists the known ones."""
    for key in keys():
        if str(key) == name:
            return key
    raise KeyError(f"There is no setting {name!r}. Known: {', '.join(map(str, keys()))}.")


def split_key(name: str) -> tuple[str, str]:
    """``section.name`` as a pair. Raises KeyError for an unknown key."""
    key = find_key(name)
    return key.section, key.name


def read_settings(path: Path) -> Loaded:
    """Read a settings file; a missing one means defaults. What is wrong is reported and the rest applies."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Loaded(Settings())
    except OSError as error:
        return Loaded(Settings(), (Problem(path, 1, f"cannot be read: {error}. Defaults are used."),))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Loaded(Settings(), (Problem(path, line, "not UTF-8. Save it as UTF-8; until then defaults are used."),))
    return parse_settings(text, path)


def parse_settings(text: str, path: Path) -> Loaded:
    """Read settings from TOML; ``path`` is only named in problems. Never raises."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError also for a number of thousands of digits
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
        return Loaded(Settings(), (Problem(path, line, f"not valid TOML: {error}. Defaults are used."),))
    settings, problems = Settings(), []
    for section, name, value in _entries(document):
        settings, complaint = _with(settings, section, name, value)
        if complaint:
            problems.append(Problem(path, _line_of(text, section, name), complaint))
    return Loaded(settings, tuple(problems))


def _entries(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for section, content in document.items():
        if isinstance(content, dict) and (content or section in _SECTIONS):
            yield from ((section, name, value) for name, value in content.items())
        else:
            yield "", section, content


def _with(settings: Settings, section: str, name: str, value: object) -> tuple[Settings, str | None]:
    """``settings`` with one value changed, or as they were and why."""
    known = {str(key): key for key in keys()}
    key = known.get(f"{section}.{name}")
    if key is None:
        sections = sorted({item.section for item in known.values()})
        names = [item.name for item in known.values() if item.section == section]
        hint = f"[{section}] knows {', '.join(names)}" if names else f"sections are {', '.join(sections)}"
        return settings, f"unknown key {f'{section}.{name}'.lstrip('.')!r}; {hint}."
    refusal = key.rule.refusal(value, key.default)
    if refusal:
        return settings, f"{key} is {_shown(value)}; {refusal}. The default {key.default!r} is used."
    usable = tuple(value) if isinstance(value, list) else value
    return replace(settings, **{section: replace(getattr(settings, section), **{name: usable})}), None


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python writes no numbers of thousands of digits
        text = "a huge number"
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def _line_of(text: str, section: str, name: str) -> int:
    """The line on which a key stands, as near as can be told without a parser that keeps positions."""
    here, section_line, wanted = "", 1, f"{section}.{name}".lstrip(".")
    for number, line in enumerate(text.split("\n"), 1):
        header = re.match(r"\s*\[\[?\s*([^\[\]]+?)\s*\]", line)
        if header:
            here = re.sub(r"[\"'\s]", "", header[1])
            if here == wanted:
                return number
            section_line = number if here == section else section_line
            continue
        found = re.match(r"\s*(.+?)\s*=", line)
        written = re.sub(r"[\"'\s]", "", found[1]) if found else ""
        if f"{here}.{written}".lstrip(".") == wanted:
            return number
    return section_line
