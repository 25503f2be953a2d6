"""Where agents keep their configuration, and how they start the command."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from deskbell.connect import launcher as launcher_module
from deskbell.connect.agents import AGENTS, Place, find_agents
from deskbell.connect.launcher import Launcher, find_launcher
from deskbell.connect.machine import Machine

LAUNCHER = Launcher(("deskbell",))

EVERYWHERE = {
    "claude": [".claude.json", ".claude/settings.json"],
    "codex": [".codex/config.toml", ".codex/hooks.json"],
    "cursor": [".cursor/mcp.json", ".cursor/hooks.json"],
    "windsurf": [".config/devin/mcp_config.json"],
    "gemini": [".gemini/settings.json"],
    "copilot": [".copilot/mcp-config.json", ".copilot/hooks/deskbell.json"],
    "opencode": [".config/opencode/opencode.json"],
    "zed": [".config/zed/settings.json"],
}
PLACES = {
    "linux": {**EVERYWHERE, "vscode": [".config/Code/User/mcp.json"]},
    "darwin": {**EVERYWHERE, "vscode": ["Library/Application Support/Code/User/mcp.json"]},
    "win32": {
        **EVERYWHERE,
        "vscode": ["AppData/Roaming/Code/User/mcp.json"],
        "windsurf": ["AppData/Roaming/devin/mcp_config.json"],
        "zed": ["AppData/Roaming/Zed/settings.json"],
    },
}


@pytest.mark.parametrize("system", PLACES)
@pytest.mark.parametrize("name", AGENTS)
def test_each_system_has_its_places(system: str, name: str, person: Path) -> None:
    """As the agents' documentation has them."""
    files = AGENTS[name].files(Place(Machine(system, person, {}), LAUNCHER))

    assert [file.path.relative_to(person).as_posix() for file in files] == PLACES[system][name]


@pytest.mark.parametrize(
    ("name", "variable", "paths"),
    [
        ("claude", "CLAUDE_CONFIG_DIR", [".claude.json", "settings.json"]),
        ("codex", "CODEX_HOME", ["config.toml", "hooks.json"]),
        ("copilot", "COPILOT_HOME", ["mcp-config.json", "hooks/deskbell.json"]),
        ("gemini", "GEMINI_CLI_HOME", [".gemini/settings.json"]),
        ("opencode", "XDG_CONFIG_HOME", ["opencode/opencode.json"]),
        ("zed", "XDG_CONFIG_HOME", ["zed/settings.json"]),
        ("vscode", "XDG_CONFIG_HOME", ["Code/User/mcp.json"]),
        ("windsurf", "XDG_CONFIG_HOME", ["devin/mcp_config.json"]),
    ],
)
def test_variables_of_the_environment_move_them(name: str, variable: str, paths: list[str], person: Path) -> None:
    """As they move the agents."""
    elsewhere = person / "else where"
    files = AGENTS[name].files(Place(Machine("linux", person, {variable: str(elsewhere)}), LAUNCHER))

    assert [file.path.relative_to(elsewhere).as_posix() for file in files] == paths


def test_every_edition_that_is_there_is_connected(person: Path) -> None:
    """VS Code and its preview, Windsurf under its old and its new name."""
    for folder in (".config/Code - Insiders/User", ".config/VSCodium/User", ".codeium/windsurf", ".config/devin"):
        (person / folder).mkdir(parents=True)
    place = Place(Machine("linux", person, {}), LAUNCHER)

    assert [file.path.parts[-3] for file in AGENTS["vscode"].files(place)] == ["Code - Insiders", "VSCodium"]
    assert [file.path.parent.name for file in AGENTS["windsurf"].files(place)] == ["devin", "windsurf"]


def test_opencode_may_have_comments(person: Path) -> None:
    """Its settings may end in either name."""
    folder = person / ".config" / "opencode"
    folder.mkdir(parents=True)
    (folder / "opencode.jsonc").touch()
    (file,) = AGENTS["opencode"].files(Place(Machine("linux", person, {}), LAUNCHER))

    assert file.path == folder / "opencode.jsonc"


def test_agents_are_known_by_their_folders_and_programs(person: Path) -> None:
    """One that has been used and one that was only installed."""
    machine = Machine("linux", person, {"PATH": str(person / "bin")})
    assert find_agents(machine) == []
    (person / ".codex").mkdir()
    program = person / "bin" / "zeditor"
    program.parent.mkdir()
    program.touch(0o755)

    assert [agent.name for agent in find_agents(machine)] == ["codex", "zed"]


@pytest.mark.parametrize(
    ("words", "is_windows", "shell", "powershell"),
    [
        (("deskbell",), False, "deskbell hook x", "deskbell hook x"),
        (("/a b/deskbell",), False, "'/a b/deskbell' hook x", "& '/a b/deskbell' hook x"),
        (("C:\\Apps\\deskbell.exe",), True, "C:\\Apps\\deskbell.exe hook x", "C:\\Apps\\deskbell.exe hook x"),
        (
            ("C:\\A b\\desk's.exe",),
            True,
            "powershell.exe -NoProfile -Command \"& 'C:\\A b\\desk''s.exe' hook x\"",
            "& 'C:\\A b\\desk''s.exe' hook x",
        ),
    ],
)
def test_commands_are_quoted_for_their_shell(
    words: tuple[str, ...], is_windows: bool, shell: str, powershell: str
) -> None:
    """Spaces in a path are common on Windows."""
    launcher = Launcher(words, is_windows)

    assert launcher.shell("hook", "x") == shell
    assert launcher.powershell("hook", "x") == powershell
    assert launcher.argv("mcp") == [*words, "mcp"]


def test_agents_start_this_very_installation(person: Path) -> None:
    """By its place, because an agent's PATH need not be the one of this shell."""
    (word,) = find_launcher(Machine("linux", person, {"PATH": str(Path(sys.executable).parent)})).words

    assert Path(word).is_absolute()
    assert Path(word).parent == Path(sys.executable).parent


def test_a_command_that_everybody_finds_has_its_bare_name(person: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it leads to this installation; another one of the same name does not count."""
    folder = person / "usr" / "bin"
    folder.mkdir(parents=True)
    monkeypatch.setattr(launcher_module, "_EVERYBODYS_FOLDERS", (str(folder),))
    machine = Machine("linux", person, {"PATH": str(folder)})
    (ours,) = find_launcher(machine).words
    (folder / "deskbell").symlink_to(ours)

    assert find_launcher(machine).words == ("deskbell",)

    (folder / "deskbell").unlink()
    shutil.copy(ours, folder / "deskbell")

    assert find_launcher(machine).words == (ours,)


def test_a_project_is_shared_with_others(person: Path) -> None:
    """They have the command somewhere else."""
    assert find_launcher(Machine("linux", person, {}), shared=True).words == ("deskbell",)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({}, "/apps/deskbell"), ({"APPIMAGE": "/apps/Deskbell.AppImage"}, "/apps/Deskbell.AppImage")],
)
def test_the_frozen_app_is_started_as_such(
    variables: dict[str, str], expected: str, person: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An AppImage by its own file: what it unpacks does not last."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/apps/deskbell-desktop")

    assert find_launcher(Machine("linux", person, {"PATH": "", **variables})).words == (expected,)
