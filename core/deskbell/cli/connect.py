"""``deskbell connect`` and ``disconnect``: let agents ring the desk, and undo it."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import click

from deskbell.cli.exit_codes import ExitCode
from deskbell.cli.output import mask_controls
from deskbell.client import DeskClient
from deskbell.connect.agents import AGENTS, Agent, Place, find_agents
from deskbell.connect.launcher import NAME, find_launcher
from deskbell.connect.machine import Machine
from deskbell.connect.plan import (
    Outcome,
    Plan,
    carry_out_connection,
    carry_out_disconnection,
    plan_to_connect,
    plan_to_disconnect,
)
from deskbell.connect.record import Record
from deskbell.connect.rehearsal import ring_the_desk, ring_through_relay
from deskbell.errors import DeskbellError, EndpointError

_COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}

_agents = click.argument("names", nargs=-1, metavar="[AGENT]...", type=click.Choice(list(AGENTS)))
_dry_run = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
_yes = click.option("-y", "--yes", is_flag=True, help="Do not ask before changing anything.")
_project = click.option(
    "--project", is_flag=True, help="In the files of the project in the current folder instead of your own."
)


@click.command("connect")
@_agents
@_dry_run
@_yes
@_project
@click.option("--no-hooks", is_flag=True, help="Leave hooks alone: permission requests stay in the agent.")
@click.option("--no-mcp", is_flag=True, help="Leave MCP servers alone: the agent gets no tool to ask with.")
@click.option("--no-test", is_flag=True, help="Ring no test question afterwards.")
def connect_command(
    names: tuple[str, ...], *, dry_run: bool, yes: bool, project: bool, no_hooks: bool, no_mcp: bool, no_test: bool
) -> None:
    """Let agents ring this desk: those named, or all that are on this machine.

    \b
    AGENT is one of claude, codex, cursor, vscode, windsurf, gemini, copilot,
    opencode, zed.

    Shows what will change in their configuration files, asks, changes it, and rings a test question in each one's
    name. Comments, order and other entries stay; a copy of each file as it was is kept beside it.
    """  # noqa: D301 - click wants the character
    machine = Machine.here()
    agents = [AGENTS[name] for name in dict.fromkeys(names)] or find_agents(machine)
    if not agents:
        click.echo(f"{NAME}: No agent was found here. Name the one you mean: {NAME} connect codex", err=True)
        sys.exit(ExitCode.REFUSED)
    serves = [kind for kind, left_out in (("mcp", no_mcp), ("hooks", no_hooks)) if not left_out]
    record = Record()
    plan = plan_to_connect(agents, _place(machine, project=project), serves, record)
    _carry_out(plan, dry_run=dry_run, yes=yes, how=lambda: carry_out_connection(plan, record, _now()))
    connected = [step.agent for step in plan.steps if not step.refusal]
    _print_next_steps(connected, project=project)
    if not no_test:
        _rehearse(connected, machine, with_relay=not no_mcp)
    sys.exit(ExitCode.REFUSED if plan.refusals else 0)


@click.command("disconnect")
@_agents
@_dry_run
@_yes
@_project
def disconnect_command(names: tuple[str, ...], *, dry_run: bool, yes: bool, project: bool) -> None:
    """Take back what 'connect' did: for the agents named, or for all.

    Only Deskbell's entries go, and what was made for them. Everything else stays as it is.
    """
    agents = [AGENTS[name] for name in dict.fromkeys(names)] or list(AGENTS.values())
    record = Record()
    plan = plan_to_disconnect(agents, _place(Machine.here(), project=project), record)
    _carry_out(plan, dry_run=dry_run, yes=yes, how=lambda: carry_out_disconnection(plan, record))
    sys.exit(ExitCode.REFUSED if plan.refusals else 0)


def _place(machine: Machine, *, project: bool) -> Place:
    return Place(machine, find_launcher(machine, shared=project), Path.cwd() if project else None)


def _carry_out(plan: Plan, *, dry_run: bool, yes: bool, how: Callable[[], Outcome]) -> None:
    """Show a plan, ask, and do it; exits when that is all there is."""
    for refusal in plan.refusals:
        click.echo(f"{NAME}: {mask_controls(refusal)}", err=True)
    if not plan.changes:
        if not plan.refusals:
            click.echo("Nothing to change.")
        if dry_run or all(step.refusal for step in plan.steps):
            sys.exit(ExitCode.REFUSED if plan.refusals else 0)
        return
    _print_diff(plan)
    if dry_run:
        sys.exit(ExitCode.REFUSED if plan.refusals else 0)
    _confirm(len(plan.changes), yes=yes)
    outcome = how()
    for backup in outcome.backups:
        click.echo(f"As it was: {backup}")
    if len(outcome.refusals) > len(plan.refusals):
        raise click.exceptions.Exit(_report(outcome.refusals[len(plan.refusals) :]))


def _report(refusals: Iterable[str]) -> int:
    for refusal in refusals:
        click.echo(f"{NAME}: {mask_controls(refusal)}", err=True)
    return ExitCode.REFUSED


def _print_diff(plan: Plan) -> None:
    for change in plan.changes:
        for line in change.diff().splitlines():
            colour = None if line.startswith(("---", "+++")) else _COLOURS.get(line[:1])
            click.secho(mask_controls(line), fg=colour)
        click.echo()


def _confirm(count: int, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can be asked here, so nothing was changed. Say --yes to change it.")
    files = "this file" if count == 1 else f"these {count} files"
    if not click.confirm(f"Change {files}?", default=True):
        click.echo("Nothing was changed.")
        sys.exit(0)


def _print_next_steps(agents: Sequence[Agent], *, project: bool) -> None:
    names = " ".join(agent.name for agent in agents)
    click.echo(f"Connected: {', '.join(agent.title for agent in agents)}. Sessions that run need a restart.")
    for agent in agents:
        if agent.after:
            click.echo(agent.after)
    click.echo(f"To undo it: {NAME} disconnect {names}{' --project' if project else ''}")


def _rehearse(agents: Sequence[Agent], machine: Machine, *, with_relay: bool) -> None:
    """Ring a question for each agent, all at once, and say how each went."""
    try:
        DeskClient().locate()
    except EndpointError as error:
        click.echo(f"{NAME}: No test question was rung. {error}", err=True)
        sys.exit(ExitCode.UNREACHABLE)
    from deskbell.cli.app import app  # noqa: PLC0415 - it imports this module by name

    argv = find_launcher(machine).argv("mcp")
    has_relay = with_relay and "mcp" in app.list_commands(click.Context(app))
    click.echo("A test question for each is on the desk. Click it away.")
    ended: queue.SimpleQueue[str] = queue.SimpleQueue()
    for agent in agents:
        ring = partial(ring_through_relay, agent.title, argv) if has_relay else partial(ring_the_desk, agent.title)
        # The questions end by themselves, so whoever has enough of waiting may go.
        threading.Thread(
            target=lambda ring, name: ended.put(_outcome(ring, name)), args=(ring, agent.title), daemon=True
        ).start()
    for _ in agents:
        click.echo(ended.get())


def _outcome(ring: Callable[[], bool], name: str) -> str:
    try:
        said = "answered" if ring() else "rang, and nobody answered"
    except DeskbellError as error:
        said = f"did not ring: {mask_controls(str(error))}"
    return f"{name:<12} {said}"


def _now() -> datetime:
    return datetime.now(UTC).astimezone()
