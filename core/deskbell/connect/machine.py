"""What the places of configuration files depend on: the system, the home folder and the environment."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer as agents see it. ``system`` is ``linux``, ``darwin`` or ``win32``."""

    system: str
    home: Path
    environment: Mapping[str, str]

    @classmethod
    def here(cls) -> Machine:
        """This one."""
        return cls(sys.platform, Path.home(), os.environ)

    @property
    def is_windows(self) -> bool:
        """Whether it is Windows."""
        return self.system == "win32"

    @property
    def xdg_config(self) -> Path:
        """Where programs that follow the XDG rules keep their settings, on any system."""
        return self.folder("XDG_CONFIG_HOME", self.home / ".config")

    @property
    def app_config(self) -> Path:
        """Where programs keep their settings as this system wants it."""
        if self.is_windows:
            return self.folder("APPDATA", self.home / "AppData" / "Roaming")
        if self.system == "darwin":
            return self.home / "Library" / "Application Support"
        return self.xdg_config

    def folder(self, variable: str, otherwise: Path) -> Path:
        """The folder that a variable of the environment names, if it names one."""
        named = self.environment.get(variable)
        return Path(named) if named else otherwise

    def has_program(self, name: str) -> bool:
        """Whether a command of this name is on the PATH."""
        return self.find_program(name) is not None

    def find_program(self, name: str) -> str | None:
        """The file that a command stands for."""
        return shutil.which(name, path=self.environment.get("PATH", os.defpath))
