"""``deskbell status``, ``url``, ``token`` and ``desktop``: the desk itself."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

import click

from deskbell.cli.output import print_json, table
from deskbell.client import DeskClient, RemoteTask
from deskbell.endpoint import (
    TOKEN_VARIABLE,
    URL_VARIABLE,
    find_endpoint,
    load_or_create_token,
    new_token,
    replace_token,
)
from deskbell.errors import DeskUnreachable
from deskbell.folders import settings_path

_OLD_IN_ENVIRONMENT: Final = (
    f"The token was replaced, and {TOKEN_VARIABLE} still holds the old one. "
    "Set it to what 'deskbell token' prints at the desk."
)


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
@click.option("--rotate", is_flag=True, help="Make a new token first; the old one is refused from then on.")
def token_command(*, rotate: bool) -> None:
    """Print the token that the desk wants, for curl and scripts. Keep it to yourself."""
    token = _replace_token() if rotate else _token()
    if token is None:
        click.echo(f"deskbell: {_OLD_IN_ENVIRONMENT}", err=True)
    else:
        click.echo(token)


def _token() -> str:
    try:
        return find_endpoint().token
    except DeskUnreachable:
        return load_or_create_token()


def _replace_token() -> str | None:
    """Have a running desk replace its token; without one, replace what the next start will read.

    The new token, or None if the environment hides it.
    """
    desk = DeskClient(start_desktop=False)
    try:
        desk.health()
    except DeskUnreachable:
        if os.environ.get(URL_VARIABLE):
            raise
        token = new_token()
        replace_token(token)
        return token
    desk.replace_token()
    return None if os.environ.get(TOKEN_VARIABLE) else _token()


@click.command("desktop")
def desktop_command() -> None:
    """Start the desktop app, or show its window if it is running, and print its address."""
    client = DeskClient()
    client.show()
    click.echo(client.locate().url)


def _counts(tasks: Iterable[RemoteTask]) -> dict[str, int]:
    waiting = [task for task in tasks if task.is_open]
    return {"open": len(waiting), "held": sum(task.held for task in waiting)}
