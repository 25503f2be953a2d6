"""Reading and replacing other programs' files: in one step, with their rights, behind links, and with a copy kept."""

from __future__ import annotations

import contextlib
import difflib
import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

from deskbell.errors import AgentFileRefused

_STAMP: Final = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class Change:
    """A file and its text before and after; None where there is no file."""

    path: Path
    before: str | None
    after: str | None

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return self.before != self.after

    def diff(self) -> str:
        """The change as ``diff -u`` shows it."""
        old, new = _lines(self.before), _lines(self.after)
        names = (
            str(self.path) if self.before is not None else os.devnull,
            str(self.path) if self.after is not None else os.devnull,
        )
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in difflib.unified_diff(old, new, *names)
        )


def read_text(path: Path) -> str | None:
    """What a file holds, to the character, or None if there is none. Raises AgentFileRefused."""
    with _telling(path, "read"):
        try:
            return path.read_bytes().decode()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except UnicodeDecodeError as error:
            raise AgentFileRefused(
                f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8, then try again."
            ) from error


def write_text(change: Change) -> list[Path]:
    """Carry out a change, unless somebody else has changed the file meanwhile; the folders that were made for it.

    Raises AgentFileRefused.
    """
    if read_text(change.path) != change.before:
        raise AgentFileRefused(f"{change.path} has just been changed by another program. Try again.")
    with _telling(change.path, "written"):
        if change.after is None:
            change.path.unlink()
            return []
        target = change.path.resolve()  # of a link, what it points to
        made = _make_folders(target.parent)
        _replace(target, change.after)
        return made


def back_up(path: Path, text: str, now: datetime) -> Path:
    """Keep ``text``, what ``path`` holds, in a file beside it with the same rights. Raises AgentFileRefused."""
    stamp = now.strftime(_STAMP)
    names = (f"{path.name}.deskbell-{stamp}{f'-{n}' if n > 1 else ''}.bak" for n in count(1))
    copy = next(copy for name in names if not os.path.lexists(copy := path.with_name(name)))
    with _telling(copy, "written"):
        mode = stat.S_IMODE(path.stat().st_mode)
        handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        copy.chmod(mode)
    return copy


def _make_folders(folder: Path) -> list[Path]:
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return made


def _replace(path: Path, text: str) -> None:
    """Write a file in one step, so that a reader never sees half of it."""
    before = path.stat() if path.exists() else None
    if before and not (before.st_mode & stat.S_IWUSR and os.access(path, os.W_OK)):
        raise PermissionError(errno.EACCES, "it is read-only")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        part.chmod(stat.S_IMODE(before.st_mode) if before else 0o666 & ~_umask())
        if before and hasattr(os, "chown"):
            with contextlib.suppress(PermissionError):
                os.chown(part, before.st_uid, before.st_gid)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def _telling(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:  # RuntimeError is how some Pythons tell of links in a circle
        reason = getattr(error, "strerror", None) or error
        raise AgentFileRefused(f"{path} cannot be {what}: {reason}. Mend that, then try again.") from error


def _lines(text: str | None) -> list[str]:
    return [] if text is None else text.replace("\r\n", "\n").splitlines(keepends=True)
