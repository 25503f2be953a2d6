"""Between a client on standard input and output and the desk: each message is one HTTP exchange."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any, Final

from deskbell.mcp.relay.call import Call
from deskbell.mcp.relay.desk_session import DeskSession
from deskbell.mcp.relay.messages import (
    CANCELLED,
    INITIALIZED,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    Message,
    NoMessage,
    error_line,
    id_at_an_end,
    read_message,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""What the listener takes in one body."""

_LAST_WORDS_SECONDS: Final = 1.0
_GOODBYE_SECONDS: Final = 0.5
_TOO_LONG: Final = f"The message is larger than {MAX_MESSAGE_BYTES // 2**20} MiB. Send less."


class ClientGone(Exception):
    """Nobody reads what the relay writes."""


class Output:
    """Standard output: whole lines from any thread, and nothing in between."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw
        self._lock = threading.Lock()

    def write(self, line: bytes) -> None:
        """Write a line. Raises ClientGone."""
        rest = memoryview(line.replace(b"\n", b" ") + b"\n")  # JSON has line breaks only where a space is as good
        with self._lock:
            try:
                while rest:
                    rest = rest[self._raw.write(rest) or 0 :]
            except (OSError, ValueError) as error:
                raise ClientGone from error


class Relay:
    """Passes messages on, several at once, and answers come as they come.

    ``wait`` are the seconds that a call waits for a person unless it says so itself, None for the desk's default.
    """

    def __init__(self, source: IO[bytes], output: Output, wait: float | None = None) -> None:
        self._input = source
        self._output = output
        self._wait = wait
        self._desk = DeskSession()
        self._calls: dict[Any, Call] = {}
        self._threads: list[threading.Thread] = []

    def run(self) -> None:
        """Serve until the client has no more to say, or is not there to listen."""
        try:
            for line in self._lines():
                self._take(line)
        except ClientGone:
            pass
        finally:
            self._end()

    def _lines(self) -> Iterator[bytes]:
        while line := self._input.readline(MAX_MESSAGE_BYTES + 1):
            if len(line) > MAX_MESSAGE_BYTES:
                self._refuse(line)
            elif line.strip():
                yield line.strip()

    def _refuse(self, line: bytes) -> None:
        """Pass over a line that is too long, and tell whoever waits for an answer to it."""
        start, end = line, line
        while not end.endswith(b"\n") and (more := self._input.readline(MAX_MESSAGE_BYTES)):
            end = end[-1024:] + more
        message_id = id_at_an_end(start) or id_at_an_end(end)
        self._output.write(error_line(message_id, INVALID_REQUEST, _TOO_LONG))

    def _take(self, line: bytes) -> None:
        try:
            message = read_message(line)
        except NoMessage as nonsense:
            self._output.write(error_line(nonsense.message_id, nonsense.code, str(nonsense)))
            return
        if message.method == "ping" and message.is_request and not message.version:
            # It asks whether the relay is alive. A desk that a person has closed is not started for that.
            self._output.write(json.dumps({"jsonrpc": "2.0", "id": message.message_id, "result": {}}).encode())
        elif message.is_request:
            self._start(message)
        else:
            self._tell(message)

    def _start(self, message: Message) -> None:
        message_id = message.message_id
        if not isinstance(message_id, (str, int)):
            self._output.write(error_line(None, INVALID_REQUEST, "The id of a request is a text or a number."))
            return
        call = Call(message, self._desk, self._output.write, self._wait)
        self._calls[message_id] = call
        thread = threading.Thread(target=self._serve, args=(call,), daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _serve(self, call: Call) -> None:
        try:
            call.run()
        except ClientGone:
            os._exit(0)  # the main thread waits for a client that is not there
        except Exception as error:
            self._output.write(error_line(call.message.message_id, INTERNAL_ERROR, f"The relay failed: {error!r}"))
        finally:
            if self._calls.get(call.message.message_id) is call:
                del self._calls[call.message.message_id]

    def _tell(self, message: Message) -> None:
        """Pass on what wants no answer. What gets lost on the way concerned a desk that is no more."""
        if message.method == CANCELLED:
            message_id = message.params.get("requestId")
            call = self._calls.get(message_id) if isinstance(message_id, (str, int)) else None
            if call is not None:
                call.cancel()
        if message.version:
            return  # where there is no session, the end of its connection cancels a call
        if message.method == INITIALIZED:
            self._deliver(message)  # nothing may overtake it
        else:  # a desk that hangs must not keep the client from being heard
            threading.Thread(target=self._deliver, args=(message,), daemon=True).start()

    def _deliver(self, message: Message) -> None:
        try:
            self._desk.tell(message)
        except Exception as error:
            note(f"{message.method or 'A response'} did not reach the desk: {error}")

    def _end(self) -> None:
        deadline = time.monotonic() + _LAST_WORDS_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for call in list(self._calls.values()):
            call.cancel()
        goodbye = threading.Thread(target=self._desk.close, daemon=True)
        goodbye.start()
        goodbye.join(_GOODBYE_SECONDS)


def note(words: str) -> None:
    """Tell whoever reads the client's logs."""
    try:
        sys.stderr.write(f"deskbell mcp: {words}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass  # nobody reads them


def main(wait: float | None = None) -> None:
    """Relay between this process's standard input and output and the desk."""
    # Without a buffer: a thread that is caught in writing to one when the process ends would bring that down.
    Relay(sys.stdin.buffer, Output(io.FileIO(sys.stdout.fileno(), "wb", closefd=False)), wait).run()
