"""The command and its subcommands, each imported when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import click

from deskbell import __version__
from deskbell.cli.exit_codes import ExitCode, code_for_error
from deskbell.cli.interruption import Interrupted
from deskbell.errors import DeskbellError

_COMMANDS: Final = {
    "ask": ("ask", "Ask a question, wait, and print the answer."),
    "hook": ("hook", "Ask on behalf of an agent: its JSON in, its JSON out."),
    "list": ("tasks", "List the questions that wait for an answer."),
    "show": ("tasks", "Show one question and its answer."),
    "answer": ("tasks", "Answer a question from here."),
    "cancel": ("tasks", "Take a question back."),
    "history": ("history", "Find questions that have ended."),
    "export": ("history", "Write down questions and answers."),
    "status": ("desk", "Say whether a desk is running, and how busy it is."),
    "url": ("desk", "Print the address of the running desk."),
    "token": ("desk", "Print the token that the desk wants."),
    "desktop": ("desk", "Start the desktop app, or show its window."),
    "demo": ("demo", "Ring the desk with sample questions."),
    "mcp": ("mcp", "Serve MCP to the client that starts it, on standard input and output."),
    "config": ("config", "Look at the settings and change them."),
    "connect": ("connect", "Let the agents on this machine ring the desk."),
    "disconnect": ("connect", "Take back what 'connect' did."),
    "doctor": ("doctor", "Say what works here, what does not, and what to do."),
}
"""Each command's module and what the overview says about it."""


class Commands(click.Group):
    """A group that imports a command when it is called and describes the others without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order of the overview."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of this name."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"deskbell.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The overview of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in _COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The exit codes."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), code.about) for code in ExitCode])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what can be expected to go wrong ends in a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except DeskbellError as error:
            click.echo(f"deskbell: {error}", err=True)
            ctx.exit(code_for_error(error))
        except Interrupted as interrupted:
            ctx.exit(interrupted.exit_code)
        except KeyboardInterrupt:
            ctx.exit(ExitCode.INTERRUPTED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def app() -> None:
    """Ring the person at this desk: ask a question, get the answer that was clicked.

    deskbell ask "Deploy to production?" -o Yes -o No
    """
