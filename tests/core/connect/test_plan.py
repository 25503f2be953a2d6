"""Connecting agents and taking it back: their files before, after and again as before, to the byte."""

from __future__ import annotations

import re
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deskbell.connect.agents import AGENTS, Agent, Place
from deskbell.connect.plan import (
    Outcome,
    carry_out_connection,
    carry_out_disconnection,
    plan_to_connect,
    plan_to_disconnect,
)
from deskbell.connect.record import Record

GOLDEN = Path(__file__).with_name("golden")
CASES = sorted(folder.name for folder in GOLDEN.iterdir())
NOW = datetime(2026, 11, 24, 12, 30, 15, tzinfo=UTC)
STAMP = "deskbell-20261124-123015.bak"


def contents(folder: Path) -> dict[str, str]:
    """Every file below a folder and what it holds, to the character."""
    return {str(path.relative_to(folder)): path.read_bytes().decode() for path in folder.rglob("*") if path.is_file()}


def agent_of(case: str) -> Agent:
    return AGENTS[case.partition("-")[0]]


def connect(agent: Agent, place: Place, record: Record, *serves: str) -> Outcome:
    plan = plan_to_connect([agent], place, serves or ("mcp", "hooks"), record)
    return carry_out_connection(plan, record, NOW)


def disconnect(agent: Agent, place: Place, record: Record) -> Outcome:
    return carry_out_disconnection(plan_to_disconnect([agent], place, record), record)


def without_backups(files: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in files.items() if not name.endswith(".bak")}


@pytest.fixture
def used(request: pytest.FixtureRequest, person: Path) -> Path:
    """The home of somebody who has used an agent before."""
    shutil.copytree(GOLDEN / request.getfixturevalue("case") / "before", person, dirs_exist_ok=True)
    return person


@pytest.mark.parametrize("case", CASES)
def test_files_look_as_expected_and_go_back_to_what_they_were(
    case: str, used: Path, place: Place, record: Record
) -> None:
    """Comments, order, formatting and entries of others stay; afterwards no file is left that was not there."""
    before = contents(used)
    done = connect(agent_of(case), place, record)

    assert done.refusals == []
    expected = GOLDEN / case / "after"
    assert without_backups(contents(used)) == contents(expected)
    changed = [name for name, text in before.items() if contents(used)[name] != text]
    assert sorted(str(path.relative_to(used)) for path in done.backups) == sorted(f"{name}.{STAMP}" for name in changed)
    assert all(contents(used)[f"{name}.{STAMP}"] == before[name] for name in changed)

    disconnect(agent_of(case), place, record)

    assert contents(used) == before
    assert not Path(record._path).exists()


@pytest.mark.parametrize("name", AGENTS)
def test_of_an_agent_that_has_no_files_nothing_is_left(name: str, person: Path, place: Place, record: Record) -> None:
    """Neither files nor folders."""
    done = connect(AGENTS[name], place, record)
    made = contents(person)

    assert done.backups == []
    assert made
    assert all("/home/me/my apps/deskbell" in text for text in made.values())

    disconnect(AGENTS[name], place, record)

    assert list(person.iterdir()) == []


@pytest.mark.parametrize("case", CASES)
def test_twice_is_once(case: str, used: Path, place: Place, record: Record) -> None:
    """The second time there is nothing to change."""
    connect(agent_of(case), place, record)
    after = contents(used)
    again = plan_to_connect([agent_of(case)], place, ("mcp", "hooks"), record)

    assert again.changes == []
    carry_out_connection(again, record, NOW)
    assert contents(used) == after


@pytest.mark.parametrize("case", CASES)
def test_a_plan_changes_nothing(case: str, used: Path, place: Place, record: Record) -> None:
    """Not even in what is remembered."""
    before = contents(used)
    plan = plan_to_connect([agent_of(case)], place, ("mcp", "hooks"), record)
    diffs = "".join(change.diff() for change in plan.changes)

    assert "+++" in diffs
    assert contents(used) == before
    assert not Path(record._path).exists()


@pytest.mark.parametrize("case", CASES)
def test_without_what_was_remembered_only_ours_goes(case: str, used: Path, place: Place, record: Record) -> None:
    """And what is empty without it."""
    connect(agent_of(case), place, record)
    disconnect(agent_of(case), place, Record(used / "elsewhere.json"))

    assert not any("my apps" in text for text in without_backups(contents(used)).values())


def test_what_was_changed_meanwhile_stays(person: Path, place: Place, record: Record) -> None:
    """Also in a file that was made for us."""
    agent = AGENTS["cursor"]
    connect(agent, place, record)
    hooks = person / ".cursor" / "hooks.json"
    hooks.write_text(
        hooks.read_text().replace('"beforeMCPExecution"', '"stop": [{"command": "x"}],\n    "beforeMCPExecution"')
    )
    done = disconnect(agent, place, record)

    assert hooks.read_text() == '{\n  "version": 1,\n  "hooks": {\n    "stop": [{"command": "x"}]\n  }\n}\n'
    assert done.refusals == []
    assert [path.name for path in (person / ".cursor").iterdir()] == ["hooks.json"]


def test_what_a_person_added_to_our_entry_stays(person: Path, place: Place, record: Record) -> None:
    """A new place of the command is all that changes, and how long it waits."""
    settings = person / ".gemini" / "settings.json"
    settings.parent.mkdir()
    entry = '{"mcpServers": {"deskbell": {"command": "%s", "args": %s, "timeout": 900000}}}'
    settings.write_text(entry % ("/old/deskbell", '["mcp"]'))
    connect(AGENTS["gemini"], place, record)

    assert settings.read_text() == entry % ("/home/me/my apps/deskbell", '["mcp", "--wait", "295"]')


