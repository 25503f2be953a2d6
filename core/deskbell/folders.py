"""Where Deskbell keeps its files on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import platformdirs

HOME_VARIABLE: Final = "DESKBELL_HOME"
"""When this is set, everything lives in the folder it names."""


def config_folder() -> Path:
    """Settings that people edit."""
    return _home("config") or platformdirs.user_config_path("deskbell", appauthor=False)


def data_folder() -> Path:
    """The token and, while a desk runs, its endpoint."""
    return _home("data") or platformdirs.user_data_path("deskbell", appauthor=False)


def state_folder() -> Path:
    """What may be lost without harm: the window's place, logs."""
    return _home("state") or platformdirs.user_state_path("deskbell", appauthor=False)


def settings_path() -> Path:
    """The settings file."""
    return config_folder() / "settings.toml"


def _home(part: str) -> Path | None:
    home = os.environ.get(HOME_VARIABLE)
    return Path(home) / part if home else None
