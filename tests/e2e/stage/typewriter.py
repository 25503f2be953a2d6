"""A window of somebody else, in which a person is typing."""

from __future__ import annotations

from typing import Any, Self

from Xlib import XK, X
from Xlib.display import Display as Connection

from stage.display import VirtualDisplay
from stage.waiting import until


class Typewriter:
    """Holds the keyboard focus from ``__enter__`` on and keeps what is typed into it."""

    def __init__(self, display: VirtualDisplay) -> None:
        self._display = display
        self._connection = Connection(display.name)
        self._window: Any = None
        self._typed: list[str] = []

    def __enter__(self) -> Self:
        screen = self._connection.screen()
        self._window = screen.root.create_window(
            10, 600, 160, 100, 0, screen.root_depth, background_pixel=screen.white_pixel, event_mask=X.KeyPressMask
        )
        self._window.set_wm_name("Typewriter")
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
        while self._connection.pending_events():
            event = self._connection.next_event()
            if event.type == X.KeyPress:
                symbol = self._connection.keycode_to_keysym(event.detail, 0)
                self._typed.append(self._connection.lookup_string(symbol) or XK.keysym_to_string(symbol) or "?")
        return "".join(self._typed)
