"""How a client finds and trusts the running desk: its address, its token and its process.

The token is made once per installation. The endpoint is written when a desk starts to listen and removed when it
stops; after a crash it is left behind, and its process id shows that it is stale.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final

from deskbell.errors import DeskCrashed, DeskUnreachable, EndpointError, EndpointUntrusted
from deskbell.folders import data_folder
from deskbell.private_file import create_private, read_private, replace_private

URL_VARIABLE: Final = "DESKBELL_URL"
"""When this is set, it is where the desk listens, and no endpoint file is read."""

TOKEN_VARIABLE: Final = "DESKBELL_TOKEN"  # noqa: S105 - a name
"""When this is set, it is the token, whatever the files say."""

HOW_TO_START: Final = "Start it with: deskbell desktop"

_ENDPOINT_FILE: Final = "endpoint.json"
_TOKEN_FILE: Final = "token"  # noqa: S105 - a name
_TOKEN_BYTES: Final = 32
_TOKEN_FORM: Final = re.compile(r"[\w-]{32,256}", re.ASCII)
_SENDABLE: Final = re.compile(r"[!-~]+")
_URL_FORM: Final = re.compile(
    r"http://([\w-]{1,63}(\.[\w-]{1,63})*|\[[0-9a-fA-F:.]+\])(:(?P<port>\d{1,5}))?/?", re.ASCII
)
_HIGHEST_PORT: Final = 65_535
_UNKNOWN_PID: Final = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a desk listens, such as ``http://127.0.0.1:2355``; ``pid`` is 0 when its process is not known."""

    url: str
    token: str = field(repr=False)
    pid: int = _UNKNOWN_PID


def load_or_create_token(folder: Path | None = None) -> str:
    """The token of this installation, made at the first call.

    Raises EndpointUntrusted when others could have read or written it, EndpointError when it cannot be kept.
    """
    path = (folder or data_folder()) / _TOKEN_FILE
    with _keeping(path):
        create_private(path, new_token())
        return _read_token(path)


def new_token() -> str:
    """A token that nobody can guess."""
    import secrets  # noqa: PLC0415 - clients read the endpoint only

    return secrets.token_urlsafe(_TOKEN_BYTES)


def replace_token(token: str, folder: Path | None = None) -> None:
    """Keep ``token`` as that of this installation, whatever was there. Raises EndpointUntrusted and EndpointError."""
    path = (folder or data_folder()) / _TOKEN_FILE
    with _keeping(path):
        replace_private(path, token)


def republish(endpoint: Endpoint, folder: Path | None = None) -> None:
    """Let clients find a running desk by its new token, which is kept as well. Raises as the others do.

    If only half of it can be done it is undone, as well as can be.
    """
    folder = folder or data_folder()
    before = None
    with contextlib.suppress(OSError, EndpointError):
        before = _read_token(folder / _TOKEN_FILE)
    replace_token(endpoint.token, folder)
    try:
        publish(endpoint, folder)
    except EndpointError:
        if before is not None:
            replace_token(before, folder)
        raise


@contextlib.contextmanager
def _keeping(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EndpointError(
            f"The token cannot be kept in {path.parent}: {error}. Make that folder writable."
        ) from error


def publish(endpoint: Endpoint, folder: Path | None = None) -> None:
    """Let clients find this desk, in place of whichever was there. Raises EndpointUntrusted and EndpointError."""
    path = (folder or data_folder()) / _ENDPOINT_FILE
    try:
        replace_private(path, json.dumps(asdict(endpoint)))
    except OSError as error:
        raise EndpointError(f"{path} cannot be written: {error}. Make its folder writable.") from error


def withdraw(pid: int, folder: Path | None = None) -> None:
    """Take back the endpoint of process ``pid``; another desk's stays. Never raises."""
    path = (folder or data_folder()) / _ENDPOINT_FILE
    with contextlib.suppress(OSError, EndpointError):
        if _read_endpoint(path).pid == pid:
            path.unlink()


def find_endpoint(folder: Path | None = None) -> Endpoint:
    """Where the running desk is.

    A process that has ended makes the file stale; one that lives is no proof that it is the desk, so a refused
    connection means the same. Raises DeskUnreachable when there is none, DeskCrashed when the file is stale, and
    EndpointUntrusted when others could have written it.
    """
    folder = folder or data_folder()
    url, token = os.environ.get(URL_VARIABLE), _checked_token(os.environ.get(TOKEN_VARIABLE))
    if url:
        return Endpoint(_checked_url(url), token or _existing_token(folder / _TOKEN_FILE))
    endpoint = _read_endpoint(folder / _ENDPOINT_FILE)
    if not is_process_running(endpoint.pid):
        raise DeskCrashed(f"The desk has stopped without saying goodbye. {HOW_TO_START}")
    return replace(endpoint, token=token) if token else endpoint


def _checked_token(token: str | None) -> str | None:
    if token and not _SENDABLE.fullmatch(token):
        raise DeskUnreachable(f"{TOKEN_VARIABLE} holds no token. Set it to what 'deskbell token' prints at the desk.")
    return token


def _is_url(url: str) -> bool:
    found = _URL_FORM.fullmatch(url)
    return found is not None and 0 < int(found["port"] or 80) <= _HIGHEST_PORT


def _checked_url(url: str) -> str:
    if not _is_url(url):
        raise DeskUnreachable(f"{URL_VARIABLE} is {url!r}. Give an address such as http://127.0.0.1:2355.")
    return url.rstrip("/")


def _existing_token(path: Path) -> str:
    try:
        return _read_token(path)
    except OSError as error:
        raise DeskUnreachable(f"There is no token to show at {path}. Set {TOKEN_VARIABLE} to the desk's.") from error


def _read_token(path: Path) -> str:
    with contextlib.suppress(UnicodeDecodeError):
        token = read_private(path).strip()
        if _TOKEN_FORM.fullmatch(token):
            return token
    command = f"rm {shlex.quote(str(path))}"
    raise EndpointUntrusted(f"{path} holds no token. Remove it and start Deskbell again, which makes one: {command}")


def _read_endpoint(path: Path) -> Endpoint:
    try:
        raw = json.loads(read_private(path))
        endpoint = Endpoint(raw["url"], raw["token"], raw["pid"])
        well_formed = _is_url(endpoint.url) and _TOKEN_FORM.fullmatch(endpoint.token) and type(endpoint.pid) is int
    except FileNotFoundError as error:
        raise DeskUnreachable(f"No desk is running. {HOW_TO_START}") from error
    except OSError as error:
        raise DeskUnreachable(f"{path} cannot be read: {error}. {HOW_TO_START}") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DeskUnreachable(_malformed(path)) from error
    if not well_formed:
        raise DeskUnreachable(_malformed(path))
    return replace(endpoint, url=endpoint.url.rstrip("/"))


def _malformed(path: Path) -> str:
    return f"{path} is not what a desk writes. Starting the desk mends it: deskbell desktop"


def is_process_running(pid: int) -> bool:
    """Whether there is a process of this id; some other program may have taken it over."""
    if sys.platform == "win32":
        return _is_running_on_windows(pid)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return pid > 0


def _is_running_on_windows(pid: int) -> bool:
    # There os.kill would end the process instead of asking for it.
    import ctypes  # noqa: PLC0415 - nobody else needs it

    may_wait, timed_out = 0x00100000, 0x00000102
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    handle = kernel.OpenProcess(may_wait, False, pid)
    if not handle:
        return False
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == timed_out)
    finally:
        kernel.CloseHandle(handle)
