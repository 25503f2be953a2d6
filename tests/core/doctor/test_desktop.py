"""What the doctor sees of a Linux desktop, with a display and a session bus that stand in for the real ones."""

from __future__ import annotations

import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskbell.doctor import desktop
from deskbell.doctor.desktop import NOTIFICATIONS, TRAY, check_desktop
from deskbell.doctor.finding import Finding, Status
from deskbell.doctor.session_bus import NoBus, read_names

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such sockets in Python")

Serve = Callable[[list[str], list[str]], dict[str, str]]


def reply(order: str, names: list[str]) -> bytes:
    """A method return with a list of names, after a signal that nobody waits for."""
    body = b""
    for name in names:
        body += bytes(-len(body) % 4) + struct.pack(f"{order}I", len(name.encode())) + name.encode() + b"\0"
    body = struct.pack(f"{order}I", len(body)) + body
    mark = b"l" if order == "<" else b"B"
    signal = mark + bytes([4, 0, 1]) + struct.pack(f"{order}III", 0, 1, 5) + bytes(8)
    return signal + mark + bytes([2, 0, 1]) + struct.pack(f"{order}III", len(body), 1, 0) + body


@pytest.fixture(params=["<", ">"])
def serve(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Serve]:
    """Start a bus with these names, in either byte order; the environment that leads to it."""
    path = tmp_path / "bus"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()
    threads = []

    def serve(taken: list[str], startable: list[str]) -> dict[str, str]:
        def talk() -> None:
            connection, _ = listening.accept()
            with connection:
                assert connection.recv(256).startswith(b"\0AUTH EXTERNAL ")
                connection.sendall(b"OK 0123\r\n")
                for names in ([":1.0"], taken, startable):  # all at once: they are read in this order
                    connection.sendall(reply(request.param, names))
                while connection.recv(4096):
                    pass

        threads.append(threading.Thread(target=talk))
        threads[-1].start()
        return {"DBUS_SESSION_BUS_ADDRESS": f"tcp:host=x;unix:path={path},guid=1"}

    yield serve
    for thread in threads:
        thread.join()
    listening.close()


def by_name(environment: dict[str, str], system: str = "linux") -> dict[str, Finding]:
    return {finding.name: finding for finding in check_desktop(system, environment)}


def test_a_full_desktop_is_in_order(serve: Serve) -> None:
    """Tray icons by a program that runs, notifications by one that is started when needed."""
    found = by_name({**serve([TRAY, "org.example.Ä"], [NOTIFICATIONS]), "QT_QPA_PLATFORM": "offscreen"})

    assert {name: finding.status for name, finding in found.items()} == dict.fromkeys(
        ("display", "tray", "notifications"), Status.OK
    )


def test_what_is_missing_is_named(serve: Serve) -> None:
    """With what helps on this desktop."""
    found = by_name({**serve([], []), "XDG_CURRENT_DESKTOP": "ubuntu:GNOME"})

    assert found["tray"].remedy.startswith("Install the GNOME extension")
    assert found["notifications"].status is Status.WARN


@pytest.mark.parametrize("said", [b"", b"REJECTED\r\n", b"OK\r\n", b"OK\r\n" + b"\xff" * 64])
def test_what_is_no_bus_is_noticed(tmp_path: Path, said: bytes) -> None:
    """Whatever it says."""
    path = tmp_path / "bus"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def talk() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(256)
                connection.sendall(said)

        thread = threading.Thread(target=talk)
        thread.start()
        with pytest.raises(NoBus):
            read_names({"XDG_RUNTIME_DIR": str(tmp_path)})
        thread.join()


def test_a_display_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DISPLAY may name a server that is gone; one on another machine is believed."""
    monkeypatch.setattr(desktop, "_X_SOCKETS", tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "X71"))
        server.listen()

        assert by_name({"DISPLAY": ":71.0"})["display"].status is Status.OK
        assert by_name({"DISPLAY": ":72"})["display"].status is Status.WARN
        assert by_name({"DISPLAY": "far.example:0"})["display"].status is Status.OK


def test_wayland_has_its_limits(tmp_path: Path) -> None:
    """Which X11 under it has not."""
    (tmp_path / "wayland-0").touch()
    environment = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path), "DISPLAY": ":0"}

    assert by_name(environment)["display"].says == "The Wayland display wayland-0 is there."
    assert by_name(environment)["wayland"].remedy == "To have it come up, start the app with QT_QPA_PLATFORM=xcb."
    assert by_name({**environment, "QT_QPA_PLATFORM": "xcb"})["wayland"].status is Status.OK


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_have_all_of_it(system: str) -> None:
    """There is nothing to ask."""
    assert [finding.status for finding in check_desktop(system, {})] == [Status.OK]
