"""Finding the desk, and starting the desktop app when it is installed and not running."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from enum import Enum, auto
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

from deskbell.endpoint import HOW_TO_START, URL_VARIABLE, Endpoint, find_endpoint
from deskbell.errors import DeskCrashed, DeskUnreachable
from deskbell.folders import state_folder

NO_START_VARIABLE: Final = "DESKBELL_NO_START"
"""When this is set, to anything but 0, no client starts the desktop app."""

START_SECONDS: Final = 15.0
LOG_FILE: Final = "desktop.log"

_HIDDEN: Final = "--hidden"  # the question, not the start of the app, brings the window up
_LOOK_SECONDS: Final = 0.02
_CONNECT_SECONDS: Final = 1.0
_LOG_BYTES: Final = 1024 * 1024
_LAST_LINES: Final = 5
_DISPLAY_VARIABLES: Final = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


class Start(Enum):
    """When to start the desktop app in order to find a desk."""

    NEVER = auto()
    AFTER_CRASH = auto()  # but not when a person has quit it
    IF_NEEDED = auto()


def locate_desk(start: Start = Start.IF_NEEDED, refused: Endpoint | None = None) -> Endpoint:
    """Where the running desk is, after starting it if ``start`` says so; blocks up to START_SECONDS.

    ``refused`` is an endpoint where nobody listens, whatever the files say. Raises DeskUnreachable, DeskCrashed and
    EndpointUntrusted.
    """
    try:
        endpoint = find_endpoint()
    except DeskUnreachable as unreachable:
        may_help = start is Start.IF_NEEDED or (start is Start.AFTER_CRASH and isinstance(unreachable, DeskCrashed))
        if not (may_help and may_start()):
            raise
        return start_desktop()
    if endpoint != refused:
        return endpoint
    if os.environ.get(URL_VARIABLE):
        raise DeskUnreachable(f"Nobody answers at {endpoint.url}. Check {URL_VARIABLE}, or unset it.")
    if start is Start.NEVER or not may_start():
        raise DeskCrashed(f"Nobody answers at {endpoint.url}. {HOW_TO_START}")
    return start_desktop()


def may_start() -> bool:
    """Whether the environment lets clients start the desktop app: it names no other desk and does not forbid it."""
    return not os.environ.get(URL_VARIABLE) and os.environ.get(NO_START_VARIABLE, "0") in {"", "0"}


def start_desktop(seconds: float = START_SECONDS) -> Endpoint:
    """Start the desktop app and wait until it listens, at most ``seconds``. Raises DeskUnreachable with the remedy."""
    command = _command()
    with _open_log() as output:
        log = Path(output.name)
        written = output.tell()
        process = detached(command, output)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        endpoint = _listening()
        if endpoint:
            process.returncode = 0  # nobody waits for it: it is on its own, and that is no leak to warn of
            return endpoint
        if process.poll():  # 0 means that it handed over to one that was starting already
            raise DeskUnreachable(f"The desktop app ended at once. {_last_words(log, written)}")
        time.sleep(_LOOK_SECONDS)
    raise DeskUnreachable(
        f"The desktop app did not answer within {seconds:g} seconds. Start it by hand to see why: deskbell-desktop"
    )


def start_unattended() -> None:
    """Start the desktop app for whoever rings next, if the environment lets clients do so, and wait for nothing.

    Raises DeskUnreachable when it cannot be started.
    """
    if may_start():
        command = _command()
        with _open_log() as output:
            detached(command, output).returncode = 0  # nobody waits for it


def _command() -> list[str]:
    """What starts the app. Raises DeskUnreachable if it cannot be shown or is not there."""
    if sys.platform == "linux" and not any(os.environ.get(name) for name in _DISPLAY_VARIABLES):
        raise DeskUnreachable(
            "No desk is running, and without a display the desktop app cannot be started. Set DISPLAY, or start the "
            f"app where somebody sits and point {URL_VARIABLE} and DESKBELL_TOKEN to it."
        )
    if getattr(sys, "frozen", False):
        app = Path(sys.executable).with_name("deskbell-desktop" + Path(sys.executable).suffix)
        if app.exists():
            return [str(app), _HIDDEN]
    elif importlib.util.find_spec("deskbell_desktop") and importlib.util.find_spec("PySide6"):
        return [sys.executable, "-P", "-m", "deskbell_desktop", _HIDDEN]
    raise DeskUnreachable(
        "No desk is running, and the desktop app is not installed here. Install it: pip install 'deskbell[desktop]'"
    )


def _open_log() -> IO[bytes]:
    folder = state_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / LOG_FILE
        if path.exists() and path.stat().st_size > _LOG_BYTES:
            path.replace(path.with_suffix(".old.log"))
        path.touch(mode=0o600)
        return path.open("ab")
    except OSError as error:
        raise DeskUnreachable(f"The log of the desktop app cannot be written: {error}. Make room for it.") from error


def detached(
    command: list[str], output: IO[bytes] | int, stdin: IO[bytes] | int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Start a program of ours that outlives this process and shares nothing with it but its environment.

    Raises DeskUnreachable when that cannot be done.
    """
    details: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        details = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=stdin, stdout=output, stderr=output, cwd=Path.home(), **details
        )
    except OSError as error:
        raise DeskUnreachable(f"The desktop app cannot be started: {error}. Install it again.") from error
    return process


def _listening() -> Endpoint | None:
    try:
        endpoint = find_endpoint()
        host = urlsplit(endpoint.url)
        with socket.create_connection((host.hostname, host.port or 80), _CONNECT_SECONDS):
            return endpoint
    except (DeskUnreachable, OSError):
        return None


def _last_words(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(start)
        lines = file.read().decode(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()][-_LAST_LINES:]
    return f"It said, in {log}:\n" + "\n".join(said) if said else f"It said nothing; look at {log}."
