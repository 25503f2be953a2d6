"""``deskbell config``: the settings file, from the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from deskbell.cli.exit_codes import ExitCode
from deskbell.cli.output import print_json
from deskbell.folders import settings_path
from deskbell.settings import Loaded, as_toml, find_key, keys, read_settings


@click.group("config", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def config_command(context: click.Context, *, as_json: bool) -> None:
    """List every setting with its value and what it accepts. A running desk applies changes at once."""
    if context.invoked_subcommand:
        return
    loaded = _load()
    if as_json:
        print_json({str(key): loaded.settings.get(str(key)) for key in keys()})
    else:
        click.echo("\n\n".join(_entries(loaded)))


@config_command.command("get")
@click.argument("key", shell_complete=lambda _context, _parameter, typed: _matching(typed))
def get_command(key: str) -> None:
    """Print the value of one setting."""
    value = _load().settings.get(key)
    click.echo(value if isinstance(value, str) else as_toml(value))


@config_command.command("set")
@click.argument("key", shell_complete=lambda _context, _parameter, typed: _matching(typed))
@click.argument("value")
def set_command(key: str, value: str) -> None:
    """Change one setting, keeping the comments in the file. Lists are written a,b,c."""
    from deskbell.settings_file import set_value  # noqa: PLC0415 - only who writes pays for it

    click.echo(f"{find_key(key)} = {as_toml(set_value(settings_path(), key, value))}")


@config_command.command("unset")
@click.argument("key", shell_complete=lambda _context, _parameter, typed: _matching(typed))
def unset_command(key: str) -> None:
    """Go back to the default of one setting."""
    from deskbell.settings_file import unset_value  # noqa: PLC0415 - only who writes pays for it

    unset_value(settings_path(), key)
    click.echo(f"{key} = {as_toml(find_key(key).default)}")


@config_command.command("path")
def path_command() -> None:
    """Print where the settings file is."""
    click.echo(settings_path())


@config_command.command("check")
def check_command() -> None:
    """Say what in the settings file is passed over, and why. Exits with 1 if anything is."""
    problems = read_settings(settings_path()).problems
    for problem in problems:
        click.echo(problem)
    sys.exit(ExitCode.REFUSED if problems else 0)


def _load() -> Loaded:
    """The settings in force; what is wrong with the file is told on standard error."""
    loaded = read_settings(settings_path())
    for problem in loaded.problems:
        click.echo(f"deskbell: {problem}", err=True)
    return loaded


def _entries(loaded: Loaded) -> Iterator[str]:
    for key in keys():
        value = loaded.settings.get(str(key))
        default = "" if value == key.default else f"  (default {as_toml(key.default)})"
        accepts = f" ({key.rule.accepts})" if key.rule.accepts else ""
        yield f"{key} = {as_toml(value)}{default}\n    {key.rule.about}{accepts}"


def _matching(typed: str) -> list[str]:
    return [str(key) for key in keys() if str(key).startswith(typed)]
