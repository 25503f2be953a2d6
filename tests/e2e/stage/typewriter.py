"""A window of somebody else, in which a person is typing or clicking."""

from __future__ import annotations

from typing import Any, Self

from Xlib import XK, X, Xutil
from Xlib.display import Display as Connection

from stage.display import VirtualDisplay
from stage.picture import Box
from stage.waiting import until

_PLACE = Box(10, 600, 160, 100)


class Typewriter:
    """Holds the keyboard focus from ``__enter__`` on and keeps what is typed into it and how often it was clicked."""

    def __init__(self, display: VirtualDisplay, place: Box = _PLACE) -> None:
        self._display = display
        self._place = place
        self._clicks = 0
        self._connection = Connection(display.name)
        self._window: Any = None
        self._typed: list[str] = []

    def __enter__(self) -> Self:
        screen = self._connection.screen()
        spot = self._place
        self._window = screen.root.create_window(
            *(spot.left, spot.top, spot.width, spot.height),
            *(0, screen.root_depth),
            background_pixel=screen.white_pixel,
            event_mask=X.KeyPressMask | X.ButtonPressMask,
        )
        self._window.set_wm_name("Typewriter")
        self._window.set_wm_normal_hints(flags=Xutil.USPosition)
        self._window.map()
        self._connection.sync()
        until(self.has_focus, "the typewriter to have the keyboard")
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def has_focus(self) -> bool:
        """Whether the keyboard belongs to this window."""
        focus: Any = self._connection.get_input_focus().focus
        return bool(focus == self._window) and self._display.active_window() == self._window.id

    @property
    def typed(self) -> str:
        """What has been typed into it so far; keys without a letter by their X name."""
        self._listen()
        return "".join(self._typed)

    @property
    def clicks(self) -> int:
        """How often a mouse button was pressed on it so far."""
        self._listen()
        return self._clicks

    def focus(self) -> None:
        """Take the keyboard back, as by a click on the title bar."""
        self._display.xdotool("windowactivate", "--sync", str(self._window.id))
        until(self.has_focus, "the typewriter to have the keyboard")

    def _listen(self) -> None:
        while self._connection.pending_events():
            event = self._connection.next_event()
            if event.type == X.KeyPress:
                symbol = self._connection.keycode_to_keysym(event.detail, 0)
                self._typed.append(self._connection.lookup_string(symbol) or XK.keysym_to_string(symbol) or "?")
            elif event.type == X.ButtonPress:
                self._clicks += 1
