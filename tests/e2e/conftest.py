"""A display, an app and commands for each test; what the app complains about fails the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from stage.command import Command
from stage.desktop import DesktopApp
from stage.display import VirtualDisplay, check_programs

SCREENSHOTS = Path(__file__).parents[2] / "build" / "e2e"

OpenDisplay = Callable[..., VirtualDisplay]
MakeApp = Callable[[VirtualDisplay], DesktopApp]
RunCommand = Callable[..., Command]

_displays = pytest.StashKey[list[VirtualDisplay]]()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Say at once what is missing, rather than once per test."""
    if any(Path(__file__).parent in item.path.parents for item in session.items):
        try:
            check_programs()
        except RuntimeError as error:
            raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Take screenshots of a test that has just failed, while everything is still there."""
    report = yield
    if call.when == "call" and report.failed:
        displays: list[VirtualDisplay] = item.stash.get(_displays, [])
        for number, display in enumerate(displays):
            display.screenshot(SCREENSHOTS / f"{item.name}-{number}.png")
    return report


@pytest.fixture
def open_display(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenDisplay]:
    """Opens displays, each with a bus, a window manager and a tray; all are closed in the end."""
    displays = request.node.stash.setdefault(_displays, [])

    def opener(**options: Any) -> VirtualDisplay:
        display = stack.enter_context(VirtualDisplay(tmp_path / f"display-{len(displays)}", **options))
        displays.append(display)
        return display

    with ExitStack() as stack:
        yield opener


@pytest.fixture
def display(open_display: OpenDisplay) -> VirtualDisplay:
    """A display with a tray."""
    return open_display()


@pytest.fixture
def make_app(open_display: OpenDisplay, tmp_path: Path) -> Iterator[MakeApp]:
    """Makes apps, not started yet; all are stopped before their displays and must have had no complaints."""
    apps: list[DesktopApp] = []

    def maker(display: VirtualDisplay) -> DesktopApp:
        apps.append(DesktopApp(display, tmp_path / "desk", len(apps) + 1))
        return apps[-1]

    yield maker
    with ExitStack() as stack:
        for app in apps:
            stack.callback(app.stop)
    assert [line for app in apps for line in app.complaints()] == []


@pytest.fixture
def idle_app(make_app: MakeApp, display: VirtualDisplay) -> DesktopApp:
    """The app, not started yet: for tests that write settings first."""
    return make_app(display)


@pytest.fixture
def app(idle_app: DesktopApp) -> DesktopApp:
    """The app, listening, its window hidden."""
    idle_app.start()
    return idle_app


@pytest.fixture
def run(idle_app: DesktopApp) -> Iterator[RunCommand]:
    """Starts ``deskbell`` commands beside the app."""
    commands: list[Command] = []

    def starter(*words: str, stdin: str = "", **environment: str) -> Command:
        commands.append(Command({**idle_app.environment, **environment}, *words, stdin=stdin))
        return commands[-1]

    yield starter
    for command in commands:
        command.kill()


@pytest.fixture(autouse=True)
def _no_desk_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in a test may reach the desk of whoever runs it."""
    for name in [name for name in os.environ if name.startswith("DESKBELL_")]:
        monkeypatch.delenv(name)
