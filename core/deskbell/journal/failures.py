"""What SQLite and the operating system say went wrong, in the desk's words."""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from deskbell.errors import DiskFull, JournalBusy, JournalError, JournalUnusable

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LOCKED: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Nonsense(sqlite3.DatabaseError):
    """A row that nobody has written like that."""


def error_for(failure: sqlite3.Error | OSError) -> JournalError:
    """The error that tells an asker or a person about ``failure``."""
    if isinstance(failure, OSError):
        return DiskFull() if failure.errno in _NO_ROOM else JournalUnusable(failure.strerror or str(failure))
    code = _primary_code(failure)
    if code == sqlite3.SQLITE_FULL:
        return DiskFull()
    return JournalBusy() if code in _LOCKED else JournalUnusable(str(failure))


def is_lock(failure: sqlite3.Error | OSError) -> bool:
    """Whether another program holds a lock, so that trying again may help."""
    return isinstance(failure, sqlite3.Error) and _primary_code(failure) in _LOCKED


def is_damage(failure: BaseException) -> bool:
    """Whether the file is not, or not any more, what SQLite wrote."""
    if isinstance(failure, Nonsense):
        return True
    return isinstance(failure, sqlite3.DatabaseError) and _primary_code(failure) in _DAMAGED


def _primary_code(failure: sqlite3.Error) -> int:
    code: int = getattr(failure, "sqlite_errorcode", 0) or 0
    return code & 0xFF
