"""The Debian package: what it holds, what it needs, and that its app runs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.packaging.conftest import Install

MAX_PACKAGE_BYTES = 50_000_000
MAX_INSTALLED_KIB = 150 * 1024


@pytest.fixture(scope="module")
def listing(debian_package: Path) -> list[str]:
    return _output("dpkg-deb", "--contents", debian_package).splitlines()


@pytest.mark.parametrize(
    "place",
    [
        "./usr/bin/deskbell -> ../lib/deskbell/deskbell",
        "./usr/bin/deskbell-desktop -> ../lib/deskbell/deskbell-desktop",
        "./usr/lib/deskbell/_internal/deskbell_resources/icons/deskbell.svg",
        "./usr/share/applications/deskbell.desktop",
        "./usr/share/doc/deskbell/changelog.gz",
        "./usr/share/doc/deskbell/copyright",
        "./usr/share/icons/hicolor/48x48/apps/deskbell.png",
        "./usr/share/icons/hicolor/scalable/apps/deskbell.svg",
        "./usr/share/man/man1/deskbell.1.gz",
        "./usr/share/metainfo/deskbell.metainfo.xml",
    ],
)
def test_it_installs(listing: list[str], place: str) -> None:
    """Programs, menu entry, icons and documents are where a desktop looks for them."""
    assert [line for line in listing if line.endswith(f" {place}")]


def test_everything_belongs_to_root_and_nobody_else_may_write(listing: list[str]) -> None:
    """No file of the package can be changed by another user."""
    strange = [line for line in listing if " root/root " not in line or re.match(r"-.{7}w", line)]

    assert strange == []


def test_it_is_no_larger_than_promised(debian_package: Path) -> None:
    """The package stays under 50 MB and takes less than 150 MiB installed."""
    installed_kib = int(_output("dpkg-deb", "--field", debian_package, "Installed-Size"))

    assert debian_package.stat().st_size <= MAX_PACKAGE_BYTES
    assert installed_kib <= MAX_INSTALLED_KIB


def test_it_says_the_version_that_the_program_says(debian_package: Path, install: Install, frozen: Path) -> None:
    """The version is told in one place only."""
    version = _output("dpkg-deb", "--field", debian_package, "Version").strip()

    assert version in install(frozen).run("deskbell", "--version")


def test_its_app_runs_where_it_was_unpacked(debian_package: Path, install: Install, tmp_path: Path) -> None:
    """Unpacked and started through the links in /usr/bin, the app answers its own command."""
    subprocess.run(["dpkg-deb", "--extract", debian_package, tmp_path], check=True)
    installed = install(tmp_path / "usr/bin")

    with installed.desktop():
        asking = installed.start("deskbell", "ask", "Ship it?", "-o", "Yes", "--timeout", "2", "--json")
        output, _ = asking.communicate(timeout=30)

    assert '"timeout"' in output


def _output(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
