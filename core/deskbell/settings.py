"""Settings in a TOML file that people edit: typed, checked line by line, applied while running."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from deskbell.errors import InvalidSettings
from deskbell.task import ASK_AGAIN, DEFAULT_TIMEOUT, MAX_TIMEOUT, RESUME_SECONDS

DEFAULT_PORT: Final = 2355

_ORIGIN: Final = re.compile(
    r"(?!http://[^/]*:80\Z|https://[^/]*:443\Z)"  # browsers leave these out
    r"[a-z][a-z0-9+.-]*://([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?"
)
"""An origin as browsers write it (RFC 6454, section 6.2)."""


_SHOWN_CHARACTERS: Final = 80


@dataclass(frozen=True, slots=True)
class Rule:
    """What a key accepts, for checking it and for explaining it."""

    about: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    items: re.Pattern[str] | None = None
    """What each string of a list looks like; ``item_form`` says it in words."""
    item_form: str = ""

    def refusal(self, value: object, default: object) -> str | None:
        """Why ``value`` cannot stand where ``default`` stood; None if it can."""
        if isinstance(default, bool):
            return None if isinstance(value, bool) else "give true or false"
        if isinstance(default, int):
            fits = isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high
            return None if fits else f"give a whole number of {self.unit or 'units'}, {self.range}"
        if isinstance(default, tuple):
            return self._list_refusal(value)
        if self.choices:
            return None if value in self.choices else f"give one of {', '.join(map(repr, self.choices))}"
        return None if isinstance(value, str) and value.strip() else "give some text in double quotes"

    def _list_refusal(self, value: object) -> str | None:
        if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            return "give a list of strings in double quotes"
        unfit = [item for item in value if self.items and not self.items.fullmatch(item)]
        return f"{_shown(unfit[0])} can never match, write {self.item_form}" if unfit else None

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
        RESUME_SECONDS,
        "A countdown that goes on has at least this much left.",
        unit="seconds",
        low=0,
        high=MAX_TIMEOUT,
    )


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Where agents ring."""

    port: int = _setting(
        DEFAULT_PORT,
        "Port on this machine; the next free one is used if it is taken. Takes effect at the next start.",
        unit="port",
        low=1024,
        high=65535,
    )
    max_open_tasks: int = _setting(
        100, "Questions that may wait at the same time.", unit="questions", low=1, high=10000
    )
    question_burst: int = _setting(
        1000, "Questions that one client may ask in one go.", unit="questions", low=1, high=100_000
    )
    questions_per_second: int = _setting(
        100, "Questions a second that one client may ask after that.", unit="questions", low=1, high=100_000
    )
    max_waiters: int = _setting(
        2000, "Clients that may wait for answers or follow events at the same time.", unit="clients", low=1, high=10000
    )
    allowed_origins: tuple[str, ...] = _setting(
        (),
        "Web pages that may ring, such as http://localhost:3000; none by default.",
        items=_ORIGIN,
        item_form="scheme://host or scheme://host:port, in small letters, with nothing after it and no usual port",
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
class HistorySettings:
    """How much of the past is kept."""

    keep_questions: int = _setting(
        10_000, "Questions that stay readable after they have ended.", unit="questions", low=0, high=100_000
    )
    keep_days: int = _setting(365, "How long they stay readable.", unit="days", low=1, high=36_500)
    keep_megabytes: int = _setting(
        500, "Room for them on the disk, their files included.", unit="megabytes", low=10, high=100_000
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, by section."""

    countdown: CountdownSettings = CountdownSettings()
    listener: ListenerSettings = ListenerSettings()
    window: WindowSettings = WindowSettings()
    history: HistorySettings = HistorySettings()

    def get(self, key: str) -> Any:
        """The value of a key such as ``countdown.default_seconds``. Raises InvalidSettings for an unknown one."""
        found = find_key(key)
        return getattr(getattr(self, found.section), found.name)


_DEFAULTS = Settings()
_SECTIONS = frozenset(item.name for item in fields(Settings))


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
    """The key written ``section.name``. Raises InvalidSettings, which lists the known ones."""
    for key in keys():
        if str(key) == name:
            return key
    raise InvalidSettings(f"There is no setting {name!r}. Known: {', '.join(map(str, keys()))}.")


def as_toml(value: Any) -> str:
    """A value as it stands in the file: TOML's basic strings, arrays, numbers and booleans are written as JSON's."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def read_settings(path: Path, current: Settings | None = None) -> Loaded:
    """Read a settings file; a missing one means defaults. What is wrong is reported and the rest applies.

    ``current`` are the settings in force. They stay in place of whatever cannot be used, a single value or a file that
    cannot be read at all: a slip while editing resets nothing. Without them, at the start, the defaults are used.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return Loaded(Settings())
    except OSError as error:
        return _unusable(path, 1, f"cannot be read: {error}", current)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return _unusable(path, line, "not UTF-8. Save it as UTF-8", current)
    return parse_settings(text, path, current)


def parse_settings(text: str, path: Path, current: Settings | None = None) -> Loaded:
    """Read settings from TOML as ``read_settings`` does; ``path`` is only named in problems. Never raises."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError also for a number of thousands of digits
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
        return _unusable(path, line, f"not valid TOML: {error}", current)
    settings, problems = Settings(), []
    for section, name, value in _entries(document):
        settings, complaint = _with(settings, current, section, name, value)
        if complaint:
            problems.append(Problem(path, _line_of(text, section, name), complaint))
    return Loaded(settings, tuple(problems))


def _unusable(path: Path, line: int, why: str, current: Settings | None) -> Loaded:
    used = "The default settings are used" if current is None else "What was set before stays in force"
    return Loaded(current or Settings(), (Problem(path, line, f"{why}. {used}."),))


def _entries(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for section, content in document.items():
        if isinstance(content, dict) and (content or section in _SECTIONS):
            yield from ((section, name, value) for name, value in content.items())
        else:
            yield "", section, content


def _with(
    settings: Settings, current: Settings | None, section: str, name: str, value: object
) -> tuple[Settings, str | None]:
    """``settings`` with one value changed, to the one in ``current`` if it cannot be used, and then why."""
    key = next((key for key in keys() if (key.section, key.name) == (section, name)), None)
    if key is None:
        return _with_misplaced(settings, current, f"{section}.{name}".lstrip("."))
    refusal = key.rule.refusal(value, key.default)
    if refusal is None:
        usable = tuple(value) if isinstance(value, list) else value
        return _replaced(settings, key, usable), None
    kept = (current or _DEFAULTS).get(str(key))
    used = f"The default {kept!r} is used" if current is None else f"{kept!r} stays in force"
    return _replaced(settings, key, kept), f"{key} is {_shown(value)}; {refusal}. {used}."


def _with_misplaced(settings: Settings, current: Settings | None, name: str) -> tuple[Settings, str]:
    """``settings`` after a name that is none; what stands in place of a section leaves that as it was."""
    section = name.partition(".")[0]
    names = [key.name for key in keys() if key.section == section and name != section]
    hint = f"[{section}] knows {', '.join(names)}" if names else f"sections are {', '.join(sorted(_SECTIONS))}"
    if name in _SECTIONS:
        settings = replace(settings, **{name: getattr(current or _DEFAULTS, name)})
        used = f"The defaults of [{name}] are used" if current is None else f"[{name}] stays in force as it was"
        hint = f"{hint}. {used}"
    return settings, f"unknown key {name!r}; {hint}."


def _replaced(settings: Settings, key: Key, value: object) -> Settings:
    return replace(settings, **{key.section: replace(getattr(settings, key.section), **{key.name: value})})


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
