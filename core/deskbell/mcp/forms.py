"""A form as text: a flat JSON Schema, as MCP elicitation has it, told to a person and read from what they write."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from deskbell.errors import InvalidQuestion
from deskbell.task import Option

MAX_FIELDS: Final = 50

_TYPES: Final = frozenset({"string", "number", "integer", "boolean", "array"})
_TRUE: Final = frozenset({"true", "yes", "y", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "n", "off", "0"})
_LINE: Final = re.compile(r"\s*(?:[-*]\s+)?(?P<name>[^:=]{1,200}?)\s*[:=]\s*(?P<value>.*?)\s*")


@dataclass(frozen=True, slots=True)
class Field:
    """One value that is asked for. ``choices`` are its allowed values with what a person reads for each."""

    name: str
    kind: str
    title: str
    about: str
    required: bool
    choices: Mapping[str, str]
    low: float = -math.inf
    high: float = math.inf

    def describe(self) -> str:
        """A line of Markdown."""
        shown = f"**{self.name}**" if self.title == self.name else f"**{self.name}** ({self.title})"
        notes = [self.about] if self.about else []
        if self.choices:
            some = "some" if self.kind == "array" else "one"
            notes.append(
                f"{some} of: " + ", ".join(_choice_words(value, title) for value, title in self.choices.items())
            )
        elif self.kind != "string":
            notes.append({"boolean": "yes or no", "integer": "a whole number"}.get(self.kind, "a number"))
        if not self.required:
            notes.append("optional")
        return f"- {shown}" + (": " + "; ".join(notes) if notes else "")

    def read(self, text: str) -> Any:
        """The value that ``text`` stands for, None if it stands for none."""
        match self.kind:
            case "boolean":
                return {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}.get(text.lower())
            case "array":
                chosen = [self._choice(part.strip()) for part in text.split(",")]
                return None if None in chosen else chosen
            case "integer" | "number":
                return self._number(text)
            case _:
                return self._choice(text) if self.choices else text

    def _choice(self, text: str) -> str | None:
        wanted = text.casefold()
        return next((value for value, title in self.choices.items() if wanted in _folded(value, title)), None)

    def _number(self, text: str) -> float | int | None:
        try:
            number = int(text) if self.kind == "integer" else float(text)
        except ValueError:
            return None
        return number if math.isfinite(number) and self.low <= number <= self.high else None


@dataclass(frozen=True, slots=True)
class Form:
    """The values that a question asks for."""

    fields: tuple[Field, ...]

    def describe(self) -> str:
        """What to add to the question, in Markdown."""
        lines = "\n".join(field.describe() for field in self.fields)
        how = "Write the value." if len(self.fields) == 1 else "Write one line for each: `name: value`."
        return f"{how}\n\n{lines}"

    def options(self) -> list[Option]:
        """Buttons, for a form that is nothing but one choice."""
        if len(self.fields) != 1:
            return []
        field = self.fields[0]
        if field.kind == "boolean":
            return [Option("Yes", "true"), Option("No", "false")]
        return [Option(title, value) for value, title in field.choices.items()]

    @property
    def is_multiple(self) -> bool:
        """Whether several of ``options`` may be chosen."""
        return self.fields[0].kind == "array"

    def read(self, options: tuple[str, ...], text: str) -> dict[str, Any]:
        """The values in an answer, as far as they can be read; the others are left out."""
        if len(self.fields) == 1:
            field = self.fields[0]
            said = ", ".join(options) if options and self.options() else text.strip()
            lines = dict(self._lines(text))
            value = field.read(lines.get(field.name, said)) if said or lines else None
            return {} if value is None else {field.name: value}
        return dict(self._values(text))

    def missing(self, values: Mapping[str, Any]) -> list[str]:
        """Required fields that have no value."""
        return [field.name for field in self.fields if field.required and field.name not in values]

    def _values(self, text: str) -> Iterator[tuple[str, Any]]:
        fields = {field.name: field for field in self.fields}
        for name, said in self._lines(text):
            value = fields[name].read(said) if said else None
            if value is not None:
                yield name, value

    def _lines(self, text: str) -> Iterator[tuple[str, str]]:
        names = {name.casefold(): field.name for field in self.fields for name in (field.title, field.name)}
        for line in text.splitlines():
            found = _LINE.fullmatch(line)
            if found and (name := names.get(found["name"].strip("*` ").casefold())):
                yield name, found["value"]


def read_form(schema: Mapping[str, Any]) -> Form:
    """A form from its JSON Schema. Raises InvalidQuestion for one that is not flat."""
    properties = schema.get("properties")
    if schema.get("type", "object") != "object" or not isinstance(properties, dict) or not properties:
        raise InvalidQuestion(
            "form", 'The form is not {"type": "object", "properties": {…}} with at least one property.'
        )
    if len(properties) > MAX_FIELDS:
        raise InvalidQuestion("form", f"The form has {len(properties)} fields. Ask for at most {MAX_FIELDS}.")
    required = schema.get("required")
    names = set(required) if isinstance(required, list) and all(isinstance(name, str) for name in required) else set()
    return Form(tuple(_field(name, about, name in names) for name, about in properties.items()))


def _field(name: str, schema: Any, required: bool) -> Field:
    if not isinstance(schema, dict) or schema.get("type", "string") not in _TYPES:
        raise InvalidQuestion(
            f"form.{name}",
            f"The field {name!r} is neither text, a number, yes or no, nor a choice. Keep the form flat.",
        )
    kind = schema.get("type", "string")
    choices = _choices(schema.get("items") if kind == "array" else schema)
    if kind == "array" and not choices:
        raise InvalidQuestion(f"form.{name}", f"The list {name!r} does not say what it may hold. Give items an enum.")
    return Field(
        name=name,
        kind=kind,
        title=_words(schema.get("title")) or name,
        about=_words(schema.get("description")),
        required=required,
        choices=choices,
        low=_limit(schema.get("minimum"), -math.inf),
        high=_limit(schema.get("maximum"), math.inf),
    )


def _choices(schema: Any) -> dict[str, str]:
    """The allowed values and their titles, in each of the ways that elicitation has had."""
    if not isinstance(schema, dict):
        return {}
    for key in ("oneOf", "anyOf"):
        entries = schema.get(key)
        if isinstance(entries, list):
            return {
                str(each["const"]): _words(each.get("title")) or str(each["const"])
                for each in entries
                if "const" in each
            }
    values = schema.get("enum")
    if not isinstance(values, list):
        return {}
    titles = schema.get("enumNames")
    if not (isinstance(titles, list) and len(titles) == len(values)):
        titles = values
    return {str(value): str(title) for value, title in zip(values, titles, strict=True)}


def _limit(value: Any, default: float) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else default


def _words(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _choice_words(value: str, title: str) -> str:
    return json.dumps(value, ensure_ascii=False) if value == title else f"{title} ({value})"


def _folded(value: str, title: str) -> tuple[str, str]:
    return value.casefold(), title.casefold()
