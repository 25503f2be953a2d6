"""``deskbell mcp``: the relay for clients that start their MCP servers, and what to write into their configuration."""

from __future__ import annotations

import click

from deskbell.cli.mcp_clients import CLIENTS, snippet
from deskbell.mcp.relay.relay import main


@click.command("mcp")
@click.option(
    "--wait",
    type=click.FloatRange(0, 3600),
    metavar="SECONDS",
    help="How long a call waits for the person unless it says itself. Less than the client's own limit; 50 otherwise.",
)
@click.option(
    "--print-config",
    "client",
    type=click.Choice(sorted(CLIENTS)),
    help="Print what belongs into this client's configuration, and where that is.",
)
def mcp_command(wait: float | None, client: str | None) -> None:
    """Serve MCP on standard input and output. MCP clients start this; it is not for people to type at.

    \b
    It starts the desktop app when it is not running, and outlives its restarts.
    """  # noqa: D301 - click wants the character
    if client is None:
        main(wait)
    else:
        wanted = snippet(client)
        click.echo(f"For {wanted.place}:", err=True)
        click.echo(wanted.text)