def test_our_hook_is_known_again_wherever_it_is(person: Path, place: Place, record: Record) -> None:
    """Beside others in a group, by another path, with quotation marks or as words."""
    settings = person / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(
        '{"hooks": {"PermissionRequest": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "mine"}, '
        '{"type": "command", "command": "\\"C:\\\\Apps\\\\deskbell.exe\\" hook claude", "timeout": 5}]}]}}'
    )
    connect(AGENTS["claude"], place, record, "hooks")

    assert settings.read_text().count("PermissionRequest") == 1
    assert settings.read_text().startswith(
        '{"hooks": {"PermissionRequest": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "mine"}, '
        '{"type": "command", "command": "/home/me/my apps/deskbell", "timeout": 86400, "args": ["hook", "claude"]}]}]'
    )

    disconnect(AGENTS["claude"], place, record)

    assert settings.read_text() == (
        '{"hooks": {"PermissionRequest": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "mine"}]}]}}'
    )


@pytest.mark.parametrize(
    "broken_file",
    [
        (".codex/config.toml", "a = 1\na = 2\n", r"config\.toml, Cannot overwrite a value \(at line 2, column 6\)"),
        (
            ".codex/hooks.json",
            '{\n  "hooks": [}\n',
            r"hooks\.json, line 2, column 13: a value should be where '}' stands",
        ),
        (".codex/hooks.json", '{"hooks": []}', r"hooks\.json, line 1, column 11: hooks is not an object"),
        (".codex/hooks.json", "[]", r"hooks\.json, line 1, column 1: the file is not an object"),
        (".codex/hooks.json", b"\xff{}", r"hooks\.json is not UTF-8 \(byte 0\)"),
    ],
)
def test_a_broken_file_is_left_alone(
    broken_file: tuple[str, str | bytes, str], person: Path, place: Place, record: Record
) -> None:
    """With all others of its agent; the person learns where to look. Other agents are connected all the same."""
    path, text, says = broken_file
    broken = person / path
    broken.parent.mkdir()
    broken.write_bytes(text.encode() if isinstance(text, str) else text)
    plan = plan_to_connect([AGENTS["codex"], AGENTS["gemini"]], place, ("mcp", "hooks"), record)
    done = carry_out_connection(plan, record, NOW)

    assert len(done.refusals) == 1
    assert re.search(says, done.refusals[0])
    assert [file.name for file in broken.parent.iterdir()] == [broken.name]
    assert [agent.name for agent in done.done] == ["gemini"]


def test_a_read_only_file_is_left_alone(person: Path, place: Place, record: Record) -> None:
    """And what was done before for the same agent is undone."""
    hooks = person / ".codex" / "hooks.json"
    hooks.parent.mkdir()
    hooks.write_text("{}")
    hooks.chmod(0o444)
    done = connect(AGENTS["codex"], place, record)

    assert done.refusals == [f"{hooks} cannot be written: it is read-only. Mend that, then try again."]
    assert contents(person) == {".codex/hooks.json": "{}"}


def test_a_file_that_changes_meanwhile_is_left_alone(person: Path, place: Place, record: Record) -> None:
    """An agent may write its settings at any time."""
    settings = person / ".gemini" / "settings.json"
    settings.parent.mkdir()
    settings.write_text("{}")
    plan = plan_to_connect([AGENTS["gemini"]], place, ("mcp",), record)
    settings.write_text('{"theme": "x"}')
    done = carry_out_connection(plan, record, NOW)

    assert done.refusals == [f"{settings} has just been changed by another program. Try again."]
    assert contents(person) == {".gemini/settings.json": '{"theme": "x"}'}


def test_links_are_followed_and_rights_are_kept(person: Path, place: Place, record: Record) -> None:
    """Settings kept elsewhere stay there, and what nobody else could read nobody else can."""
    kept = person / "dotfiles" / "gemini.json"
    kept.parent.mkdir()
    kept.write_text("{}")
    kept.chmod(0o600)
    settings = person / ".gemini" / "settings.json"
    settings.parent.mkdir()
    settings.symlink_to(kept)
    done = connect(AGENTS["gemini"], place, record)

    assert settings.is_symlink()
    assert "deskbell" in kept.read_text()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (kept, *done.backups)] == [0o600, 0o600]
    assert [backup.parent for backup in done.backups] == [settings.parent]

    disconnect(AGENTS["gemini"], place, record)

    assert settings.is_symlink()
    assert kept.read_text() == "{}"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_project_has_files_of_its_own(tmp_path: Path, place: Place, record: Record) -> None:
    """All of them in its folder, with the bare name of the command, since others use them too."""
    project = tmp_path / "shop"
    project.mkdir()
    shared = Place(place.machine, place.launcher, project)
    for agent in AGENTS.values():
        connect(agent, shared, record)

    assert sorted(contents(project)) == [
        ".claude/settings.json",
        ".codex/config.toml",
        ".codex/hooks.json",
        ".cursor/hooks.json",
        ".cursor/mcp.json",
        ".devin/mcp_config.json",
        ".gemini/settings.json",
        ".github/hooks/deskbell.json",
        ".github/mcp.json",
        ".mcp.json",
        ".vscode/mcp.json",
        ".zed/settings.json",
        "opencode.json",
    ]
    assert list(place.machine.home.iterdir()) == []
