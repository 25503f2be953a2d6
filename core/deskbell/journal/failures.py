"""What SQLite and the operating system say went wrong, in the desk's words."""

from __future__ import annotations

import errno
import logging
import sqlite3
from typing import Final

from deskbell.errors import DiskFull, JournalBusy, JournalDamaged, JournalError, JournalUnusable

Failure = sqlite3.Error | OSError | UnicodeDecodeError

FAILURES: Final = (sqlite3.Error, OSError, UnicodeDecodeError)
"""What SQLite and the disk raise. Text that is damaged may come as an error message as well, which is no UTF-8 then."""

log = logging.getLogger(__name__)

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LOCKED: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NO_TEXT: Final = "Could not decode to UTF-8"  # Python's own, without a code


class Nonsense(sqlite3.DatabaseError):
    """A row that nobody has written like that."""


class OutOfPlace(OSError):
    """The file was moved or removed while it was open."""


class LogGone(OutOfPlace):
    """The write-ahead log was moved or removed while it was open: whoever has it open can still read it."""


def error_for(failure: Exception) -> JournalError:
    """The error that tells an asker or a person about ``failure``; what nobody expected is logged."""
    if isinstance(failure, JournalError):
        return failure
    if is_damage(failure):
        return JournalDamaged(reason_of(failure))
    if isinstance(failure, OSError):
        return DiskFull() if failure.errno in _NO_ROOM else JournalUnusable(reason_of(failure))
    if not isinstance(failure, sqlite3.Error):
        log.error("The journal made a mistake", exc_info=failure)
        return JournalUnusable(f"{failure!r}")
    if _primary_code(failure) == sqlite3.SQLITE_FULL:
        return DiskFull()
    return JournalBusy() if is_lock(failure) else JournalUnusable(reason_of(failure))


def reason_of(failure: BaseException) -> str:
    """What is wrong, as far as it can be told."""
    if isinstance(failure, UnicodeDecodeError):
        return "what stands in it is no text"
    return getattr(failure, "strerror", None) or str(failure)


def is_lock(failure: Exception) -> bool:
    """Whether another program holds a lock, so that trying again may help."""
    return isinstance(failure, sqlite3.Error) and _primary_code(failure) in _LOCKED


def is_damage(failure: Exception) -> bool:
    """Whether the file is not, or not any more, what SQLite wrote."""
    if isinstance(failure, (Nonsense, UnicodeDecodeError)):
        return True
    if isinstance(failure, sqlite3.OperationalError) and str(failure).startswith(_NO_TEXT):
        return True
    return isinstance(failure, sqlite3.DatabaseError) and _primary_code(failure) in _DAMAGED


def is_wrong_schema(failure: BaseException) -> bool:
    """Whether the tables are not those that our statements are about."""
    return isinstance(failure, sqlite3.OperationalError) and _primary_code(failure) == sqlite3.SQLITE_ERROR


def _primary_code(failure: BaseException) -> int:
    code: int = getattr(failure, "sqlite_errorcode", 0) or 0
    return code & 0xFF
