"""The ``deskbell`` command."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command and exit the process."""
    try:
        _run()
    except KeyboardInterrupt:  # before there was anything to take back
        sys.exit(128 + signal.SIGINT)


def _run() -> None:
    if sys.argv[1:2] == ["hook"]:  # an agent waits for it at every turn, so it does without what it does not need
        from deskbell.cli.hook_process import run  # noqa: PLC0415

        sys.exit(run(sys.argv[2:]))
    if sys.argv[1:2] == ["mcp"] and (not sys.argv[2:] or _asks_for_waiting(sys.argv[2:])):
        _relay()
        return
    from deskbell.cli.app import app  # noqa: PLC0415 - the package itself costs nothing
    from deskbell.cli.output import never_fail_to_encode  # noqa: PLC0415

    never_fail_to_encode()
    app(prog_name="deskbell")


def _asks_for_waiting(options: list[str]) -> bool:
    return len(options) == 2 and options[0] == "--wait" and options[1].isdecimal()  # noqa: PLR2004 - name and value


def _relay() -> None:
    """``deskbell mcp`` as clients start it, once for each agent: without what only people need."""
    from deskbell.mcp.relay.relay import main as relay  # noqa: PLC0415

    relay(float(sys.argv[3]) if sys.argv[3:] else None)
