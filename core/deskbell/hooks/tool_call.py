"""What a tool is about to do, in a form that a person can judge: the command, the change, or all of its arguments."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from deskbell.hooks.inquiry import Json, objects_in, text_in
from deskbell.hooks.page import block, code, diff, page, plain, quote

MAX_CHARACTERS: Final = 1_000_000
"""More than this nobody reads, so it is not for the desk to ask."""

_LINE: Final = 120  # characters that one takes in at a glance

_PATCH: Final = "*** Begin Patch"
_PATHS: Final = ("file_path", "path", "notebook_path", "filePath")
_OLD: Final = ("old_string", "old_str", "oldString")
_NEW: Final = ("new_string", "new_str", "newString", "new_source")
_WHOLE: Final = ("content", "file_text")
_LANGUAGES: Final = {
    ".py": "python", ".js": "javascript", ".ts": "typescript", ".json": "json", ".md": "markdown", ".sh": "bash",
    ".rs": "rust", ".go": "go", ".c": "c", ".cpp": "cpp", ".java": "java", ".toml": "toml", ".yaml": "yaml",
    ".yml": "yaml", ".html": "html", ".css": "css", ".sql": "sql",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One use of a tool. ``subject`` is what it is about; ``shown`` is Markdown and leaves out nothing."""

    tool: str
    subject: str
    shown: str


def tool_call(tool: str, arguments: Any) -> ToolCall:
    """Describe a use of ``tool``; ``arguments`` are JSON, or a string of it."""
    given = _parsed(arguments)
    if not isinstance(given, dict):
        return ToolCall(tool, "", block(_json(given), "json") if given is not None else "")
    for describe in (_command, _edit, _whole_file, _plan):
        if call := describe(tool, dict(given)):
            return call
    return ToolCall(tool, text_in(given, *_PATHS, "url", "query"), block(_json(given), "json") if given else "")


def _parsed(arguments: Any) -> Any:
    if isinstance(arguments, str):
        try:
            return json.loads(arguments)
        except (ValueError, RecursionError):
            return arguments
    return arguments


def _command(tool: str, given: Json) -> ToolCall | None:
    command = given.pop("command", None) or given.pop("cmd", None)
    if isinstance(command, list) and command and all(isinstance(word, str) for word in command):
        command = shlex.join(command)
    if not isinstance(command, str):
        return None
    about = _taken(given, ("description",))
    language = "diff" if command.startswith(_PATCH) else "bash"
    return ToolCall(tool, command, page(plain(about), block(command, language), _rest(given)))


def _edit(tool: str, given: Json) -> ToolCall | None:
    path, about = _taken(given, _PATHS), _taken(given, ("description", "instruction"))
    edits = objects_in(given, "edits")
    if edits and len(edits) == len(given["edits"]) and all(_is_edit(edit) for edit in edits):
        del given["edits"]
    elif _is_edit(given):
        edits = [{name: given.pop(name) for name in (*_OLD, *_NEW) if name in given}]
    else:
        return None
    changes = [page(diff(_taken(edit, _OLD), _taken(edit, _NEW)), _rest(edit)) for edit in map(dict, edits)]
    return ToolCall(tool, path, page(code(path), plain(about), *changes, _rest(given)))


def _whole_file(tool: str, given: Json) -> ToolCall | None:
    path = _taken(given, _PATHS)
    content = _taken(given, _WHOLE)
    if not path or not content:
        return None
    return ToolCall(tool, path, page(code(path), block(content, _language(path)), _rest(given)))


def _plan(tool: str, given: Json) -> ToolCall | None:
    plan = _taken(given, ("plan",))
    return ToolCall(tool, "", page(quote(plan), _rest(given))) if plan else None


def _is_edit(given: Json) -> bool:
    return any(isinstance(given.get(name), str) for name in _NEW)


def _taken(given: Json, names: tuple[str, ...]) -> str:
    """The first of these that is a string, taken out."""
    name = next((name for name in names if isinstance(given.get(name), str)), None)
    return str(given.pop(name)) if name else ""


def _rest(given: Json) -> str:
    """Whatever else the tool was given: on a line, if it fits."""
    if not given:
        return ""
    line = json.dumps(given, ensure_ascii=False)
    return f"With {code(line)}" if len(line) <= _LINE else block(_json(given), "json")


def _language(path: str) -> str:
    return _LANGUAGES.get(PurePath(path.replace("\0", "")).suffix.lower(), "")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
