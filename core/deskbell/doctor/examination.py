"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from deskbell.connect.machine import Machine
from deskbell.doctor.agents import check_agents
from deskbell.doctor.desk import check_desk
from deskbell.doctor.desktop import check_desktop
from deskbell.doctor.finding import Finding, fail
from deskbell.doctor.installation import check_installation


def examine(machine: Machine) -> Iterator[Finding]:
    """Everything there is to say about Deskbell on a machine. Starts nothing and changes nothing."""
    yield from _safely("installation", lambda: check_installation(machine.environment))
    yield from _safely("desk", check_desk)
    yield from _safely("desktop", lambda: check_desktop(machine.system, machine.environment))
    yield from _safely("agents", lambda: check_agents(machine))


def _safely(name: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What a check finds; one that stumbles over something must not hide what the others find."""
    try:
        yield from check()
    except Exception as error:
        yield fail(name, f"This could not be looked at: {type(error).__name__}: {error}.", "Please report it.")
