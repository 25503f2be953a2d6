"""One table of a TOML file is changed, and everything else stays as it was."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskbell.connect.toml_edit import TomlError, remove_table, set_table, value_at

PATH = ("mcp_servers", "deskbell")
ENTRY = {"command": 'C:\\Program Files\\"x"\\deskbell.exe', "args": ["mcp", "é"]}

LINES = st.lists(
    st.sampled_from(
        [
            "# note",
            "",
            "   ",
            "\t# [mcp_servers.deskbell]",
            "[a]",
            "[mcp_servers.other]  # mine",
            "[mcp_servers.other.env]",
            "[[list]]",
            '[b."c.d"]',
            'text = """\n[mcp_servers.deskbell]\nx\n"""',
            'items = [\n  ["x"],\n]',
            "x = 1 # one",
            "y.z = 2",
        ]
    ),
    max_size=8,
).map("\n".join)


def is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


@given(LINES.filter(is_toml), st.sampled_from(["", "\n", "\n\n", "\n# end"]), st.booleans(), st.booleans())
def test_what_is_added_can_be_taken_away_again(text: str, end: str, windows: bool, has_mark: bool) -> None:
    """To the character; meanwhile everything else means what it meant, and nothing of it is missing."""
    text = ("\ufeff" if has_mark else "") + (text + end).replace("\n", "\r\n" if windows else "\n")
    added = set_table(text, PATH, ENTRY)

    assert value_at(added, PATH) == ENTRY
    assert added.startswith(text)
    assert remove_table(added, PATH) == text
    assert set_table(added, PATH, ENTRY) == added


def test_what_others_wrote_behind_it_stays() -> None:
    """Comments too, and the line between."""
    text = (
        'a = 1\n\n[mcp_servers.deskbell]\ncommand = "x"\n\n[mcp_servers.deskbell.env]\nA = "b"\n\n# next\n[z]\nb = 2\n'
    )

    assert remove_table(text, PATH) == "a = 1\n\n# next\n[z]\nb = 2\n"


@pytest.mark.parametrize(
    "text",
    [
        '[mcp_servers]\ndeskbell = { command = "old", startup_timeout_sec = 5 } # mine\nother = { command = "o" }\n',
        '# top\nmcp_servers = { other = { command = "o" } }\n',
        '[mcp_servers]\ndeskbell.command = "old" # mine\nother.command = "o"\n',
        '[mcp_servers.deskbell] # mine\ncommand = "old" # old\ncwd = "/"\n[mcp_servers.other]\ncommand = "o"\n',
    ],
)
def test_it_is_changed_and_removed_in_whatever_way_it_is_written(text: str) -> None:
    """What it has besides stays, and so do the comments."""
    changed = set_table(text, PATH, ENTRY)
    before = tomllib.loads(text)["mcp_servers"]

    assert tomllib.loads(changed)["mcp_servers"] == {**before, "deskbell": {**before.get("deskbell", {}), **ENTRY}}
    assert changed.count("#") == text.count("#")
    assert tomllib.loads(remove_table(changed, PATH))["mcp_servers"] == {"other": {"command": "o"}}


@pytest.mark.parametrize("text", ["a = \n", "a = 1\na = 2\n", "mcp_servers = 1\n", "[[mcp_servers]]\n"])
def test_what_cannot_be_changed_is_refused(text: str) -> None:
    """And stays as it is."""
    with pytest.raises(TomlError):
        set_table(text, PATH, ENTRY)


def test_nothing_is_removed_where_nothing_is() -> None:
    """Nor is that no error of its own kind."""
    with pytest.raises(KeyError):
        remove_table("a = 1\n", PATH)
