"""The endpoint and token files: found, trusted, stale, refused."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deskbell.endpoint import (
    Endpoint,
    find_endpoint,
    load_or_create_token,
    new_token,
    publish,
    replace_token,
    republish,
    withdraw,
)
from deskbell.errors import DeskUnreachable, EndpointError, EndpointUntrusted

posix = pytest.mark.skipif(sys.platform == "win32", reason="on Windows rights are not looked at")

TOKEN = "t" * 43


@pytest.fixture
def data(home: Path) -> Path:
    return home / "data"


def ended_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_token_is_made_once_and_kept(data: Path) -> None:
    """Every call gives the same long random token."""
    token = load_or_create_token()

    assert len(token) >= 43
    assert token == load_or_create_token() == (data / "token").read_text()


def test_two_installations_have_different_tokens(tmp_path: Path) -> None:
    """A token is random, not derived from anything."""
    assert load_or_create_token(tmp_path / "a") != load_or_create_token(tmp_path / "b")


def test_many_first_calls_at_once_agree_on_one_token(data: Path) -> None:
    """Whoever is first makes the token, the others get that one, and nothing else is left in the folder."""
    with ThreadPoolExecutor(16) as threads:
        tokens = {result.result() for result in [threads.submit(load_or_create_token) for _ in range(64)]}

    assert len(tokens) == 1
    assert [path.name for path in data.iterdir()] == ["token"]


@posix
def test_files_are_private_whatever_the_umask(data: Path) -> None:
    """Token, endpoint and folder are for their owner alone."""
    before = os.umask(0)
    try:
        publish(Endpoint("http://127.0.0.1:2355", load_or_create_token(), os.getpid()))
    finally:
        os.umask(before)

    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (data, *data.iterdir())}
    assert rights == {"data": 0o700, "token": 0o600, "endpoint.json": 0o600}


def test_what_is_published_is_found(data: Path) -> None:
    """A client finds what the desk published."""
    endpoint = Endpoint("http://127.0.0.1:2355", TOKEN, os.getpid())
    publish(endpoint)

    assert find_endpoint() == endpoint


def test_publishing_again_replaces_the_earlier_endpoint(data: Path) -> None:
    """The last desk to publish is the one that is found."""
    publish(Endpoint("http://127.0.0.1:2355", TOKEN, os.getpid()))
    publish(Endpoint("http://127.0.0.1:2356", TOKEN, os.getpid()))

    assert find_endpoint().url == "http://127.0.0.1:2356"
    assert [path.name for path in data.iterdir()] == ["endpoint.json"]


def test_withdrawing_takes_back_only_ones_own(data: Path) -> None:
    """A desk that ends late does not take away the next one's endpoint."""
    publish(Endpoint("http://127.0.0.1:2355", TOKEN, os.getpid()))
    withdraw(os.getpid() + 1)
    assert find_endpoint().pid == os.getpid()

    withdraw(os.getpid())
    withdraw(os.getpid())
    with pytest.raises(DeskUnreachable, match=r"No desk is running.*deskbell desktop"):
        find_endpoint()


def test_the_token_is_not_in_the_repr() -> None:
    """A log or a traceback does not give the token away."""
    assert TOKEN not in repr(Endpoint("http://127.0.0.1:2355", TOKEN, 1))


