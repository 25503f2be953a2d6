"""``deskbell doctor``: what works, what does not, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Final

import click

from deskbell.cli.exit_codes import ExitCode
from deskbell.cli.output import mask_controls, print_json
from deskbell.connect.machine import Machine
from deskbell.doctor.examination import examine
from deskbell.doctor.finding import Finding, Status

_COLOURS: Final = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "red"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor_command(*, as_json: bool) -> None:
    """Look at the installation, the desk, the desktop and the agents, and say what to do.

    Starts nothing and changes nothing. Exits with 1 if something does not work; warnings alone are 0.
    """
    findings = list(examine(Machine.here()))
    failed = any(finding.status is Status.FAIL for finding in findings)
    if as_json:
        print_json({"ok": not failed, "checks": [finding.to_dict() for finding in findings]})
    else:
        _print(findings)
    sys.exit(ExitCode.REFUSED if failed else 0)


def _print(findings: Sequence[Finding]) -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        status = click.style(f"{finding.status:<4}", fg=_COLOURS[finding.status])
        click.echo(f"{status}  {finding.name:<{width}}  {mask_controls(finding.says)}")
        if finding.remedy:
            click.echo(f"{'':<{width + 8}}{mask_controls(finding.remedy)}")
    click.echo(_summary(findings))


def _summary(findings: Iterable[Finding]) -> str:
    statuses = [finding.status for finding in findings]
    counts = [(statuses.count(Status.FAIL), "failure"), (statuses.count(Status.WARN), "warning")]
    said = [f"{count} {name}{'s' if count > 1 else ''}" for count, name in counts if count]
    return f"\n{', '.join(said) or 'All is well'}."
