"""Room for connections: each takes a file descriptor, and most systems start a process with 1,024 of them."""

from __future__ import annotations

import contextlib
import sys
from typing import Final

WANTED: Final = 16_384


def make_room() -> None:
    """Let this process open more files at the same time, as far as the system lets it."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits = [limit for limit in (WANTED, hard) if limit != resource.RLIM_INFINITY]
    if soft != resource.RLIM_INFINITY and soft < min(limits):
        with contextlib.suppress(ValueError, OSError):  # macOS takes less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(limits), hard))
