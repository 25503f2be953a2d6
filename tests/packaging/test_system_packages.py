"""The list of system packages, and the make targets that go by it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest


def script(source: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [source / "packaging/linux/system-packages", *words],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_needed_is_listed_on_one_line(source: Path) -> None:
    """Each profile holds what the ones before it hold."""
    run, test, package = (script(source, "list", name) for name in ("run", "test", "package"))

    assert [done.stdout.count("\n") for done in (run, test, package)] == [1, 1, 1]
    assert set(run.stdout.split()) < set(test.stdout.split()) < set(package.stdout.split())
    assert {"libgl1", "xvfb"} <= set(run.stdout.split())
    assert "lintian" in package.stdout.split()


def test_the_readme_has_the_same_list(source: Path) -> None:
    """Of the app's libraries, and of what a machine without a display needs beside them."""
    readme = (source / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([^|]+) \| `([^`]+)` \|$", readme, re.MULTILINE))
    with_display = script(source, "list", "run", DISPLAY=":0").stdout.strip()

    assert rows["the app"] == with_display
    assert f"{with_display} {rows['a machine without a display']}" == script(source, "list", "run").stdout.strip()


@pytest.mark.parametrize(
    "words", [(), ("list",), ("lst", "run"), ("list", "all"), ("check", ""), ("install", "run", "test")]
)
def test_an_unknown_word_is_answered_with_the_usage(source: Path, words: tuple[str, ...]) -> None:
    """Nothing is checked or installed for a slip of the pen."""
    done = script(source, *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("system-packages list run|test|package")


def test_all_tests_look_for_all_packages_first(source: Path) -> None:
    """What only the last of them needs is not missed after minutes."""
    of_its_own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    dry_run = ["make", "--dry-run", "test"]
    plan = subprocess.run(dry_run, cwd=source, env=of_its_own, capture_output=True, text=True, check=True)

    assert "system-packages install package" in plan.stdout.splitlines()[0]
