"""Settings: every key, and everything that can be wrong with a file that people edit."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deskbell.errors import InvalidSettings
from deskbell.settings import (
    CountdownSettings,
    Key,
    Loaded,
    Settings,
    WindowSettings,
    find_key,
    keys,
    parse_settings,
    read_settings,
)
from deskbell.task import ASK_AGAIN

FILE = Path("settings.toml")

EXPECTED: dict[str, tuple[Any, str]] = {
    "countdown.default_seconds": (240, "0 to 290 seconds"),
    "countdown.timeout_text": (ASK_AGAIN, ""),
    "countdown.busy_seconds": (60, "1 to 3600 seconds"),
    "countdown.resume_seconds": (30, "0 to 290 seconds"),
    "listener.port": (2355, "1024 to 65535 port"),
    "listener.max_open_tasks": (100, "1 to 10000 questions"),
    "listener.question_burst": (1000, "1 to 100000 questions"),
    "listener.questions_per_second": (100, "1 to 100000 questions"),
    "listener.max_waiters": (2000, "1 to 10000 clients"),
    "listener.allowed_origins": ((), ""),
    "window.theme": ("system", "system | light | dark"),
    "window.come_forward": (True, ""),
    "window.take_focus": (False, ""),
    "window.hide_when_done": (True, ""),
    "window.arm_milliseconds": (500, "0 to 5000 milliseconds"),
    "history.keep_questions": (10_000, "0 to 100000 questions"),
    "history.keep_days": (365, "1 to 36500 days"),
    "history.keep_megabytes": (500, "10 to 100000 megabytes"),
}
SWITCHES = [str(key) for key in keys() if isinstance(key.default, bool)]
NUMBERS = [key for key in keys() if isinstance(key.default, int) and not isinstance(key.default, bool)]


def parse(text: str) -> Loaded:
    return parse_settings(text, FILE)


def written(key: Key, value: str) -> str:
    return f"[{key.section}]\n{key.name} = {value}\n"


def test_these_are_the_keys_with_their_defaults_and_what_they_accept() -> None:
    """Each with a sentence about it."""
    assert {str(key): (key.default, key.rule.accepts) for key in keys()} == EXPECTED
    assert all(key.rule.about.endswith(".") for key in keys())


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    """And nothing is wrong."""
    assert read_settings(tmp_path / "none.toml") == Loaded(Settings())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_setting_is_found_by_its_name(name: str) -> None:
    """As section and key."""
    assert str(find_key(name)) == name
    assert Settings().get(name) == EXPECTED[name][0]


@pytest.mark.parametrize("name", ["", "port", "listener", "listener.prot", "listener.port.x"])
def test_an_unknown_name_is_answered_with_the_known_ones(name: str) -> None:
    """All of them."""
    with pytest.raises(InvalidSettings, match=r"countdown\.default_seconds.*window\.arm_milliseconds"):
        find_key(name)


@pytest.mark.parametrize("key", NUMBERS, ids=str)
def test_numbers_are_taken_up_to_their_bounds(key: Key) -> None:
    """Both included; beyond them the default holds and the range is named."""
    for bound, beyond in ((key.rule.low, -1), (key.rule.high, 1)):
        fits = parse(written(key, f"{bound:.0f}"))
        assert (fits.settings.get(str(key)), fits.problems) == (bound, ())

        refused = parse(written(key, f"{bound + beyond:.0f}"))
        (problem,) = refused.problems
        assert refused.settings == Settings()
        assert (problem.path, problem.line) == (FILE, 2)
        assert f"{key.rule.low:g} to {key.rule.high:g}" in problem.message


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("countdown.timeout_text", '"Später."', "Später."),
        ("countdown.timeout_text", '"""\nTwo\nlines"""', "Two\nlines"),
        ("listener.allowed_origins", '["http://localhost:3000"]', ("http://localhost:3000",)),
        ("listener.allowed_origins", "[]", ()),
        *(
            ("listener.allowed_origins", f'["{origin}"]', (origin,))
            for origin in (
                "https://a.example",
                "http://[::1]:3000",
                "https://a:80",
                "http://a:8080",
                "chrome-extension://abcdef",
            )
        ),
        ("window.theme", "'dark'", "dark"),
        ("window.take_focus", "true", True),
        ("window.come_forward", "false", False),
        ("countdown.default_seconds", "0x10", 16),
    ],
)
def test_good_values_are_taken(name: str, text: str, value: Any) -> None:
    """In any way in which TOML writes them."""
    loaded = parse(written(find_key(name), text))
    assert (loaded.settings.get(name), loaded.problems) == (value, ())


NO_WHOLE_NUMBERS = ['"60"', "true", "60.0", "60.5", "nan", "-inf", "[60]", "{ a = 1 }", "1979-05-27", "9" * 20]
NO_TRUTHS = ["1", '"true"', "[true]"]


@pytest.mark.parametrize(
    ("name", "text", "remedy"),
    [
        *((str(key), text, "give a whole number") for key in NUMBERS for text in NO_WHOLE_NUMBERS),
        *((name, text, "give true or false") for name in SWITCHES for text in NO_TRUTHS),
        ("countdown.default_seconds", "60.5", "default_seconds is 60.5; give a whole number of seconds, 0 to 290."),
        ("countdown.default_seconds", "0x" + "f" * 5000, "is a huge number; give a whole number"),
        ("countdown.timeout_text", "5", "give some text in double quotes"),
        ("countdown.timeout_text", '"  "', "give some text"),
        ("listener.allowed_origins", '"http://a"', "give a list of strings"),
        ("listener.allowed_origins", '["http://a", 5]', "give a list of strings"),
        *(
            (
                "listener.allowed_origins",
                f'["http://a", "{origin}"]',
                f"{origin!r} can never match, write scheme://host",
            )
            for origin in (
                "*",
                "null",
                "",
                "localhost:3000",
                "http://localhost:3000/",
                "http://localhost/x",
                "http://LocalHost",
                "HTTP://a",
                "http://a:80",
                "https://a:443",
                "http://a:",
                "http://*.a",
                " http://a",
            )
        ),
        (
            "window.theme",
            '"blue"',
            "window.theme is 'blue'; give one of 'system', 'light', 'dark'. The default 'system'",
        ),
        ("window.theme", "5", "give one of"),
        ("window.theme", '["dark"]', "give one of"),
    ],
    ids=lambda part: part[:30],
)
def test_a_bad_value_is_reported_and_the_rest_applies(name: str, text: str, remedy: str) -> None:
    """With the file, the line, the value and what is accepted."""
    other = next(key for key in keys() if key.name == ("busy_seconds" if "resume" in name else "resume_seconds"))
    key = find_key(name)
    loaded = parse(f"# mine\n\n[{key.section}]\n# {key.name} = 1\n{key.name} = {text}\n")
    both = parse(f"{written(key, text)}{'' if key.section == 'countdown' else '[countdown]'}\n{other.name} = 17\n")

    (problem,) = loaded.problems
    assert loaded.settings == Settings()
    assert (problem.path, problem.line) == (FILE, 5)
    assert remedy in problem.message
    assert str(problem) == f"settings.toml:5: {problem.message}"
    assert len(problem.message) < 300
    assert both.settings.get(str(other)) == 17


@pytest.mark.parametrize(
    ("text", "line", "remedy"),
    [
        ("[window]\nthem = 'dark'", 2, "unknown key 'window.them'; [window] knows theme, come_forward"),
        (
            "\n[windows]\ntheme = 'dark'",
            3,
            "unknown key 'windows.theme'; sections are countdown, history, listener, window",
        ),
        ("# a\n[windows]\n", 2, "unknown key 'windows'; sections are"),
        ("# a\n\ntheme = 'dark'", 3, "unknown key 'theme'; sections are"),
        ("\nwindow = 5", 2, "unknown key 'window'; sections are"),
        ("\n[[window]]\ntheme = 'dark'", 2, "unknown key 'window'; sections are"),
        ("[window]\n\n[window.colours]\ndark = true", 3, "unknown key 'window.colours'; [window] knows"),
        ("# a\nwindow.them = 'dark'", 2, "unknown key 'window.them'"),
        ("[window]\n'them' = 'dark'", 2, "unknown key 'window.them'"),
        ("# a\n[ window ] # b\n  them   = 'dark'", 3, "unknown key 'window.them'"),
    ],
)
def test_an_unknown_key_or_section_is_reported(text: str, line: int, remedy: str) -> None:
    """With its line and the known ones."""
    (problem,) = parse(text).problems
    assert problem.line == line
    assert remedy in problem.message


def test_everything_that_is_wrong_is_reported_at_once() -> None:
    """And everything that is right applies."""
    loaded = parse("[countdown]\ndefault_seconds = 999\nbusy_seconds = 17\n[window]\ntheme = 'dark'\nzoom = 2\n")

    assert [problem.line for problem in loaded.problems] == [2, 6]
    assert (loaded.settings.countdown.busy_seconds, loaded.settings.window.theme) == (17, "dark")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[window]\ntheme = \n", 2),
        ("[window\n", 1),
        ("a = 1\na = 2\n", 2),
        ("\n\n= 1\n", 3),
        ("a = [\n1,\n", 2),
        ("a = [\n1,", 2),
        ("a = " + "[" * 100_000, 1),
        ("a = " + "9" * 5000, 1),
        ("a = 2026-02-31", 1),
        ("\0", 1),
    ],
    ids=range(10),
)
def test_what_is_not_toml_is_reported(text: str, line: int) -> None:
    """With its line; the defaults hold."""
    loaded = parse(text)
    (problem,) = loaded.problems
    assert loaded.settings == Settings()
    assert problem.line == line
    assert "not valid TOML" in problem.message


def test_what_is_not_utf8_is_reported(tmp_path: Path) -> None:
    """With the line of the first bad byte."""
    path = tmp_path / "settings.toml"
    path.write_bytes("[countdown]\n\ntimeout_text = 'Später'\n".encode("latin-1"))
    loaded = read_settings(path)

    (problem,) = loaded.problems
    assert loaded.settings == Settings()
    assert (problem.path, problem.line) == (path, 3)
    assert "Save it as UTF-8" in problem.message


def test_what_cannot_be_read_is_reported(tmp_path: Path) -> None:
    """A folder, for instance."""
    (problem,) = read_settings(tmp_path).problems
    assert (problem.path, problem.line) == (tmp_path, 1)
    assert "cannot be read" in problem.message


IN_FORCE = Settings(
    countdown=CountdownSettings(default_seconds=77, busy_seconds=17), window=WindowSettings(theme="dark")
)


@pytest.mark.parametrize("content", [b"[window]\ntheme = \n", b"\xff", None])
def test_a_file_that_cannot_be_used_changes_nothing(tmp_path: Path, content: bytes | None) -> None:
    """A slip while editing leaves the settings in force, and the report says so; at the start the defaults hold."""
    path = tmp_path / "settings.toml"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)

    edited, started = read_settings(path, IN_FORCE), read_settings(path)

    assert (edited.settings, started.settings) == (IN_FORCE, Settings())
    assert edited.problems[0].message.endswith(" What was set before stays in force.")
    assert started.problems[0].message.endswith(" The default settings are used.")


def test_a_bad_value_leaves_the_one_in_force() -> None:
    """The rest applies, and what the file leaves out goes back to its default."""
    loaded = parse_settings("[countdown]\nresume_seconds = 5\n[window]\ntheme = 'pink'", FILE, IN_FORCE)

    assert loaded.settings == Settings(
        countdown=CountdownSettings(resume_seconds=5), window=WindowSettings(theme="dark")
    )
    assert loaded.problems[0].message.endswith("'dark' stays in force.")


@pytest.mark.parametrize("text", ["window = 5", "[[window]]\ntheme = 'light'"])
def test_what_stands_in_place_of_a_section_leaves_it_as_it_was(text: str) -> None:
    """It says nothing about the section's keys."""
    loaded = parse_settings(text, FILE, IN_FORCE)

    assert loaded.settings == Settings(window=IN_FORCE.window)
    assert "[window] stays in force as it was" in loaded.problems[0].message


