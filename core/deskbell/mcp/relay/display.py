"""Where to show the window: many clients start their servers with an environment that does not say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_VARIABLES: Final = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")
_DISPLAYS: Final = _VARIABLES[:2]


def adopt_display(parent: Path | None = None) -> None:
    """Take over what the client's own environment says of the display, if ours says nothing and it can be read.

    ``parent`` is the client's folder in ``/proc``, which only Linux has.
    """
    if any(os.environ.get(name) for name in _DISPLAYS):
        return
    try:
        environment = ((parent or Path(f"/proc/{os.getppid()}")) / "environ").read_bytes()
    except OSError:
        return
    for variable in environment.split(b"\0"):
        name, _, value = os.fsdecode(variable).partition("=")
        if name in _VARIABLES and value:
            os.environ.setdefault(name, value)
