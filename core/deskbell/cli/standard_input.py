"""Text from an argument or from standard input."""

from __future__ import annotations

import click


def read_text(argument: str) -> str:
    """The argument itself, or all of standard input, which is UTF-8, if it is ``-``."""
    if argument != "-":
        return argument
    with click.open_file("-", "rb") as stream:
        content: bytes = stream.read()
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"Standard input is not UTF-8 (byte {error.start}). Convert it first.") from error
