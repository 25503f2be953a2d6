"""What connecting made besides our own entries: files, folders, sections and backups, so that all of it can go again.

It may be lost without harm. Then what has become empty goes with our entries, while files and backups stay.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from deskbell.connect.edits import Added
from deskbell.folders import state_folder

FILE_NAME: Final = "connected.json"


@dataclass(slots=True)
class Made:
    """What was made for one file."""

    added: Added = field(default_factory=Added)
    folders: list[Path] = field(default_factory=list)
    backups: list[Path] = field(default_factory=list)


class Record:
    """What was made, by file. ``save`` writes it down."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or state_folder() / FILE_NAME
        self._files: dict[Path, Made] = {}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            raw = json.loads(self._path.read_text(encoding="utf-8"))
            self._files = {Path(name): _from_json(made) for name, made in raw["files"].items()}

    def find(self, path: Path) -> Made | None:
        """What was made for a file, if anything is known."""
        return self._files.get(path)

    def of(self, path: Path) -> Made:
        """What was made for a file, to be added to."""
        return self._files.setdefault(path, Made())

    def forget(self, path: Path) -> None:
        """Nothing is left of what was made for a file."""
        self._files.pop(path, None)

    def save(self) -> None:
        """Keep it. Raises OSError."""
        if not self._files:
            self._path.unlink(missing_ok=True)
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"files": {str(path): _to_json(made) for path, made in self._files.items()}}, file, indent=2)
        Path(name).replace(self._path)


def _to_json(made: Made) -> dict[str, Any]:
    return {
        "is_new": made.added.is_new,
        "paths": sorted(map(list, made.added.paths)),
        "folders": [str(folder) for folder in made.folders],
        "backups": [str(backup) for backup in made.backups],
    }


def _from_json(raw: Any) -> Made:
    added = Added(bool(raw["is_new"]), {tuple(map(str, path)) for path in raw["paths"]})
    return Made(added, [Path(folder) for folder in raw["folders"]], [Path(backup) for backup in raw["backups"]])
