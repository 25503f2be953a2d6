"""Writing the settings file: what people wrote in it stays, and nobody ever reads half of it."""

from __future__ import annotations

import re
import sys
import threading
from pathlib import Path

import pytest

from deskbell.errors import InvalidSettings, SettingsUnreachable
from deskbell.folders import settings_path
from deskbell.settings import Loaded, Settings, keys, read_settings
from deskbell.settings_file import ensure_exists, set_value, template, unset_value

MINE = """# my settings

[window]  # how it looks
theme = "dark" # easier on the eyes
# take_focus = true

[countdown]
default_seconds = 100
"""


@pytest.fixture
def path() -> Path:
    """The settings file of this test's own home."""
    return settings_path()


@pytest.fixture
def mine(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text(MINE, encoding="utf-8")
    return path


def test_the_template_says_nothing(path: Path) -> None:
    """With every line a comment it means the defaults."""
    ensure_exists(path)
    assert path.read_text(encoding="utf-8") == template()
    assert read_settings(path) == Loaded(Settings())


def test_the_template_holds_every_key_at_its_default(path: Path) -> None:
    """With the # removed before each it means the same, and every key is explained."""
    path.parent.mkdir(parents=True)
    text, count = re.subn(r"^# (\w+ = )", r"\1", template(), flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")

    assert count == len(list(keys()))
    assert read_settings(path) == Loaded(Settings())
    assert all(key.rule.about in template() for key in keys())


def test_a_file_that_is_there_is_left_alone(mine: Path) -> None:
    """Making sure that it exists changes nothing."""
    ensure_exists(mine)
    assert mine.read_text(encoding="utf-8") == MINE


def test_setting_a_value_changes_one_line(mine: Path) -> None:
    """All else stays, to the letter."""
    assert set_value(mine, "window.theme", "light") == "light"
    assert mine.read_text(encoding="utf-8") == MINE.replace('"dark"', '"light"')


def test_setting_and_unsetting_keeps_all_comments(mine: Path) -> None:
    """A key that was not there goes without a trace."""
    for name, value in (("listener.port", "4000"), ("window.take_focus", "true"), ("countdown.default_seconds", "5")):
        set_value(mine, name, value)
        unset_value(mine, name)
    text = mine.read_text(encoding="utf-8")

    assert [line for line in MINE.splitlines() if "#" in line and line not in text.splitlines()] == []
    assert read_settings(mine).problems == ()
    assert read_settings(mine).settings.countdown == Settings().countdown


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("countdown.default_seconds", "0", 0),
        ("countdown.timeout_text", 'Say "please", \\ and\nwait 稍候', 'Say "please", \\ and\nwait 稍候'),
        ("listener.port", "4000", 4000),
        ("listener.allowed_origins", "http://a, http://b:1 ,", ("http://a", "http://b:1")),
        ("listener.allowed_origins", "", ()),
        ("window.theme", "dark", "dark"),
        ("window.take_focus", "TRUE", True),
        ("window.come_forward", "false", False),
    ],
)
@pytest.mark.parametrize("start", ["nothing", "the template", "a file of one's own", "an empty file", "a BOM"])
def test_what_is_set_is_read_back(path: Path, start: str, name: str, text: str, value: object) -> None:
    """Whatever the file looked like before; unset, the default holds again."""
    if start != "nothing":
        ensure_exists(path)
        path.write_text(
            {"the template": template(), "a file of one's own": MINE, "a BOM": "\ufeff" + MINE}.get(start, ""), "utf-8"
        )
    set_value(path, name, text)
    loaded = read_settings(path)
    assert (loaded.settings.get(name), loaded.problems) == (value, ())

    unset_value(path, name)
    loaded = read_settings(path)
    assert (loaded.settings.get(name), loaded.problems) == (Settings().get(name), ())