def test_an_endpoint_of_a_dead_process_is_stale(data: Path) -> None:
    """After a crash nobody is sent to a port that anybody may have taken."""
    publish(Endpoint("http://127.0.0.1:2355", TOKEN, ended_pid()))

    with pytest.raises(DeskUnreachable, match="deskbell desktop"):
        find_endpoint()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({"url": "http://127.0.0.1:1", "pid": 1}).encode(),
        json.dumps({"url": 5, "token": TOKEN, "pid": 1}).encode(),
        json.dumps({"url": "file:///etc/passwd", "token": TOKEN, "pid": 1}).encode(),
        json.dumps({"url": "http://me@127.0.0.1:1", "token": TOKEN, "pid": 1}).encode(),
        json.dumps({"url": "http://127.0.0.1:1", "token": "short", "pid": 1}).encode(),
        json.dumps({"url": "http://127.0.0.1:1", "token": f"{TOKEN}\r\nX: y", "pid": 1}).encode(),
        json.dumps({"url": "http://127.0.0.1:1", "token": TOKEN, "pid": "1"}).encode(),
        json.dumps({"url": "http://127.0.0.1:1", "token": TOKEN, "pid": True}).encode(),
        json.dumps({"url": "http://127.0.0.1:1", "token": TOKEN, "pid": -1}).encode(),
        json.dumps({"url": "http://127.0.0.1:1", "token": TOKEN, "pid": 10**30}).encode(),
    ],
)
def test_a_malformed_endpoint_file_means_no_desk(data: Path, content: bytes) -> None:
    """Whatever is in the file, the client says in a sentence what to do, and the next desk mends it."""
    publish(Endpoint("http://127.0.0.1:2355", TOKEN, os.getpid()))
    (data / "endpoint.json").write_bytes(content)

    with pytest.raises(DeskUnreachable, match="deskbell desktop"):
        find_endpoint()
    withdraw(os.getpid())
    publish(Endpoint("http://127.0.0.1:2355", TOKEN, os.getpid()))
    assert find_endpoint().token == TOKEN


@posix
@pytest.mark.parametrize("rights", [0o640, 0o604, 0o620, 0o666])
@pytest.mark.parametrize(("name", "read"), [("token", load_or_create_token), ("endpoint.json", find_endpoint)])
def test_a_file_with_wider_rights_is_refused(data: Path, name: str, read: Callable[[], object], rights: int) -> None:
    """The message has the command that mends it, and after that command all is well."""
    publish(Endpoint("http://127.0.0.1:2355", load_or_create_token(), os.getpid()))
    (data / name).chmod(rights)

    with pytest.raises(EndpointUntrusted, match=f"chmod 600 .*{name}") as refusal:
        read()
    command = str(refusal.value).rpartition(": ")[2]
    subprocess.run(command, shell=True, check=True)
    read()


@posix
@pytest.mark.parametrize("read", [load_or_create_token, find_endpoint])
def test_a_folder_with_wider_rights_is_refused(data: Path, read: Callable[[], object]) -> None:
    """Whoever can write to the folder could have put another file there."""
    publish(Endpoint("http://127.0.0.1:2355", load_or_create_token(), os.getpid()))
    data.chmod(0o755)

    with pytest.raises(EndpointUntrusted, match=r"chmod 700 .*data$"):
        read()


@posix
def test_a_folder_that_held_no_token_yet_is_made_private(data: Path) -> None:
    """Where settings share the folder and came first, the desk is merely not running, and its first start mends it."""
    data.mkdir(parents=True)
    data.chmod(0o755)
    with pytest.raises(DeskUnreachable, match="No desk is running"):
        find_endpoint()
    load_or_create_token()

    assert stat.S_IMODE(data.stat().st_mode) == 0o700


@posix
@pytest.mark.parametrize(("name", "read"), [("token", load_or_create_token), ("endpoint.json", find_endpoint)])
def test_a_symbolic_link_is_refused(data: Path, tmp_path: Path, name: str, read: Callable[[], object]) -> None:
    """A link could lead to a file of somebody else's making."""
    publish(Endpoint("http://127.0.0.1:2355", load_or_create_token(), os.getpid()))
    (data / name).rename(tmp_path / "elsewhere")
    (data / name).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(EndpointUntrusted, match=f"symbolic link.*rm .*{name}"):
        read()


@posix
def test_a_dangling_link_for_a_token_is_refused(data: Path, tmp_path: Path) -> None:
    """Making the token does not follow a link that leads nowhere yet."""
    data.mkdir(mode=0o700, parents=True)
    (data / "token").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(EndpointUntrusted, match="symbolic link"):
        load_or_create_token()
    assert not (tmp_path / "elsewhere").exists()


@posix
def test_a_folder_that_is_a_link_is_refused(home: Path, tmp_path: Path) -> None:
    """The folder itself is not taken from somewhere else."""
    home.mkdir()
    (tmp_path / "other").mkdir(mode=0o700)
    (home / "data").symlink_to(tmp_path / "other")

    with pytest.raises(EndpointUntrusted, match="symbolic link"):
        load_or_create_token()


