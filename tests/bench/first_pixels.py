"""From a request to the first pixels on the screen, and from a click to the answer, seen from outside the app.

The window is watched by the X server's DAMAGE extension: each time something is drawn into it, one column of it is read
back, and the round ends when the option cards are there. So what counts is what a person could see.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from Xlib import X
from Xlib.display import Display as Connection
from Xlib.error import BadMatch
from Xlib.ext import damage, xtest

from rows import Row, percentile
from stage.desktop import DesktopApp
from stage.display import VirtualDisplay, is_viewable
from stage.picture import CARD, Box, Picture
from stage.waiting import until
from wire import Wire, question

_COLUMN = 22  # px from the window's left edge: inside every card
_PATIENCE_SECONDS = 10.0
_BARE = Path(__file__).with_name("bare_window.py")
_MARKDOWN = """## Part {n}

Some *text* with `code` and a [link](https://example.org).

- one
- two

```python
print({n})
```

"""
_MARKDOWN_GOALS = {5: 25.0, 100: 120.0}  # KB and ms
_MARKDOWN_ROUNDS = 7


class Eye:
    """Watches one window of a display."""

    def __init__(self, display: VirtualDisplay, window: Any) -> None:
        self._connection = Connection(display.name)
        self._connection.damage_query_version()
        self._window = cast("Any", self._connection.create_resource_object("window", window.id))
        self._damage = self._window.damage_create(damage.DamageReportRawRectangles)
        self._place = display.place_of(window)
        self._connection.sync()

    def close(self) -> None:
        """Look away for good."""
        self._connection.close()

    def forget(self) -> None:
        """Pass over what has been drawn so far."""
        self._connection.sync()
        while self._connection.pending_events():
            self._connection.next_event()

    def wait(self, seen: Callable[[Picture], bool]) -> float:
        """When ``seen`` was first true of the window's column, in seconds of the monotonic clock."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if not self._connection.pending_events():
                select.select([self._connection.display.socket], [], [], 1)
                continue
            event = self._connection.next_event()
            drawn = time.monotonic()
            if event.type == self._connection.extension_event.DamageNotify and seen(self._column()):
                return drawn
        raise AssertionError("Nothing was drawn.")

    def _column(self) -> Picture:
        try:
            image = self._window.get_image(_COLUMN, 0, 1, self._place.height, X.ZPixmap, 0xFFFFFFFF)
        except BadMatch:  # it is not mapped yet
            return Picture(Box(0, 0, 1, 0), b"")
        return Picture(Box(_COLUMN, 0, 1, self._place.height), image.data)


def shows_card(column: Picture) -> bool:
    """Whether there are a card's worth of white pixels."""
    return sum(column.at(0, y) == CARD for y in range(column.place.height)) >= 40


def warm_hidden_window(app: DesktopApp, *, rounds: int) -> Iterator[Row]:
    """POST sent → first pixels; the window is hidden before each."""
    wire, eye = _wire(app), _eye(app)
    times = [_paint_round(app, wire, eye, question()) for _ in range(rounds)]
    yield Row("POST → first pixels, p50", percentile(times, 0.5), "ms", 12, note=f"{rounds} rounds, XDamage + pixels")
    yield Row("POST → first pixels, p95", percentile(times, 0.95), "ms", 25)
    for kilobytes, goal in _MARKDOWN_GOALS.items():
        text = _markdown(kilobytes)
        times = [_paint_round(app, wire, eye, question(text)) for _ in range(_MARKDOWN_ROUNDS)]
        yield Row(f"Markdown {kilobytes} KB → first pixels, p50", percentile(times, 0.5), "ms", goal)
    eye.close()
    wire.close()


def bare_window(display: VirtualDisplay, *, rounds: int) -> Iterator[Row]:
    """The same for a Qt window that draws one rectangle."""
    process = subprocess.Popen([sys.executable, _BARE], env=display.environment, stdin=subprocess.PIPE)
    assert process.stdin is not None
    commands = process.stdin.fileno()
    os.write(commands, b"s")
    window = until(display.visible_window, "the bare window")
    eye = Eye(display, window)
    times = []
    for _ in range(rounds):
        os.write(commands, b"h")
        until(lambda: not is_viewable(window), "the bare window to hide")
        eye.forget()
        sent = time.monotonic()
        os.write(commands, b"s")
        times.append(1000 * (eye.wait(shows_card) - sent))
    process.stdin.close()
    process.wait(5)
    eye.close()
    yield Row("bare Qt window: byte → first pixels, p50", percentile(times, 0.5), "ms", note="to compare with")
    yield Row("bare Qt window: byte → first pixels, p95", percentile(times, 0.95), "ms", note="to compare with")


def click_to_answer(app: DesktopApp, *, rounds: int) -> Iterator[Row]:
    """Button released on an option → the asker, blocked in a long poll, has the answer."""
    wire, times = _wire(app), []
    wire.call("POST", "/v1/show")
    display = Connection(app.display.name)
    for _ in range(rounds):
        task_id = wire.ask()
        middle = app.cards(3)[0].middle
        wire.send(wire.request("GET", f"/v1/tasks/{task_id}?wait=30"))
        xtest.fake_input(display, X.MotionNotify, x=middle[0], y=middle[1])
        xtest.fake_input(display, X.ButtonPress, 1)
        display.sync()
        clicked = time.monotonic()
        xtest.fake_input(display, X.ButtonRelease, 1)
        display.flush()
        assert wire.receive()["answer"]["options"] == ["Yes"]
        times.append(1000 * (time.monotonic() - clicked))
        app.display.park_pointer()
    display.close()
    app.close_window()
    app.wait_hidden()
    wire.close()
    yield Row("click → asker has the answer, p50", percentile(times, 0.5), "ms", 10, note=f"{rounds} rounds; on disk")
    yield Row("click → asker has the answer, p99", percentile(times, 0.99), "ms", 40)


def _paint_round(app: DesktopApp, wire: Wire, eye: Eye, asked: dict[str, Any]) -> float:
    app.wait_hidden()
    time.sleep(0.05)  # the app has put everything away, not only the window
    eye.forget()
    request = wire.request("POST", "/v1/tasks", asked)
    sent = time.monotonic()
    wire.send(request)
    drawn = eye.wait(shows_card)
    wire.answer(wire.receive()["task_id"])
    return 1000 * (drawn - sent)


def _wire(app: DesktopApp) -> Wire:
    return Wire(app.endpoint["url"], app.endpoint["token"])


def _eye(app: DesktopApp) -> Eye:
    """Warm the window up and watch it."""
    task_id = app.api.ask("Warm up", "Yes", "No")
    window = app.window()
    app.api.answer(task_id, "Yes")
    eye = Eye(app.display, window)
    app.wait_hidden()
    return eye


def _markdown(kilobytes: int) -> str:
    text = ""
    while len(text) < kilobytes * 1000:
        text += _MARKDOWN.format(n=len(text))
    return text
