"""A file that is there when it is complete, and not before."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from deskbell.errors import DeskbellError


class Unwritable(DeskbellError):
    """A file is in the way, or cannot be written where it should be."""


@contextlib.contextmanager
def new_file(path: Path, *, replace: bool) -> Iterator[TextIO]:
    """A text file in UTF-8, for its owner alone, that appears as ``path`` when the block has ended well.

    Raises Unwritable: for a file that is there already unless ``replace``, for what is no file, and when the disk or
    the folder does not take it. Then nothing is left behind.
    """
    if not replace and os.path.lexists(path):
        raise _in_the_way(path)
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise Unwritable(f"{path} is no file. Choose another name.")
    part = None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        part = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _place(part, target, replace=replace)
    except FileExistsError:
        raise _in_the_way(path) from None
    except OSError as error:
        raise Unwritable(f"{path} cannot be written: {error.strerror or error}. Choose another place.") from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def _place(part: Path, target: Path, *, replace: bool) -> None:
    if not replace:
        try:
            target.hardlink_to(part)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if target.exists():
                raise FileExistsError from None
        else:
            return
    part.replace(target)


def _in_the_way(path: Path) -> Unwritable:
    return Unwritable(f"{path} is there already. Choose another name, or replace it with --force.")
