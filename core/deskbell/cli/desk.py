"""``deskbell status``, ``url``, ``token`` and ``desktop``: the desk itself."""

from __future__ import annotations

from collections.abc import Iterable

import click

from deskbell.cli.output import print_json, table
from deskbell.client import DeskClient, RemoteTask
from deskbell.endpoint import find_endpoint, load_or_create_token
from deskbell.errors import DeskUnreachable
from deskbell.folders import settings_path


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status_command(*, as_json: bool) -> None:
    """Say whether a desk is running, and how busy it is. Starts nothing; exits with 5 if there is none."""
    endpoint = find_endpoint()
    client = DeskClient(endpoint)
    version = client.health().version
    counts = _counts(client.list())
    if as_json:
        print_json({"url": endpoint.url, "pid": endpoint.pid or None, "version": version, **counts})
        return
    facts = {
        "Listening": endpoint.url,
        "Process": str(endpoint.pid or "unknown"),
        "Version": version,
        "Waiting": f"{counts['open']} ({counts['held']} held)" if counts["held"] else str(counts["open"]),
        "Settings": str(settings_path()),
    }
    click.echo(table([(f"{name}:", value) for name, value in facts.items()]))


@click.command("url")
def url_command() -> None:
    """Print the address of the running desk, for curl and scripts."""
    click.echo(find_endpoint().url)


@click.command("token")
def token_command() -> None:
    """Print the token that the desk wants, for curl and scripts. Keep it to yourself."""
    try:
        token = find_endpoint().token
    except DeskUnreachable:
        token = load_or_create_token()
    click.echo(token)


@click.command("desktop")
def desktop_command() -> None:
    """Start the desktop app, or show its window if it is running, and print its address."""
    client = DeskClient()
    client.show()
    click.echo(client.locate().url)


def _counts(tasks: Iterable[RemoteTask]) -> dict[str, int]:
    waiting = [task for task in tasks if task.is_open]
    return {"open": len(waiting), "held": sum(task.held for task in waiting)}
