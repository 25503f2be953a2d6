"""Files that only their owner may read or write, in a folder of the same kind.

On Windows a user's profile is private already, and rights are not looked at.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import stat
import sys
from pathlib import Path
from typing import Final

from deskbell.errors import EndpointUntrusted

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_NO_FOLLOW: Final[int] = getattr(os, "O_NOFOLLOW", 0)


def ensure_private_folder(folder: Path) -> None:
    """Create ``folder`` for its owner alone, or check that it is so. Raises EndpointUntrusted and OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_folder(folder)


def read_private(path: Path) -> str:
    """The text of a private file. Raises EndpointUntrusted, FileNotFoundError, UnicodeDecodeError and OSError."""
    if not os.path.lexists(path):
        raise FileNotFoundError(path)
    _check_folder(path.parent)
    if path.is_symlink():
        raise EndpointUntrusted(_is_link(path))
    with open(os.open(path, os.O_RDONLY | _NO_FOLLOW), encoding="utf-8") as file:  # noqa: PTH123 - not by its name
        _check(path, os.fstat(file.fileno()), "600")
        return file.read()


def replace_private(path: Path, text: str) -> None:
    """Write a private file in one step, so that a reader never sees half of it. Raises as the others do."""
    part = _write_part(path, text)
    try:
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def create_private(path: Path, text: str) -> bool:
    """Write the first private file of a folder in one step unless there is one; False if there was.

    Some systems keep settings and logs in the same folder, and those may have come first: it is made private here,
    before it holds anything that must be. Raises as the others do.
    """
    if os.path.lexists(path):
        return False
    _make_private(path.parent)
    part = _write_part(path, text)
    try:
        return _place(part, path)
    finally:
        part.unlink(missing_ok=True)


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not folder.is_symlink():
        with contextlib.suppress(PermissionError):  # the check that follows says whose it is
            folder.chmod(0o700)


def _place(part: Path, path: Path) -> bool:
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        part.replace(path)
    return True


def _write_part(path: Path, text: str) -> Path:
    import tempfile  # noqa: PLC0415 - whoever only reads does without

    ensure_private_folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from its first moment
    with contextlib.ExitStack() as on_error:
        on_error.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        on_error.pop_all()
    return Path(name)


def _check_folder(folder: Path) -> None:
    if folder.is_symlink():
        raise EndpointUntrusted(_is_link(folder))
    _check(folder, folder.stat(), "700")


def _check(path: Path, found: os.stat_result, rights: str) -> None:
    if sys.platform == "win32":
        return
    name = shlex.quote(str(path))
    if found.st_uid != os.geteuid():
        raise EndpointUntrusted(f"{path} belongs to another user. Make it yours: sudo chown {os.geteuid()} {name}")
    if found.st_mode & _OTHERS:
        raise EndpointUntrusted(f"Other users can reach {path}. Keep it to yourself: chmod {rights} {name}")


def _is_link(path: Path) -> str:
    return f"{path} is a symbolic link and could lead anywhere. Remove it: rm {shlex.quote(str(path))}"
