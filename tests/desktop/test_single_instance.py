"""One desk per person."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deskbell_desktop.single_instance import SingleInstance

LOCK_AND_WAIT = """
import sys
from pathlib import Path
from deskbell_desktop.single_instance import SingleInstance
instance = SingleInstance(Path(sys.argv[1]))
print(instance.is_first, flush=True)
sys.stdin.read()
"""


def _start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", LOCK_AND_WAIT, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _says(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _stop(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_second_one_is_refused(tmp_path: Path) -> None:
    """While one runs, another process is told that it is not the first."""
    path = tmp_path / "new" / "deskbell.lock"
    first = SingleInstance(path)
    second = _start(path)
    said = _says(second)
    _stop(second)
    first.release()

    assert first.is_first
    assert said == "False"


def test_a_released_lock_can_be_taken(tmp_path: Path) -> None:
    """After a tidy end the next one is the first."""
    path = tmp_path / "deskbell.lock"
    SingleInstance(path).release()
    second = SingleInstance(path)
    is_first = second.is_first
    second.release()

    assert is_first


def test_the_lock_of_a_running_process_is_kept(tmp_path: Path) -> None:
    """A lock that another process holds is not taken from it."""
    path = tmp_path / "deskbell.lock"
    other = _start(path)
    assert _says(other) == "True"
    mine = SingleInstance(path)
    _stop(other)

    assert not mine.is_first


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    """After a crash the next start is the first, at once."""
    path = tmp_path / "deskbell.lock"
    crashed = _start(path)
    assert _says(crashed) == "True"
    _stop(crashed)
    assert path.exists()
    mine = SingleInstance(path)
    is_first = mine.is_first
    mine.release()

    assert is_first
