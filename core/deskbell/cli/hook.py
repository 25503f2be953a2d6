"""``deskbell hook`` among the other commands; agents get to ``hook_process`` without a detour through click."""

from __future__ import annotations

import sys

import click

from deskbell.cli.hook_process import run


@click.command("hook", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def hook_command(words: tuple[str, ...]) -> None:
    """Ask on behalf of an agent: its JSON in, its JSON out."""
    sys.exit(run(words))
