"""Connecting and disconnecting agents: first a plan that can be shown, then its execution."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from deskbell.connect.agents import Agent, ConfigFile, Place
from deskbell.connect.edits import Added, Unreadable, with_edits, without_edits
from deskbell.connect.files import Change, back_up, read_text, write_text
from deskbell.connect.jsonc import is_blank
from deskbell.connect.record import Made, Record
from deskbell.errors import AgentFileRefused

_Rewrite = Callable[[ConfigFile, str | None], str | None]


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one agent's files."""

    agent: Agent
    changes: Sequence[Change]
    refusal: str = ""
    """Why nothing can be done for this agent; then there are no changes."""


@dataclass(slots=True)
class Plan:
    """What happens to the files of some agents."""

    steps: list[Step] = field(default_factory=list)
    added: dict[Path, Added] = field(default_factory=dict)

    @property
    def changes(self) -> list[Change]:
        """Every change, in order."""
        return [change for step in self.steps for change in step.changes]

    @property
    def refusals(self) -> list[str]:
        """What stands in the way."""
        return [step.refusal for step in self.steps if step.refusal]


@dataclass(slots=True)
class Outcome:
    """What was done: the agents whose files are as they should be, the backups, and what went wrong."""

    done: list[Agent] = field(default_factory=list)
    backups: list[Path] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def plan_to_connect(agents: Iterable[Agent], place: Place, serves: Sequence[str], record: Record) -> Plan:
    """What must change for agents to have their entries; ``serves`` says which: ``mcp``, ``hooks``. Touches nothing."""
    plan = Plan()

    def rewrite(file: ConfigFile, text: str | None) -> str:
        known = record.find(file.path)
        added = plan.added.setdefault(file.path, Added())
        added.paths |= known.added.paths if known else set()
        added.is_new = text is None or (known is not None and known.added.is_new)
        return with_edits(text or "", file.edits, added, is_toml=file.is_toml)

    plan.steps += [_step(agent, place, serves, rewrite) for agent in agents]
    return plan


def plan_to_disconnect(agents: Iterable[Agent], place: Place, record: Record) -> Plan:
    """What must change for nothing of ours to be left. Touches nothing."""

    def rewrite(file: ConfigFile, text: str | None) -> str | None:
        if text is None:
            return None
        known = record.find(file.path)
        left = without_edits(text, file.edits, known.added if known else None, is_toml=file.is_toml)
        is_ours = known.added.is_new if known else file.path.stem == "deskbell"
        return None if left != text and is_ours and _is_empty(file, left) else left

    return Plan([_step(agent, place, ("mcp", "hooks"), rewrite) for agent in agents])


def carry_out_connection(plan: Plan, record: Record, now: datetime) -> Outcome:
    """Change the files, with a backup of each, and write down what was made. An agent is done wholly or not at all."""
    outcome = Outcome()
    for step in _possible(plan, outcome):
        made = _carry_out(step, now, outcome)
        for path, folders, backup in made:
            known = record.of(path)
            known.added = plan.added[path]
            known.folders += folders
            known.backups += [backup] if backup else []
    _save(record, outcome)
    return outcome


def carry_out_disconnection(plan: Plan, record: Record) -> Outcome:
    """Change the files back, and remove what was made for them: backups, and folders in which nothing else is."""
    outcome = Outcome()
    folders: set[Path] = set()
    for step in _possible(plan, outcome):
        for path, _, _ in _carry_out(step, None, outcome):
            known = record.find(path) or Made()
            folders |= set(known.folders)
            for backup in known.backups:
                backup.unlink(missing_ok=True)
            record.forget(path)
    _remove_folders(folders)
    _save(record, outcome)
    return outcome


def _step(agent: Agent, place: Place, serves: Sequence[str], rewrite: _Rewrite) -> Step:
    changes = []
    for file in agent.files(place):
        if file.serves not in serves:
            continue
        try:
            text = read_text(file.path)
            changes.append(Change(file.path, text, rewrite(file, text)))
        except AgentFileRefused as refused:
            return Step(agent, (), str(refused))
        except Unreadable as error:
            return Step(agent, (), f"{file.path}, {error}. Mend that, then try again. Nothing was changed.")
    return Step(agent, [change for change in changes if change])


def _is_empty(file: ConfigFile, text: str) -> bool:
    return not text.strip() if file.is_toml else is_blank(text.replace("{", "", 1).replace("}", "", 1))


def _possible(plan: Plan, outcome: Outcome) -> list[Step]:
    outcome.refusals += plan.refusals
    return [step for step in plan.steps if not step.refusal]


def _carry_out(step: Step, now: datetime | None, outcome: Outcome) -> list[tuple[Path, list[Path], Path | None]]:
    """Change one agent's files, or none of them; what was made for each. Without ``now`` there are no backups."""
    done: list[tuple[Change, list[Path], Path | None]] = []
    try:
        for change in step.changes:
            backup = back_up(change.path, change.before, now) if now and change.before is not None else None
            done.append((change, [], backup))
            done[-1] = (change, write_text(change), backup)
    except AgentFileRefused as refused:
        outcome.refusals.append(str(refused))
        _undo(done)
        return []
    outcome.done.append(step.agent)
    outcome.backups += [backup for _, _, backup in done if backup]
    return [(change.path, folders, backup) for change, folders, backup in done]


def _undo(done: Sequence[tuple[Change, list[Path], Path | None]]) -> None:
    for change, folders, backup in reversed(done):
        with contextlib.suppress(AgentFileRefused):
            write_text(replace(change, before=change.after, after=change.before))
        if backup:
            backup.unlink(missing_ok=True)
        _remove_folders(folders)


def _remove_folders(folders: Iterable[Path]) -> None:
    """Remove those that are empty, the innermost first."""
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        with contextlib.suppress(OSError):  # others keep something there
            folder.rmdir()


def _save(record: Record, outcome: Outcome) -> None:
    try:
        record.save()
    except OSError as error:
        outcome.refusals.append(f"What was made could not be written down: {error}. Everything else is done.")
