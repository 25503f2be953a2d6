"""``deskbell demo``: sample questions, to see what agents can ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Final

import click

from deskbell.asking import take_back, wait_for
from deskbell.cli.interruption import Interrupted, interruptible
from deskbell.cli.output import answer_lines, mask_controls
from deskbell.client import DeskClient, RemoteTask
from deskbell.errors import DeskbellError
from deskbell.task import MAX_TIMEOUT, NO_DETAILS, Option, Source, TaskDetails


@dataclass(frozen=True, slots=True)
class Sample:
    """A question to show. ``timeout`` is seconds."""

    prompt: str
    options: tuple[Option, ...] = ()
    details: TaskDetails = NO_DETAILS
    timeout: int = 90
    on_timeout: str = "submit"


_MIGRATION: Final = """\
The new column has no value for **12,408 rows**. How shall the migration fill it?

```python
def upgrade() -> None:
    op.add_column("orders", sa.Column("currency", sa.String(3), nullable=True))
    op.execute("UPDATE orders SET currency = 'EUR' WHERE country IN ('AT', 'DE', 'FR')")
```

| country | rows without a currency |
|---------|------------------------:|
| US      | 9,215 |
| CH      | 3,193 |

`orders` is locked meanwhile: about *40 seconds* on the production copy.
"""

_CHECKS: Final = """\
Three checks failed on this branch. Which shall I look into?

1. `test_refund_rounding`: off by one cent since the last commit
2. `test_export_csv`: fails on every second run
3. `mypy`: 4 new errors in `billing/models.py`
"""

_SHOP: Final = Source(agent="Claude Code", project="web-shop", branch="feature/currencies")
_DOCS: Final = Source(agent="Codex", project="handbook", branch="main")
_INFRA: Final = Source(agent="Gemini CLI", project="infrastructure", branch="upgrade-postgres")

_MIGRATE: Final = Sample(
    _MIGRATION,
    (
        Option("Derive it from the country", "", "Correct for all rows but 37, which are listed afterwards.", True),
        Option("Leave it empty", "", "Nothing is guessed; reports must cope with missing values."),
        Option("Stop here", "", "The migration is not written."),
    ),
    TaskDetails(title="Fill the new column?", source=_SHOP),
)
_CHOOSE: Final = Sample(
    _CHECKS,
    (Option("Rounding"), Option("Flaky export"), Option("Type errors")),
    TaskDetails(title="Which failures first?", source=_SHOP, multiple=True),
)
_NAME: Final = Sample(
    "What shall the chapter on backups be called? It follows *Installing* and precedes *Upgrading*.",
    details=TaskDetails(title="Name of a chapter", source=_DOCS, placeholder="A title of two or three words"),
)
_AT_ONCE: Final = (
    Sample(
        "The upgrade is rehearsed. Start it on **production** now? Writes stop for about two minutes.",
        (Option("Start now"), Option("Tonight at 2:00", recommended=True), Option("Not this week")),
        TaskDetails(title="Upgrade PostgreSQL?", source=_INFRA, allow_text=False),
    ),
    Sample(
        "`npm audit` reports one high-severity advisory in `semver-regex`. Update it? The lock file changes.",
        (Option("Update"), Option("Leave it")),
        TaskDetails(title="Update a dependency?", source=_SHOP),
    ),
    Sample(
        "The link checker found 3 dead links in `docs/faq.md`. Replace them by archived copies?",
        (Option("Replace all"), Option("Show me each")),
        TaskDetails(title="Dead links", source=_DOCS),
    ),
)
_HURRY: Final = Sample(
    "This one takes care of itself: in a few seconds the countdown chooses **Keep**.",
    (Option("Keep", recommended=True), Option("Discard")),
    TaskDetails(title="Nobody has to answer", source=_DOCS),
    timeout=8,
    on_timeout="option:Keep",
)

_SHOWN: Final = 60
"""Characters of an answer that are printed."""

_ROUNDS: Final[Sequence[tuple[Sample, ...]]] = ((_MIGRATE,), (_CHOOSE,), (_NAME,), _AT_ONCE, (_HURRY,))


@click.command("demo")
@click.option(
    "--timeout",
    type=click.IntRange(1, MAX_TIMEOUT),
    metavar="SECONDS",
    help="The countdown of every question, so that the demo ends even if nobody answers.",
)
def demo_command(*, timeout: int | None) -> None:
    """Ring the desk with sample questions and print each answer as it comes."""
    client = DeskClient()
    client.locate()
    for samples in _ROUNDS:
        _ring(client, [sample if timeout is None else replace(sample, timeout=timeout) for sample in samples])


def _ring(client: DeskClient, samples: Iterable[Sample]) -> None:
    """Ask some questions at once and print the answers in the order in which they come."""
    asked: list[RemoteTask] = []
    with interruptible() as interruption:
        try:
            with interruption.deferred():
                asked.extend(_ask(client, sample) for sample in samples)
            _print_as_they_end(client, asked)
        except (Interrupted, DeskbellError):
            take_back(asked)
            raise


def _ask(client: DeskClient, sample: Sample) -> RemoteTask:
    task = client.ask(
        sample.prompt,
        sample.options,
        timeout=sample.timeout,
        on_timeout=sample.on_timeout,
        details=sample.details,
    )
    click.echo(f"Asked     {mask_controls(task.heading)}")
    return task


def _print_as_they_end(client: DeskClient, asked: Sequence[RemoteTask]) -> None:
    threads = ThreadPoolExecutor(len(asked))
    try:
        for ended in as_completed([threads.submit(wait_for, client, task) for task in asked]):
            click.echo(_outcome(ended.result()))
    finally:
        threads.shutdown(wait=False)  # when interrupted they end as soon as the questions are taken back


def _outcome(task: RemoteTask) -> str:
    if task.answer is None:
        return f"{task.status.capitalize():<9} {mask_controls(task.heading)}"
    who = "Countdown" if task.answered_by_timeout else "Answered"
    said = mask_controls(", ".join(answer_lines(task).splitlines()))
    return f"{who:<9} {mask_controls(task.heading)}: {said if len(said) <= _SHOWN else said[: _SHOWN - 1] + '…'}"
