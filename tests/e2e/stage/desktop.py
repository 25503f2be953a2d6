"""The app as somebody runs it: a process, its folder, its window on a screen."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import psutil

from stage.desk_api import DeskApi, Json
from stage.display import VirtualDisplay, is_viewable
from stage.picture import TEXT, Box, Picture
from stage.waiting import until

START_SECONDS: Final = 15.0
END_SECONDS: Final = 3.0

_GOOD_LINE: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO ")
_HARMLESS: Final[dict[str, str]] = {}
"""Lines that may stand in the app's log, as regular expressions, each with the reason."""


class DesktopApp:
    """One desk: its folder stays, its process can be started again and again."""

    def __init__(self, display: VirtualDisplay, home: Path, number: int = 1) -> None:
        self.display = display
        self.home = home
        self._log_path = home / f"app-{number}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._api: DeskApi | None = None
        self.settings()

    @property
    def environment(self) -> dict[str, str]:
        """What the app and the commands of its user run with."""
        return self.display.environment | {"DESKBELL_HOME": str(self.home), "DESKBELL_NO_START": "1"}

    # -- the process -------------------------------------------------------------------------------------------

    def settings(self, **sections: dict[str, Any]) -> None:
        """Write the settings file, in one step as editors do; a light theme unless said otherwise."""
        sections["window"] = {"theme": "light"} | sections.get("window", {})
        lines = []
        for section, values in sections.items():
            lines += [f"[{section}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
        path = self.home / "config" / "settings.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".new").write_text("\n".join(lines) + "\n")
        path.with_suffix(".new").replace(path)

    def start(self, *, hidden: bool = True) -> None:
        """Start the app; returns when it listens."""
        self.spawn(hidden=hidden)
        self.wait_listening()

    def spawn(self, *, hidden: bool = True) -> None:
        """Start the app's process and return at once."""
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "deskbell_desktop", *(["--hidden"] if hidden else [])],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_listening(self) -> None:
        """Wait until the app answers over HTTP."""
        until(self._listens, "the app to listen", START_SECONDS)

    def stop(self) -> None:
        """End the process, politely first. Does nothing if none runs."""
        if self._api is not None:
            self._api.close()
            self._api = None
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_SECONDS + 2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
                raise AssertionError("The app did not end on SIGTERM and was killed.") from None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the app."""
        os.kill(self.pid, number)

    def exit_code(self, seconds: float = END_SECONDS) -> int:
        """How the app ends; AssertionError unless it does within ``seconds``."""
        assert self._process is not None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"The app did not end within {seconds:g} s.") from None

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def rss(self) -> int:
        """Resident memory in bytes."""
        return int(psutil.Process(self.pid).memory_info().rss)

    @property
    def endpoint_path(self) -> Path:
        """The file by which clients find the desk."""
        return self.home / "data" / "endpoint.json"

    @property
    def endpoint(self) -> Json:
        """What that file says."""
        return dict(json.loads(self.endpoint_path.read_text()))

    @property
    def api(self) -> DeskApi:
        """The desk over HTTP."""
        if self._api is None:
            self._api = DeskApi(self.endpoint["url"], self.endpoint["token"])
        return self._api

    def complaints(self) -> list[str]:
        """Lines in the logs that are more than a notice: warnings, errors, tracebacks, whatever Qt says."""
        logs = [path for path in (self._log_path, self.home / "state" / "desktop.log") if path.exists()]
        lines = [line for path in logs for line in path.read_text(errors="replace").splitlines()]
        return [line for line in lines if line.strip() and not _is_good(line)]

    def _listens(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"The app ended with {self._process.returncode}: {self.complaints()}")
        return self.endpoint_path.exists() and self.endpoint["pid"] == self.pid and self._is_healthy()

    def _is_healthy(self) -> bool:
        return bool(self.api.call("GET", "/healthz"))

    # -- the window --------------------------------------------------------------------------------------------

    def window(self) -> Any:
        """The window, as soon as it can be seen."""
        return until(self.display.visible_window, "the window")

    def is_shown(self) -> bool:
        """Whether the window can be seen."""
        return self.display.visible_window() is not None

    def close_window(self) -> None:
        """Close the window as a person does."""
        self.display.close_window(self.window())

    def wait_hidden(self) -> None:
        """Wait until the window cannot be seen."""
        until(lambda: not self.is_shown(), "the window to go")

    def is_minimised(self) -> bool:
        """Whether the window is in the task bar only."""
        windows = self.display.app_windows()
        return bool(windows) and not any(map(is_viewable, windows))

    def picture(self) -> Picture:
        """What the window looks like on the screen."""
        return self.display.picture_of(self.display.place_of(self.window()))

    def place(self) -> Box:
        """Where the window's inside is on the screen."""
        return self.display.place_of(self.window())

    def cards(self, count: int) -> list[Box]:
        """The cards of the question, on the screen, when ``count`` of them are there and take clicks.

        Labels are faint until then, so the sign is text of its full colour. That it has stopped changing is not enough:
        it does so as well while a busy app draws no next step.
        """
        seen: list[bytes] = []

        def ready() -> list[Box] | None:
            picture = self.picture()
            cards = picture.cards()
            seen.append(picture.data)
            settled = len(seen) > 1 and seen[-1] == seen[-2]
            if settled and len(cards) == count and picture.has_exactly(TEXT, cards[0]):
                return [self._on_screen(picture, card) for card in cards]
            return None

        return until(ready, f"{count} cards to be ready in the window")

    def cards_at_once(self, count: int) -> list[Box]:
        """The cards of the question, on the screen, armed or not."""

        def there() -> list[Box] | None:
            picture = self.picture()
            cards = picture.cards()
            return [self._on_screen(picture, card) for card in cards] if len(cards) == count else None

        return until(there, f"{count} cards in the window")

    def tabs(self, count: int) -> list[tuple[int, int]]:
        """Points on the tabs, on the screen, when ``count`` of them are there."""

        def there() -> list[tuple[int, int]] | None:
            picture = self.picture()
            tabs = picture.tabs()
            left, top = picture.place.left, picture.place.top
            return [(left + x, top + y) for x, y in tabs] if len(tabs) == count else None

        return until(there, f"{count} tabs in the window")

    def choose(self, index: int, count: int) -> None:
        """Click option ``index``, counted from 0, when the question's ``count`` cards are ready."""
        self.display.click(*self.cards(count)[index].middle)
        self.display.park_pointer()

    def title(self) -> str:
        """What the window's title bar says."""
        window = self.window()
        name = self.display.connection.intern_atom("_NET_WM_NAME")
        return bytes(window.get_full_property(name, 0).value).decode()

    @staticmethod
    def _on_screen(picture: Picture, box: Box) -> Box:
        return Box(picture.place.left + box.left, picture.place.top + box.top, box.width, box.height)


def _is_good(line: str) -> bool:
    return bool(_GOOD_LINE.match(line)) or any(re.search(pattern, line) for pattern in _HARMLESS)
