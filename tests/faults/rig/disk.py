"""A disk that gets full or takes nothing, for the process that runs here."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

from deskbell.journal import store

_BLOCK = bytes(4096)
_FILLER = "filler"


@functools.cache
def namespace() -> tuple[str, ...] | None:
    """What to start a program with so that it may mount for itself alone; None if this machine lets nobody."""
    for words in (("unshare", "--mount"), ("unshare", "--map-root-user", "--mount")):
        try:
            trial = [*words, "mount", "-t", "tmpfs", "none", "/mnt"]
            subprocess.run(trial, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError):
            continue
        return words
    return None


class SmallDisk:
    """A file system of so many bytes in a folder. It stays until all processes of its namespace have ended."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.path.ismount(folder):
            _mount("-t", "tmpfs", "-o", f"size={size},mode=700", "none", str(folder))

    def fill(self) -> None:
        """Leave no room."""
        with (self._folder / _FILLER).open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(_BLOCK)
            except OSError:
                return

    def free(self) -> None:
        """Make room again."""
        (self._folder / _FILLER).unlink()

    def protect(self) -> None:
        """Take nothing new."""
        _mount("-o", "remount,ro", str(self._folder))

    def unprotect(self) -> None:
        """Take what comes."""
        _mount("-o", "remount,rw", str(self._folder))


class FewPages:
    """What comes nearest where nothing can be mounted: SQLite is told that its file must not grow or change."""

    def __init__(self) -> None:
        self._is_read_only = False
        self._connections: list[store.sqlite3.Connection] = []
        connect = store.connect

        @functools.wraps(connect)
        def noted(path: Path, *, read_only: bool = False) -> store.sqlite3.Connection:
            self._connections.append(connect(path, read_only=read_only or self._is_read_only))
            return self._connections[-1]

        store.connect = noted

    def fill(self) -> None:
        """Leave no room."""
        self._limit(1)  # which SQLite takes for as many as there are

    def free(self) -> None:
        """Make room again."""
        self._limit(1_000_000)

    def protect(self) -> None:
        """Take nothing new."""
        self._is_read_only = True

    def unprotect(self) -> None:
        """Take what comes."""
        self._is_read_only = False

    def _limit(self, pages: int) -> None:
        self._connections[-1].execute(f"PRAGMA max_page_count = {pages}").fetchall()


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)
