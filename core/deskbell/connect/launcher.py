"""How an agent starts the ``deskbell`` command: what goes into its configuration."""

from __future__ import annotations

import shlex
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deskbell.connect.machine import Machine

NAME: Final = "deskbell"

_LONGEST_PATH: Final = 32_767
_EVERYBODYS_FOLDERS: Final = ("/usr/bin", "/bin", "/usr/local/bin")
"""Folders that are on the PATH of programs started from a desktop too."""


@dataclass(frozen=True, slots=True)
class Launcher:
    """The words that start ``deskbell``, for a machine."""

    words: tuple[str, ...]
    is_windows: bool = False

    def argv(self, *arguments: str) -> list[str]:
        """Program and arguments, for agents that start it without a shell."""
        return [*self.words, *arguments]

    def shell(self, *arguments: str) -> str:
        """One line for the system's usual shell.

        On Windows that may be cmd or PowerShell, and of these only the first starts a program in quotation marks: a
        path that needs some is handed to PowerShell.
        """
        if not self.is_windows:
            return shlex.join(self.argv(*arguments))
        line = self.powershell(*arguments)
        return f'powershell.exe -NoProfile -Command "{line}"' if line.startswith("&") else line

    def powershell(self, *arguments: str) -> str:
        """One line for PowerShell, which takes a quoted word for text unless it is told to call it."""
        words = [_powershell_word(word) for word in self.argv(*arguments)]
        return " ".join(["&", *words] if words[0] != self.words[0] else words)


def find_launcher(machine: Machine, *, shared: bool = False) -> Launcher:
    """What starts this very installation from an agent's environment.

    The bare name serves only where it leads here and is found without anybody's own PATH; a file that is ``shared``
    with others, such as a project's, has the bare name always.
    """
    if shared:
        return Launcher((NAME,), machine.is_windows)
    words = _this_installation(machine)
    found = machine.find_program(NAME)
    if found and str(Path(found).parent) in _EVERYBODYS_FOLDERS and Path(found).resolve() == Path(words[0]).resolve():
        words = (NAME,)
    return Launcher((_short(words[0]), *words[1:]), machine.is_windows)


def _this_installation(machine: Machine) -> tuple[str, ...]:
    suffix = ".exe" if machine.is_windows else ""
    image = machine.environment.get("APPIMAGE")
    if getattr(sys, "frozen", False):  # what an AppImage unpacks is gone when it ends
        return (image,) if image else (str(Path(sys.executable).with_name(NAME + suffix)),)
    script = Path(sysconfig.get_path("scripts")) / (NAME + suffix)
    return (str(script),) if script.exists() else (sys.executable, "-P", "-m", NAME)


def _short(program: str) -> str:
    """On Windows the name of a file without spaces, where the disk keeps one."""
    if sys.platform != "win32" or " " not in program:
        return program
    import ctypes  # noqa: PLC0415 - nobody else needs it

    name = ctypes.create_unicode_buffer(_LONGEST_PATH)
    found = ctypes.windll.kernel32.GetShortPathNameW(program, name, _LONGEST_PATH)
    return name.value if 0 < found < _LONGEST_PATH else program


def _powershell_word(word: str) -> str:
    if word and all(character.isalnum() or character in "-_.:~\\/" for character in word):
        return word
    return "'" + word.replace("'", "''") + "'"
