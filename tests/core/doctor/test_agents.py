"""What the doctor sees of agents: whether what they start is there, and how long they wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from deskbell.connect.machine import Machine
from deskbell.doctor.agents import check_agents
from deskbell.doctor.examination import examine
from deskbell.doctor.finding import Finding, Status

HERE = str(Path(__file__))


def seen(person: Path, files: dict[str, str], **environment: str) -> Finding:
    """The one finding about a person who has these files."""
    for name, text in files.items():
        path = person / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("HERE", HERE), encoding="utf-8")
    (finding,) = check_agents(Machine("linux", person, {"PATH": "", **environment}))
    return finding


@pytest.mark.parametrize(
    ("path", "text", "seconds"),
    [
        (
            ".gemini/settings.json",
            '{"mcpServers": {"deskbell": {"command": "HERE", "args": ["mcp", "--wait", "295"], "timeout": 300000}}}',
            300,
        ),
        (".gemini/settings.json", '{"mcpServers": {"deskbell": {"command": "HERE", "args": [], "timeout": 5000}}}', 5),
        (
            ".gemini/settings.json",
            '{"mcpServers": {"deskbell": {"command": "HERE", "args": [], "timeout": 60000}}}',
            60,
        ),
        (
            ".config/opencode/opencode.json",
            '{"experimental": {"mcp_timeout": 9000}, "mcp": {"deskbell": {"command": ["HERE", "mcp"]}}}',
            9,
        ),
        (
            ".config/opencode/opencode.jsonc",
            '{"mcp": {"servers": {"deskbell": {"command": ["HERE", "mcp"], "timeout": {"request": 90000}}}}}',
            90,
        ),
    ],
)
def test_limits_too_short_for_a_person_are_a_warning(tmp_path: Path, path: str, text: str, seconds: float) -> None:
    """In whatever unit and place the agent has them; too short is what ends before the call's own wait."""
    finding = seen(tmp_path, {path: text})

    assert finding.status is (Status.WARN if seconds in {5, 9, 300} else Status.OK)
    assert f"{seconds} s" in finding.says


def test_limits_of_codex_and_claude_are_read(tmp_path: Path) -> None:
    """From TOML, and from the environment."""
    hooks = '{"hooks": {"PermissionRequest": [{"hooks": [{"command": "\'HERE\' hook codex; deskbell hook codex"}]}]}}'
    codex = {
        ".codex/config.toml": '[mcp_servers.deskbell]\ncommand = "HERE"\nargs = ["mcp"]\ntool_timeout_sec = 30\n',
        ".codex/hooks.json": hooks,
    }
    claude = {".claude.json": '{"mcpServers": {"deskbell": {"command": "HERE", "args": ["mcp"]}}}'}

    assert "ends tool calls after 30 s" in seen(tmp_path / "a", codex).says
    assert "ends tool calls after 20 s" in seen(tmp_path / "b", claude, MCP_TOOL_TIMEOUT="20000").says


def test_a_command_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    """Also in a hook that is a line for a shell."""
    hook = (
        '{"version": 1, "hooks": {"beforeShellExecution": [{"command": "\\"/gone/my apps/deskbell\\" hook cursor"}]}}'
    )
    finding = seen(tmp_path, {".cursor/hooks.json": hook})

    assert finding.status is Status.FAIL
    assert finding.says == "Cursor starts /gone/my apps/deskbell, which is not there."
    assert finding.remedy == "deskbell connect cursor"


def test_half_of_it_is_a_warning(tmp_path: Path) -> None:
    """A server without hooks answers questions, and permission requests stay in the agent."""
    finding = seen(tmp_path, {".claude.json": '{"mcpServers": {"deskbell": {"command": "HERE", "args": ["mcp"]}}}'})

    assert finding.says == "Claude Code is connected without its hooks."


def test_a_check_that_stumbles_hides_no_other(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a finding of its own."""

    def stumble(_: object) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr("deskbell.doctor.examination.check_installation", stumble)
    found = {finding.name: finding for finding in examine(Machine("linux", tmp_path, {"PATH": ""}))}

    assert found["installation"].says == "This could not be looked at: RuntimeError: oh."
    assert {"token", "desk", "agents"} <= set(found)
