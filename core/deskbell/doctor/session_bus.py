"""Which names are taken on the session bus of a Linux desktop, asked in the bus's own protocol.

Two questions need no library: see the D-Bus Specification, "Message Protocol". Little-endian messages are sent, either
kind is read.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import unquote

SECONDS: Final = 0.3

_BUS: Final = "org.freedesktop.DBus"
_PATH, _INTERFACE, _MEMBER, _DESTINATION = 1, 2, 3, 6
_CALL, _RETURN, _ERROR = 1, 2, 3
_LONGEST_LINE: Final = 256
_MOST_BYTES: Final = 4 * 2**20


class NoBus(OSError):
    """There is no session bus, or it does not answer as one."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names that programs have, and those that are started when they are called."""

    taken: frozenset[str]
    startable: frozenset[str]


def read_names(environment: Mapping[str, str]) -> Names:
    """Ask the session bus. Raises NoBus."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(SECONDS)
            connection.connect(_address(environment))
            bus = _Bus.greeted(connection)
            bus.call("Hello")
            return Names(_strings(*bus.call("ListNames")), _strings(*bus.call("ListActivatableNames")))
    except (OSError, struct.error, UnicodeDecodeError, IndexError) as error:
        raise error if isinstance(error, NoBus) else NoBus(str(error) or type(error).__name__) from error


def _address(environment: Mapping[str, str]) -> str:
    """The socket that the environment names; a name that begins with a zero byte is no file."""
    given = environment.get("DBUS_SESSION_BUS_ADDRESS") or f"unix:path={environment.get('XDG_RUNTIME_DIR', '')}/bus"
    for address in given.split(";"):
        kind, _, rest = address.partition(":")
        values = dict(part.partition("=")[::2] for part in rest.split(","))
        if kind == "unix" and "path" in values:
            return unquote(values["path"])
        if kind == "unix" and "abstract" in values:
            return "\0" + unquote(values["abstract"])
    raise NoBus(f"{given} is no local address")


class _Bus:
    """A connection to the bus."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._serial = 0

    @classmethod
    def greeted(cls, connection: socket.socket) -> Self:
        """A connection that the bus has let in."""
        user = str(os.getuid()).encode().hex().encode()
        connection.sendall(b"\0AUTH EXTERNAL " + user + b"\r\n")
        bus = cls(connection)
        if not bus._read_line().startswith(b"OK"):
            raise NoBus("it does not let this user in")
        connection.sendall(b"BEGIN\r\n")
        return bus

    def call(self, member: str) -> tuple[str, bytes]:
        """What a method of the bus itself gives: the byte order and the body."""
        self._serial += 1
        self._connection.sendall(_call_message(self._serial, member))
        while True:
            order, kind, body = self._next()
            if kind == _ERROR:
                raise NoBus(f"{member} was refused")
            if kind == _RETURN:
                return order, body

    def _next(self) -> tuple[str, int, bytes]:
        head = self._read(16)
        order = "<" if head[:1] == b"l" else ">"
        body, _, fields = struct.unpack(f"{order}III", head[4:])
        if body + fields > _MOST_BYTES:
            raise NoBus("it says too much")
        self._read(fields + -fields % 8)
        return order, head[1], self._read(body)

    def _read_line(self) -> bytes:
        line = b""
        while not line.endswith(b"\r\n") and len(line) < _LONGEST_LINE:
            line += self._read(1)
        return line

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self._connection.recv(count - len(data))
            if not piece:
                raise NoBus("it hung up")
            data += piece
        return data


def _call_message(serial: int, member: str) -> bytes:
    fields = b""
    for code, kind, text in (
        (_PATH, b"o", "/org/freedesktop/DBus"),
        (_INTERFACE, b"s", _BUS),
        (_MEMBER, b"s", member),
        (_DESTINATION, b"s", _BUS),
    ):
        fields += bytes(-len(fields) % 8) + bytes([code, 1]) + kind + b"\0"
        fields += struct.pack("<I", len(text)) + text.encode() + b"\0"
    head = b"l" + bytes([_CALL, 0, 1]) + struct.pack("<III", 0, serial, len(fields))
    return head + fields + bytes(-len(fields) % 8)


def _strings(order: str, body: bytes) -> frozenset[str]:
    (size,) = struct.unpack_from(f"{order}I", body)
    found, at = set(), 4
    while at < 4 + size:
        at += -at % 4
        (length,) = struct.unpack_from(f"{order}I", body, at)
        found.add(body[at + 4 : at + 4 + length].decode())
        at += 4 + length + 1
    return frozenset(found)