def test_without_a_file_nothing_stays_in_force(tmp_path: Path) -> None:
    """Who removes the file wants the defaults."""
    assert read_settings(tmp_path / "none.toml", IN_FORCE) == Loaded(Settings())


@pytest.mark.parametrize("encoded", [b"\xef\xbb\xbf[window]\ntheme = 'dark'\n", b"[window]\r\ntheme = 'dark'\r\n"])
def test_files_of_windows_editors_are_read(tmp_path: Path, encoded: bytes) -> None:
    """With a byte order mark, or with their line ends."""
    path = tmp_path / "settings.toml"
    path.write_bytes(encoded)
    loaded = read_settings(path)
    assert (loaded.settings.window.theme, loaded.problems) == ("dark", ())


WORDS = st.sampled_from(
    [
        "[",
        "]",
        "[[",
        "]]",
        "=",
        "\n",
        '"',
        "'",
        ".",
        ",",
        "{",
        "}",
        "#",
        " ",
        "nan",
        "inf",
        "-1",
        "1e999",
        "true",
        "\\u0000",
    ]
    + [part for key in keys() for part in (key.section, key.name, f"[{key.section}]\n")]
)


@given(st.one_of(st.text(), st.lists(WORDS).map("".join)))
@example("a = " + "{b=" * 5000)
def test_parsing_never_fails(text: str) -> None:
    """Whatever the text is, it gives settings, and problems that stand on one of its lines."""
    loaded = parse(text)
    assert isinstance(loaded.settings, Settings)
    assert all(1 <= problem.line <= text.count("\n") + 1 for problem in loaded.problems)


VALUES = st.one_of(
    st.integers().map(str),
    st.floats().map(lambda number: "nan" if math.isnan(number) else f"{number:f}"),
    st.booleans().map(lambda yes: str(yes).lower()),
    st.sampled_from(["'dark'", "[]", "['a']", "{}"]),
)


@given(st.sampled_from(list(keys())), VALUES)
def test_a_value_is_either_used_or_reported(key: Key, value: str) -> None:
    """Never both, never neither; and no other key is touched."""
    loaded = parse(written(key, value))
    if loaded.problems:
        assert loaded.settings == Settings()
        assert [problem.line for problem in loaded.problems] == [2]
    else:
        assert key.rule.refusal(_as_in_toml(loaded.settings.get(str(key))), key.default) is None
        others = [other for other in keys() if other != key]
        assert all(loaded.settings.get(str(other)) == other.default for other in others)


def _as_in_toml(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
