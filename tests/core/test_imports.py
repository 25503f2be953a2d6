"""What importing a part of the core brings along: no Qt anywhere, and for an agent's command only what it uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

BLOCKER = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"{{name}} is not there", name=name)

sys.meta_path.insert(0, Blocker())
"""

IMPORT_ALL = """
import importlib, pkgutil
import deskbell

names = [module.name for module in pkgutil.walk_packages(deskbell.__path__, "deskbell.")]
for name in names:
    if not name.endswith("__main__"):
        importlib.import_module(name)
print(*names)
"""

DESKTOP = ("PySide6", "shiboken6", "deskbell_desktop", "deskbell_resources", "markdown_it", "pygments")
LISTENER = ("msgspec", "starlette", "uvicorn", "httptools", "PySide6", "deskbell_desktop")


def run(program: str) -> list[str]:
    """The words that a fresh Python prints when it runs ``program``."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.split()


def loaded_by(statement: str) -> set[str]:
    """The modules that are there after a statement, and were not before."""
    return set(run(f"import sys\nbefore = set(sys.modules)\n{statement}\nprint(*(set(sys.modules) - before))"))


def test_the_whole_core_can_be_imported_without_qt() -> None:
    """Every module, on a machine that has nothing of the desktop."""
    names = run(BLOCKER.format(blocked=set(DESKTOP)) + IMPORT_ALL)

    assert {
        "deskbell.task_queue",
        "deskbell.desk",
        "deskbell.http.server",
        "deskbell.client",
        "deskbell.cli.app",
    } <= set(names)


def test_the_blocker_blocks() -> None:
    """Otherwise the test above would say nothing."""
    with pytest.raises(AssertionError, match="PySide6 is not there"):
        run(BLOCKER.format(blocked=set(DESKTOP)) + "import PySide6.QtCore")


@pytest.mark.parametrize(
    "statement",
    [
        "import deskbell",
        "from deskbell import ask, Answer",
        "import deskbell.client",
        "import deskbell.cli",
        "from deskbell.cli import app",
        "from deskbell.cli import ask",
        "from deskbell.cli import hook_process",
        "from deskbell.task import Task, Answer",
        "from deskbell.endpoint import find_endpoint",
    ],
)
def test_an_agents_command_does_not_import_the_listener(statement: str) -> None:
    """Nor the libraries that only the listener needs."""
    roots = {name.partition(".")[0] for name in loaded_by(statement)}
    assert roots & set(LISTENER) == set()


def test_asking_needs_the_library_of_folders_alone() -> None:
    """What blocks costs neither asyncio nor the client that is made for it."""
    loaded = {name.partition(".")[0] for name in loaded_by("from deskbell import ask, ask_async, Answer")}

    assert loaded - set(sys.stdlib_module_names) <= {"deskbell", "platformdirs"}
    assert "asyncio" not in loaded


def test_importing_the_package_imports_nothing_else() -> None:
    """It holds the version."""
    assert {name for name in loaded_by("import deskbell") if name.startswith("deskbell")} == {"deskbell"}


def test_the_queue_needs_the_standard_library_alone() -> None:
    """Other programs use it on its own."""
    roots = {name.partition(".")[0] for name in loaded_by("import deskbell.task_queue")}
    assert roots - set(sys.stdlib_module_names) == {"deskbell"}
