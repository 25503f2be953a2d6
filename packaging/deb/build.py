"""Wraps the frozen app in dist/deskbell into dist/deskbell_VERSION_ARCH.deb, checks it and reports the sizes."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from email.utils import formatdate
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
HERE: Final = ROOT / "packaging" / "deb"
LINUX: Final = ROOT / "packaging" / "linux"
FROZEN: Final = ROOT / "dist" / "deskbell"
TREE: Final = ROOT / "build" / "deb"

MAX_PACKAGE_MB: Final = 50
MAX_INSTALLED_MIB: Final = 150


def main() -> None:
    """Build, validate, measure; exits with a sentence when something is wrong."""
    if sys.platform != "linux":
        print("Debian packages are built on Linux. The frozen app is in dist/deskbell.")
        return
    if not (FROZEN / "deskbell-desktop").exists():
        sys.exit("There is no frozen app in dist/deskbell. Run: make package")
    values = {"VERSION": _version(), "ARCHITECTURE": _output("dpkg", "--print-architecture")}
    _lay_out(values["VERSION"])
    package = _pack(values)
    _validate(package)
    _measure(package)


def _version() -> str:
    text = (ROOT / "core" / "deskbell" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "(.+)"', text)
    assert found
    return found[1]


def _lay_out(version: str) -> None:
    """Put everything that the package installs under TREE."""
    shutil.rmtree(TREE, ignore_errors=True)
    shutil.copytree(FROZEN, TREE / "usr/lib/deskbell", symlinks=True)
    _forget_build_folders()
    (TREE / "usr/bin").mkdir(parents=True)
    for program in ("deskbell", "deskbell-desktop"):
        (TREE / "usr/bin" / program).symlink_to(f"../lib/deskbell/{program}")
        page = (LINUX / f"{program}.1").read_text(encoding="utf-8").replace("@VERSION@", version)
        _compressed(f"usr/share/man/man1/{program}.1.gz", page)
    _copy(LINUX / "deskbell.desktop", "usr/share/applications/deskbell.desktop")
    _copy(LINUX / "deskbell.metainfo.xml", "usr/share/metainfo/deskbell.metainfo.xml")
    _copy(HERE / "copyright", "usr/share/doc/deskbell/copyright")
    _copy(HERE / "lintian-overrides", "usr/share/lintian/overrides/deskbell")
    _compressed("usr/share/doc/deskbell/changelog.gz", _changelog(version))
    drawing = ROOT / "resources/deskbell_resources/icons/deskbell.svg"
    _run(sys.executable, LINUX / "icons.py", drawing, TREE / "usr/share/icons/hicolor")
    _set_modes()


def _forget_build_folders() -> None:
    """A Python built from source has its own folder in its libraries; here that would be a stranger's folder."""
    internal = TREE / "usr/lib/deskbell/_internal"
    _output("chrpath", "--delete", *internal.glob("libpython*.so*"), *internal.glob("python3*/lib-dynload/*.so"))


def _copy(source: Path, place: str) -> None:
    target = TREE / place
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _compressed(place: str, text: str) -> None:
    target = TREE / place
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def _changelog(version: str) -> str:
    """The one entry that Debian's tools want; what changed is told in CHANGELOG.md."""
    date = formatdate(float(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    author = "The Deskbell authors <deskbell@users.noreply.github.com>"
    return f"deskbell ({version}) stable; urgency=medium\n\n  * Release {version}.\n\n -- {author}  {date}\n"


def _set_modes() -> None:
    """Debian's rights: programs 755, all else 644, whatever the umask was."""
    for path in TREE.rglob("*"):
        if path.is_symlink():
            continue
        program = path.parent == TREE / "usr/lib/deskbell"
        path.chmod(0o755 if path.is_dir() or program else 0o644)


def _pack(values: dict[str, str]) -> Path:
    files = sorted(path for path in TREE.rglob("*") if path.is_file() and not path.is_symlink())
    values = values | {"INSTALLED_KIB": str(_kib(files)), "GLIBC": _newest_glibc(files)}
    control = (HERE / "control").read_text(encoding="utf-8")
    for name, value in values.items():
        control = control.replace(f"@{name}@", value)
    (TREE / "DEBIAN").mkdir()
    (TREE / "DEBIAN/control").write_text(control, encoding="utf-8")
    (TREE / "DEBIAN/md5sums").write_text("".join(map(_md5_line, files)), encoding="utf-8")
    package = ROOT / "dist" / f"deskbell_{values['VERSION']}_{values['ARCHITECTURE']}.deb"
    _run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", TREE, package)
    return package


def _kib(files: list[Path]) -> int:
    return sum(-(-path.stat().st_size // 1024) for path in files)


def _md5_line(path: Path) -> str:
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    return f"{digest}  {path.relative_to(TREE)}\n"


def _newest_glibc(files: list[Path]) -> str:
    """The oldest C library that has every symbol our programs and libraries were linked against."""
    binaries = [path for path in files if ".so" in path.name or path.parent == TREE / "usr/lib/deskbell"]
    symbols = _output("objdump", "-T", *binaries)
    versions = {tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_(\d+(?:\.\d+)+)", symbols)}
    return ".".join(map(str, max(versions)))


def _validate(package: Path) -> None:
    _run("desktop-file-validate", TREE / "usr/share/applications/deskbell.desktop")
    _run("appstreamcli", "validate", "--no-net", TREE / "usr/share/metainfo/deskbell.metainfo.xml")
    _run("lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0", package)


def _measure(package: Path) -> None:
    files = [path for path in (TREE / "usr").rglob("*") if path.is_file() and not path.is_symlink()]
    package_mb = package.stat().st_size / 1e6
    installed_mib = _kib(files) / 1024
    print(f"{package.relative_to(ROOT)}: {package_mb:.1f} MB (goal: {MAX_PACKAGE_MB}), ", end="")
    print(f"{installed_mib:.0f} MiB installed (goal: {MAX_INSTALLED_MIB})")
    if package_mb > MAX_PACKAGE_MB or installed_mib > MAX_INSTALLED_MIB:
        sys.exit("The package has outgrown its goal: see what came in with `du -a build/deb | sort -n`.")


def _run(*command: str | Path) -> None:
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"This failed: {' '.join(map(str, command))}")


def _output(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
