"""Attachments, as files beside the journal that are named by what is in them."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Container
from pathlib import Path
from typing import Final

_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Files:
    """A folder of files by the SHA-256 digest of their content. Any number of attachments may share one.

    Every method raises OSError when the disk does not take or give what it should.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, data: bytes) -> str:
        """Put ``data`` on disk, unless it is there, and return its digest. It is safe when this returns."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        if path.exists() and path.stat().st_size == len(data):
            return digest
        for folder in (self._folder, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(part).replace(path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
        _sync_folder(path.parent.parent)
        return digest

    def read(self, digest: str) -> bytes:
        """The content by its digest; an OSError too if it is another."""
        content = self._path(digest).read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise OSError(errno.EIO, "it is not what it was", digest)
        return content

    def discard(self, digest: str) -> None:
        """Remove a content that nothing refers to any more."""
        with contextlib.suppress(FileNotFoundError):
            self._path(digest).unlink()

    def sweep(self, wanted: Container[str]) -> None:
        """Remove every file that is not ``wanted``, such as what a crash left behind."""
        for path in self._folder.glob("*/*"):
            if path.name not in wanted:
                path.unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise FileNotFoundError(errno.ENOENT, "nothing is called that", digest)
        return self._folder / digest[:2] / digest


def _sync_folder(folder: Path) -> None:
    """Let the name of a new file survive a power failure. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):  # some file systems know no such thing
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
