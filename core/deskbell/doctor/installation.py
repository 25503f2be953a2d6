"""The installation itself: versions, the desktop app, the environment, the settings."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

from deskbell import __version__
from deskbell.doctor.finding import Finding, fail, ok, warn
from deskbell.endpoint import TOKEN_VARIABLE, URL_VARIABLE
from deskbell.folders import HOME_VARIABLE, settings_path
from deskbell.launch import NO_START_VARIABLE
from deskbell.settings import read_settings

_QT: Final = "PySide6-Essentials"
_INSTALL_APP: Final = "To answer here, install it: pip install 'deskbell[desktop]'"
_KNOWN: Final = (URL_VARIABLE, TOKEN_VARIABLE, NO_START_VARIABLE, HOME_VARIABLE, "DESKBELL_AGENT")


def check_installation(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Everything that can be told without a desk."""
    system = f"{platform.system()} {platform.release()}"
    yield ok("version", f"Deskbell {__version__} on Python {platform.python_version()}, {system}.")
    yield _check_app()
    yield from _check_variables(environment)
    yield _check_settings()


def _check_app() -> Finding:
    if getattr(sys, "frozen", False):
        app = Path(sys.executable).with_name("deskbell-desktop" + Path(sys.executable).suffix)
        return (
            ok("app", f"The desktop app is {app}.")
            if app.exists()
            else warn("app", "The app is not here.", _INSTALL_APP)
        )
    if not (importlib.util.find_spec("deskbell_desktop") and importlib.util.find_spec("PySide6")):
        return warn("app", "The desktop app is not installed here; agents can ring one elsewhere.", _INSTALL_APP)
    version = _version_of_qt()
    if version >= (6, 12) and sys.version_info < (3, 12):
        return fail(
            "app",
            f"PySide6 {version[0]}.{version[1]} aborts on this version of Python.",
            f"Install an earlier one: pip install '{_QT}<6.12'",
        )
    return ok(
        "app", f"The desktop app is installed, with PySide6 {'.'.join(map(str, version)) or 'of unknown version'}."
    )


def _version_of_qt() -> tuple[int, ...]:
    try:
        return tuple(map(int, re.findall(r"\d+", metadata.version(_QT))))
    except metadata.PackageNotFoundError:
        return ()


def _check_variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    ours = sorted(name for name in environment if name.startswith("DESKBELL_"))
    for name in ours:
        if name not in _KNOWN:
            yield warn(
                "variables", f"{name} is set and means nothing.", f"Perhaps one of these was meant: {', '.join(_KNOWN)}"
            )
    shown = [f"{name}={'…' if name == TOKEN_VARIABLE else environment[name]}" for name in ours if name in _KNOWN]
    if not shown:
        yield ok("variables", "No variable of Deskbell is set.")
    elif environment.get(URL_VARIABLE) and not environment.get(TOKEN_VARIABLE):
        yield warn(
            "variables",
            f"{' '.join(shown)}: agents started elsewhere do not see them.",
            f"For a desk on another machine set {TOKEN_VARIABLE} as well, to what 'deskbell token' prints there.",
        )
    else:
        yield ok("variables", f"{' '.join(shown)}: agents started elsewhere do not see them.")


def _check_settings() -> Finding:
    problems = read_settings(settings_path()).problems
    if problems:
        return warn("settings", str(problems[0]), "See all: deskbell config check")
    there = "are in" if os.path.lexists(settings_path()) else "are the defaults; they would be in"
    return ok("settings", f"The settings {there} {settings_path()}.")
