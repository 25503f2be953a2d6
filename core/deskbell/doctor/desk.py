"""The desk: its files, whether it runs and answers, its port, its journal. Nothing is started, made or changed."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from deskbell import __version__
from deskbell.doctor.finding import Finding, Status, fail, from_error, ok, warn
from deskbell.endpoint import TOKEN_VARIABLE, URL_VARIABLE, Endpoint, find_endpoint, is_process_running
from deskbell.errors import DeskCrashed, DeskUnreachable, EndpointUntrusted
from deskbell.folders import data_folder, settings_path, state_folder
from deskbell.journal.journal import FILE_NAME
from deskbell.journal.schema import TooNew, check_version
from deskbell.private_file import read_private
from deskbell.settings import read_settings

LOCK_FILE: Final = "deskbell.lock"
SECONDS: Final = 0.4
"""How long the desk may take to answer the doctor."""

_LITTLE_ROOM: Final = 100 * 2**20
_QUICK_BYTES: Final = 8 * 2**20
"""Up to this size a journal is read through."""


def check_desk() -> Iterator[Finding]:
    """All about it."""
    yield _check_token()
    endpoint, finding = _find()
    yield finding
    answers = endpoint is not None and finding.status is not Status.FAIL
    yield _check_port(endpoint if answers else None)
    yield _check_lock(is_running=answers)
    yield _check_journal(is_running=answers)


def _check_token() -> Finding:
    path = data_folder() / "token"
    try:
        read_private(path)
    except FileNotFoundError:
        return ok("token", f"There is no token yet; the first start makes one in {path}.")
    except EndpointUntrusted as error:
        return from_error("token", Status.FAIL, error)
    except (OSError, UnicodeDecodeError) as error:
        return fail("token", f"{path} cannot be read: {error}.", "Remove it and start Deskbell again, which makes one.")
    return ok("token", f"Only you can read the token in {path}.")


def _find() -> tuple[Endpoint | None, Finding]:
    """Where the desk should be, and whether it is there."""
    try:
        endpoint = find_endpoint()
    except DeskCrashed as error:
        return None, from_error("desk", Status.WARN, error)
    except DeskUnreachable as error:
        return None, from_error("desk", Status.FAIL if os.environ.get(URL_VARIABLE) else Status.WARN, error)
    except EndpointUntrusted as error:
        return None, from_error("desk", Status.FAIL, error)
    return endpoint, _ask(endpoint)


def _ask(endpoint: Endpoint) -> Finding:
    try:
        health, said = _get(endpoint, "/healthz")
        tasks, _ = _get(endpoint, "/v1/tasks?status=active")
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or "no answer"
        remedy = f"Check {URL_VARIABLE}, or unset it." if os.environ.get(URL_VARIABLE) else "Start it: deskbell desktop"
        return fail("desk", f"A desk should listen at {endpoint.url}, and nobody answers: {reason}.", remedy)
    if tasks == HTTPStatus.UNAUTHORIZED:
        source = TOKEN_VARIABLE if os.environ.get(TOKEN_VARIABLE) else "the token on file"
        return fail(
            "desk", f"The desk at {endpoint.url} refuses {source}.", "Set it to what 'deskbell token' prints there."
        )
    if health != HTTPStatus.OK or tasks != HTTPStatus.OK:
        return fail("desk", f"What listens at {endpoint.url} is no desk.", "Start the desk: deskbell desktop")
    if f'"{__version__}"' not in said:
        return warn("desk", f"The desk at {endpoint.url} has another version.", "Quit it and start it again.")
    return ok("desk", f"The desk listens at {endpoint.url} and answers.")


def _get(endpoint: Endpoint, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(urlsplit(endpoint.url).netloc, timeout=SECONDS)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {endpoint.token}", "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read(65_536).decode(errors="replace")
    finally:
        connection.close()


def _check_port(endpoint: Endpoint | None) -> Finding:
    wanted = read_settings(settings_path()).settings.listener.port
    if endpoint is not None:
        port = urlsplit(endpoint.url).port or 80
        if port == wanted or os.environ.get(URL_VARIABLE):
            return ok("port", f"The desk has port {port}.")
        return warn("port", f"The desk has port {port}, because {wanted} was taken when it started.", _ANOTHER_PORT)
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", wanted), SECONDS):
        return warn(
            "port", f"Another program listens at port {wanted}; the desk will take the next free one.", _ANOTHER_PORT
        )
    return ok("port", f"Port {wanted} is free for the desk.")


_ANOTHER_PORT: Final = "Nothing, unless something counts on the number: deskbell config set listener.port NUMBER"


def _check_lock(*, is_running: bool) -> Finding:
    path = state_folder() / LOCK_FILE
    try:
        pid = int(path.read_text(encoding="utf-8", errors="replace").split("\n", 1)[0])
    except FileNotFoundError:
        return ok("lock", "Nobody holds the lock of the app.")
    except (OSError, ValueError):
        return warn("lock", f"{path} cannot be read.", "If the app does not start, remove that file.")
    if not is_process_running(pid):
        return ok("lock", "The app has left its lock behind; the next start takes it over.")
    if is_running:
        return ok("lock", f"Process {pid} holds the lock of the app.")
    return warn(
        "lock",
        f"Process {pid} holds the lock of the app, and no desk answers.",
        f"It may be starting. If this stays so, end it: {'taskkill /PID' if os.name == 'nt' else 'kill'} {pid}",
    )


def _check_journal(*, is_running: bool) -> Finding:
    folder = data_folder() / "journal"
    path = folder / FILE_NAME
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        return fail("journal", f"{nearest} cannot be written, so nothing can be kept.", "Make that folder writable.")
    room = shutil.disk_usage(nearest).free
    if room < _LITTLE_ROOM:
        return warn("journal", f"Only {room // 2**20} MB are free where the journal is kept.", "Free some space.")
    if not path.exists():
        return ok("journal", f"There is no journal yet; it will be in {folder}.")
    log = path.with_name(f"{path.name}-wal")
    if not is_running and log.exists() and log.stat().st_size:
        return ok("journal", f"The journal in {folder} was left in the middle; the next start takes it up.")
    return _read_journal(path, is_running=is_running)


def _read_journal(path: Path, *, is_running: bool) -> Finding:
    """Look into it without making a file beside it."""
    how = "mode=ro" if is_running else "immutable=1"
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True, timeout=SECONDS)) as file:
            file.row_factory = sqlite3.Row
            check_version(file)
            check = "quick_check(1)" if path.stat().st_size <= _QUICK_BYTES else "schema_version"
            (said,) = file.execute(f"PRAGMA {check}").fetchone()
    except TooNew as error:
        return fail("journal", f"{path} cannot be used: {error}.")
    except sqlite3.Error as error:
        return fail("journal", f"{path} cannot be read: {error}.", "The app keeps it aside and begins a new one.")
    if isinstance(said, str) and said != "ok":
        return fail("journal", f"{path} is damaged: {said}.", "The app saves what it can at its next start.")
    return ok("journal", f"The journal in {path.parent} is sound, {_room_of(path)}.")


def _room_of(path: Path) -> str:
    """What a file takes, for people."""
    size = path.stat().st_size
    return f"{size / 2**20:.1f} MB" if size >= 2**20 else f"{size // 1024} kB"
