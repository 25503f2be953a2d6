"""The desktop that the window, the tray icon and the notifications need."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from deskbell.doctor.finding import Finding, ok, warn
from deskbell.doctor.session_bus import Names, NoBus, read_names
from deskbell.endpoint import URL_VARIABLE

TRAY: Final = "org.kde.StatusNotifierWatcher"
NOTIFICATIONS: Final = "org.freedesktop.Notifications"

_X_SOCKETS: Final = Path("/tmp/.X11-unix")  # noqa: S108 - where every X server puts them
_SECONDS: Final = 0.3


def check_desktop(system: str, environment: Mapping[str, str]) -> Iterator[Finding]:
    """What a Linux desktop offers; Windows and macOS offer all of it always."""
    if system != "linux":
        yield ok("display", "This system has a desktop, a tray and notifications.")
        return
    yield _check_display(environment)
    if environment.get("WAYLAND_DISPLAY"):
        yield _check_wayland(environment)
    try:
        names = read_names(environment)
    except NoBus as error:
        yield warn(
            "bus",
            f"There is no session bus here ({error}), so there are neither a tray nor notifications.",
            "Start the app inside a desktop session, or under dbus-run-session.",
        )
        return
    yield _check_tray(names, environment.get("XDG_CURRENT_DESKTOP", ""))
    yield _check_notifications(names)


def _check_display(environment: Mapping[str, str]) -> Finding:
    wayland, x11 = environment.get("WAYLAND_DISPLAY"), environment.get("DISPLAY")
    if wayland and (Path(environment.get("XDG_RUNTIME_DIR", "/")) / wayland).exists():
        return ok("display", f"The Wayland display {wayland} is there.")
    if x11:
        if _x_answers(x11):
            return ok("display", f"The X display {x11} answers.")
        return warn("display", f"DISPLAY is {x11}, and no X server answers there.", "Set it to the display you sit at.")
    if environment.get("QT_QPA_PLATFORM"):
        return ok("display", f"Qt is told to draw on {environment['QT_QPA_PLATFORM']}.")
    return warn(
        "display",
        "There is no display, so the desktop app cannot be started from here.",
        f"Start it where somebody sits, and set {URL_VARIABLE} and DESKBELL_TOKEN to it; see docs/command-line.md.",
    )


def _x_answers(display: str) -> bool:
    """Whether an X server takes a connection. One on another machine is believed."""
    local = re.fullmatch(r"(?:unix)?:(\d+)(?:\.\d+)?", display)
    if not local:
        return True
    path = _X_SOCKETS / f"X{local[1]}"
    for address in (str(path), f"\0{path}"):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(address)
            return True
    return False


def _check_wayland(environment: Mapping[str, str]) -> Finding:
    if environment.get("QT_QPA_PLATFORM", "").startswith("xcb"):
        return ok("wayland", "Qt is told to use X11 under Wayland, where a window can come to the front by itself.")
    return warn(
        "wayland",
        "On Wayland a window cannot come to the front by itself; the compositor may only mark it as wanting attention.",
        "To have it come up, start the app with QT_QPA_PLATFORM=xcb." if environment.get("DISPLAY") else "",
    )


def _check_tray(names: Names, desktop: str) -> Finding:
    if TRAY in names.taken:
        return ok("tray", "The desktop shows tray icons.")
    remedy = "Turn on the tray of your panel, then start the app again."
    if "GNOME" in desktop:
        remedy = "Install the GNOME extension AppIndicator, then start the app again."
    return warn("tray", "No program shows tray icons of today's kind; one of the older kind may.", remedy)


def _check_notifications(names: Names) -> Finding:
    if NOTIFICATIONS in names.taken | names.startable:
        return ok("notifications", "A program shows notifications.")
    return warn(
        "notifications",
        "No program shows notifications.",
        "Install a notification daemon, such as dunst or mako; the window comes up all the same.",
    )
