"""A display of our own: X server, session bus, window manager and, if wanted, a tray."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import IO, Any, Final, Self

from Xlib import X
from Xlib.display import Display as Connection
from Xlib.error import BadDrawable, BadWindow
from Xlib.protocol.event import ClientMessage

from stage.picture import Box, Picture
from stage.waiting import until

_PROGRAMS: Final = {
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "dbus-daemon": "dbus",
    "xdotool": "xdotool",
    "trayer": "trayer",
}
"""What is run, and the Debian package it is in."""

_TRAY: Final = ("trayer", "--edge", "top", "--align", "right", "--widthtype", "request", "--height", "28")
_PATIENCE_SECONDS: Final = 10.0
_APP_CLASS: Final = "deskbell"


def check_programs() -> None:
    """Raise RuntimeError that says what to install, if anything is missing."""
    missing = sorted({package for program, package in _PROGRAMS.items() if not shutil.which(program)})
    if missing:
        raise RuntimeError(f"The end-to-end tests need more programs: apt-get install {' '.join(missing)}")


class VirtualDisplay:
    """Processes of its own from ``start`` to ``stop``; nothing of it is shared with the display that people use."""

    def __init__(self, folder: Path, *, size: tuple[int, int] = (1000, 800), tray: bool = True) -> None:
        self._folder = folder
        self._size = size
        self._tray = tray
        self._processes: list[subprocess.Popen[bytes]] = []
        self._logs: list[IO[bytes]] = []
        self.name = ""
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Bring everything up; returns when the window manager and the tray are at work."""
        check_programs()
        self._folder.mkdir(parents=True, exist_ok=True)
        self.name = f":{self._start_and_read('Xvfb', *self._server_options())}"
        self.environment = _bare_environment(self._folder) | {"DISPLAY": self.name}
        bus = self._start_and_read("dbus-daemon", "--session", "--nofork", "--print-address={}")
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus
        self.connection = Connection(self.name)
        self.root = self.connection.screen().root
        self._run("openbox")
        until(lambda: self._root_property("_NET_SUPPORTING_WM_CHECK"), "openbox", _PATIENCE_SECONDS)
        if self._tray:
            self._run(*_TRAY)
            until(self._tray_owner, "trayer", _PATIENCE_SECONDS)
        self.park_pointer()

    def stop(self) -> None:
        """End every process, the last one first."""
        if hasattr(self, "connection"):
            self.connection.close()
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for log in self._logs:
            log.close()
        self._processes.clear()
        self._logs.clear()

    # -- looking -----------------------------------------------------------------------------------------------

    def app_windows(self) -> list[Any]:
        """The app's windows that the window manager knows, minimised ones included."""
        return [window for window in map(self._window, self._root_property("_NET_CLIENT_LIST")) if _is_app(window)]

    def visible_window(self) -> Any:
        """The app's window if it can be seen, or None."""
        return next(filter(is_viewable, self.app_windows()), None)

    def place_of(self, window: Any) -> Box:
        """Where a window's inside lies on the screen."""
        shape = window.get_geometry()
        corner = self.root.translate_coords(window, 0, 0)
        return Box(corner.x, corner.y, shape.width, shape.height)

    def picture_of(self, place: Box) -> Picture:
        """What is on the screen there, without what lies outside of it."""
        left, top = max(0, place.left), max(0, place.top)
        seen = Box(left, top, min(place.right, self._size[0]) - left, min(place.bottom, self._size[1]) - top)
        image = self.root.get_image(seen.left, seen.top, seen.width, seen.height, X.ZPixmap, 0xFFFFFFFF)
        return Picture(seen, image.data)

    def screenshot(self, path: Path) -> None:
        """Save the whole screen as PNG."""
        self.picture_of(Box(0, 0, *self._size)).save(path)

    def tray_icons(self) -> list[Box]:
        """Where the app's tray icon is, if it is in a tray."""
        return [self.place_of(window) for window in self._descendants(self.root, 5) if _is_icon(window)]

    def popups(self) -> list[Box]:
        """Where the app's open menus are."""
        children = self.root.query_tree().children
        return [self.place_of(window) for window in children if is_viewable(window) and _is_app(window)]

    def active_window(self) -> int:
        """The id of the window that has the keyboard, as the window manager says; 0 for none."""
        return next(iter(self._root_property("_NET_ACTIVE_WINDOW")), 0)

    def close_window(self, window: Any) -> None:
        """Do what the close button in a title bar does."""
        closing = self.connection.intern_atom("_NET_CLOSE_WINDOW")
        event = ClientMessage(window=window, client_type=closing, data=(32, [X.CurrentTime, 2, 0, 0, 0]))
        self.root.send_event(event, event_mask=X.SubstructureRedirectMask | X.SubstructureNotifyMask)
        self.connection.sync()

    # -- pointer and keyboard ------------------------------------------------------------------------------------

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Move the pointer there and click."""
        self.xdotool("mousemove", str(x), str(y), "click", str(button))

    def park_pointer(self) -> None:
        """Put the pointer into the corner where it changes nothing."""
        self.xdotool("mousemove", "0", str(self._size[1] - 1))

    def type_text(self, text: str) -> None:
        """Type on the keyboard, into whatever has the focus."""
        self.xdotool("type", "--delay", "15", text)

    def press(self, *keys: str) -> None:
        """Press and release keys by their X names."""
        self.xdotool("key", *keys)

    def xdotool(self, *words: str) -> None:
        """Do what these words of xdotool say."""
        subprocess.run(["xdotool", *words], env=self.environment, check=True, timeout=_PATIENCE_SECONDS)

    # -- inside ------------------------------------------------------------------------------------------------

    def _server_options(self) -> tuple[str, ...]:
        width, height = self._size
        return "-displayfd", "{}", "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"

    def _run(self, *command: str, **options: Any) -> None:
        log = (self._folder / f"{command[0]}.log").open("wb")
        self._logs.append(log)
        environment = self.environment or os.environ
        self._processes.append(
            subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)
        )

    def _start_and_read(self, *command: str) -> str:
        """Start a program that writes a line to the file descriptor put in place of ``{}``; that line."""
        readable, writable = os.pipe()
        try:
            self._run(*(word.format(writable) for word in command), pass_fds=[writable])
        finally:
            os.close(writable)
        with os.fdopen(readable) as lines:
            line = lines.readline().strip()
        if not line:
            raise RuntimeError(f"{command[0]} did not start; see {self._folder / command[0]}.log")
        return line

    def _root_property(self, name: str) -> list[int]:
        found = self.root.get_full_property(self.connection.intern_atom(name), X.AnyPropertyType)
        return list(found.value) if found else []

    def _tray_owner(self) -> bool:
        owner = self.connection.get_selection_owner(self.connection.intern_atom("_NET_SYSTEM_TRAY_S0"))
        return bool(owner)

    def _window(self, number: int) -> Any:
        return self.connection.create_resource_object("window", number)

    def _descendants(self, window: Any, depth: int) -> list[Any]:
        try:
            children: list[Any] = window.query_tree().children
        except BadWindow:
            return []
        return children + [found for child in children if depth for found in self._descendants(child, depth - 1)]


def is_viewable(window: Any) -> bool:
    """Whether a window is mapped and so are those around it."""
    try:
        return bool(window.get_attributes().map_state == X.IsViewable)
    except (BadWindow, BadDrawable):
        return False


def _is_app(window: Any) -> bool:
    try:
        return _APP_CLASS in (window.get_wm_class() or ())
    except BadWindow:
        return False


def _is_icon(window: Any) -> bool:
    try:
        small = window.get_geometry().width <= 32
        return small and is_viewable(window) and _APP_CLASS in (window.get_wm_class() or ())
    except (BadWindow, BadDrawable):
        return False


def _bare_environment(folder: Path) -> dict[str, str]:
    """What a program needs, and nothing that would lead it to the desk or the display of whoever runs the tests."""
    kept = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    home, runtime = folder / "home", folder / "runtime"
    home.mkdir(exist_ok=True)
    runtime.mkdir(mode=0o700, exist_ok=True)
    return environment | {"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "QT_QPA_PLATFORM": "xcb"}