@posix
def test_files_of_another_owner_are_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What belongs to somebody else was written by somebody else."""
    publish(Endpoint("http://127.0.0.1:2355", TOKEN, os.getpid()))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with pytest.raises(EndpointUntrusted, match=r"another user.*chown"):
        find_endpoint()


@pytest.mark.parametrize("content", [b"", b"too short", b"\xff" * 43, b"x" * 43 + b"\nmore"])
def test_a_token_file_without_a_token_is_refused(data: Path, content: bytes) -> None:
    """An empty or foreign file is never taken for a token; the message says how to get a new one."""
    load_or_create_token()
    (data / "token").write_bytes(content)

    with pytest.raises(EndpointUntrusted, match=r"rm .*token"):
        load_or_create_token()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """No traceback when something is in the way."""
    (tmp_path / "file").write_text("")

    with pytest.raises(EndpointError, match="writable"):
        load_or_create_token(tmp_path / "file")
    with pytest.raises(EndpointError, match="writable"):
        publish(Endpoint("http://127.0.0.1:2355", TOKEN, os.getpid()), tmp_path / "file")


def test_the_environment_names_another_desk(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DESKBELL_URL and DESKBELL_TOKEN stand in for the files."""
    monkeypatch.setenv("DESKBELL_URL", "http://127.0.0.1:9999/")
    monkeypatch.setenv("DESKBELL_TOKEN", TOKEN)

    assert find_endpoint() == Endpoint("http://127.0.0.1:9999", TOKEN)


def test_the_environment_may_name_the_address_alone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without DESKBELL_TOKEN the installation's own token is shown; without any there is a sentence."""
    monkeypatch.setenv("DESKBELL_URL", "http://127.0.0.1:9999")
    with pytest.raises(DeskUnreachable, match="DESKBELL_TOKEN"):
        find_endpoint()

    token = load_or_create_token()
    assert find_endpoint() == Endpoint("http://127.0.0.1:9999", token)


def test_the_environment_may_name_the_token_alone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DESKBELL_TOKEN replaces the published token."""
    publish(Endpoint("http://127.0.0.1:2355", TOKEN, os.getpid()))
    monkeypatch.setenv("DESKBELL_TOKEN", "u" * 43)

    assert find_endpoint() == Endpoint("http://127.0.0.1:2355", "u" * 43, os.getpid())


@pytest.mark.parametrize("url", ["2355", "https://127.0.0.1:1", "http://", "http://a b", "http://h:1/path"])
def test_an_address_in_the_environment_must_be_one(data: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A mistyped DESKBELL_URL is named."""
    monkeypatch.setenv("DESKBELL_URL", url)

    with pytest.raises(DeskUnreachable, match="DESKBELL_URL is"):
        find_endpoint()


def test_a_new_token_is_kept_and_published_together(data: Path) -> None:
    """The files agree, and only their owner can read them."""
    publish(Endpoint("http://127.0.0.1:2355", load_or_create_token(), os.getpid()))
    replaced = Endpoint("http://127.0.0.1:2355", new_token(), os.getpid())

    republish(replaced)

    assert find_endpoint() == replaced
    assert load_or_create_token() == replaced.token
    if sys.platform != "win32":
        assert {path.stat().st_mode & 0o777 for path in data.iterdir()} == {0o600}


def test_a_new_token_that_cannot_be_published_is_not_kept(data: Path) -> None:
    """Half a change would lock out whoever reads the other file."""
    token = load_or_create_token()
    (data / "endpoint.json").mkdir()

    with pytest.raises(EndpointError, match="cannot be written"):
        republish(Endpoint("http://127.0.0.1:2355", new_token(), os.getpid()))

    assert load_or_create_token() == token


def test_a_token_that_cannot_be_trusted_is_replaced(data: Path) -> None:
    """What is no token, or could be read by others, needs no more than a new one."""
    load_or_create_token()
    (data / "token").write_text("short")
    (data / "token").chmod(0o666)
    token = new_token()

    replace_token(token)

    assert load_or_create_token() == token