@pytest.mark.parametrize(
    ("name", "text", "remedy"),
    [
        ("countdown.default_seconds", "291", "0 to 290"),
        ("countdown.default_seconds", "-1", "0 to 290"),
        ("countdown.default_seconds", "--5", "whole number"),
        ("countdown.default_seconds", "1e2", "whole number"),
        ("countdown.default_seconds", "nan", "whole number"),
        ("countdown.default_seconds", "", "whole number"),
        ("countdown.default_seconds", "9" * 5000, "whole number"),
        ("countdown.timeout_text", " ", "some text"),
        ("listener.port", "80", "1024 to 65535"),
        ("window.theme", "Dark", "'dark'"),
        ("window.take_focus", "yes", "true or false"),
        ("window.zoom", "2", "Known: countdown.default_seconds"),
        ("", "2", "There is no setting ''"),
    ],
)
def test_a_bad_value_is_refused_and_nothing_written(mine: Path, name: str, text: str, remedy: str) -> None:
    """The error says what is accepted."""
    with pytest.raises(InvalidSettings, match=re.escape(remedy)):
        set_value(mine, name, text)
    assert mine.read_text(encoding="utf-8") == MINE


def test_an_unknown_key_cannot_be_unset(mine: Path) -> None:
    """Known ones can, whether they are there or not."""
    with pytest.raises(InvalidSettings, match="There is no setting"):
        unset_value(mine, "window.zoom")
    unset_value(mine, "listener.port")
    assert mine.read_text(encoding="utf-8") == MINE


def test_unsetting_makes_no_file(path: Path) -> None:
    """There is nothing to take out."""
    unset_value(path, "window.theme")
    assert not path.exists()


@pytest.mark.parametrize(
    "broken",
    [
        b"[window\n",
        b"a = 1\na = 2\n",
        b"[window]\n[window]\n",
        b"a = 'Sp\xe4ter'\n",
        b"window = 5\n",
        b"[[window]]\n",
        b"a = " + b"[" * 100_000,
        b"a = 2026-02-31\n",
    ],
    ids=range(8),
)
def test_a_broken_file_is_left_for_its_owner_to_mend(path: Path, broken: bytes) -> None:
    """Setting and unsetting are refused with a sentence that names the file."""
    ensure_exists(path)
    path.write_bytes(broken)
    for call in (lambda: set_value(path, "window.theme", "dark"), lambda: unset_value(path, "window.theme")):
        with pytest.raises(InvalidSettings, match=re.escape(str(path))):
            call()
    assert path.read_bytes() == broken


def test_a_reader_never_sees_half_of_it(path: Path) -> None:
    """However often it is written while it is read."""
    ensure_exists(path)
    done = threading.Event()
    seen: list[Loaded] = []

    def read() -> None:
        while not done.is_set():
            seen.append(read_settings(path))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        set_value(path, "countdown.default_seconds", str(number))
    done.set()
    reader.join()

    values = [loaded.settings.countdown.default_seconds for loaded in seen]
    assert all(loaded.problems == () for loaded in seen)
    assert set(values) <= {240, *range(100)}
    assert not path.parent.joinpath("settings.toml~").exists()
    assert [file.name for file in path.parent.iterdir()] == ["settings.toml"]


def test_a_write_that_fails_changes_nothing(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The old file stays, and no other is left beside it."""

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(SettingsUnreachable, match="disk full"):
        set_value(mine, "window.theme", "light")

    assert mine.read_text(encoding="utf-8") == MINE
    assert [file.name for file in mine.parent.iterdir()] == ["settings.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there that tests do not have")
def test_a_linked_file_is_written_where_it_is(mine: Path, tmp_path: Path) -> None:
    """People keep such files in a repository of their own."""
    real = mine.rename(tmp_path / "real.toml")
    mine.symlink_to(real)
    set_value(mine, "window.theme", "light")

    assert mine.is_symlink()
    assert read_settings(real).settings.window.theme == "light"
