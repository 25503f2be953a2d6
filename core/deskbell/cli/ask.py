"""``deskbell ask``: the whole round, from the question to the answer on standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NoReturn

import click

from deskbell.asking import take_back, wait_for
from deskbell.cli.exit_codes import code_for_task
from deskbell.cli.interruption import Interrupted, interruptible
from deskbell.cli.output import answer_lines, print_json, print_task
from deskbell.cli.standard_input import read_text
from deskbell.client import DeskClient, RemoteTask
from deskbell.origin import source_here
from deskbell.task import MAX_TIMEOUT, Option, TaskDetails, TaskKind

_SEPARATOR: Final = " :: "


@click.command("ask")
@click.argument("prompt")
@click.option("-o", "--option", "options", multiple=True, metavar="LABEL", help="A choice; repeat it for more.")
@click.option("--recommend", metavar="LABEL", help="The choice to mark as recommended.")
@click.option("-m", "--multiple", is_flag=True, help="Let several options be chosen.")
@click.option("--no-text", is_flag=True, help="Take no text of the person's own.")
@click.option("--title", default="", metavar="TEXT", help="What the tab says; the prompt's first line by default.")
@click.option(
    "--timeout",
    type=click.IntRange(0, MAX_TIMEOUT),
    metavar="SECONDS",
    help=f"The countdown, up to {MAX_TIMEOUT}; 0 for none. The person's own default otherwise.",
)
@click.option(
    "--on-timeout",
    metavar="WHAT",
    help="At zero: submit what was typed (the default), expire, or option:LABEL to choose that one.",
)
@click.option("--kind", type=click.Choice([str(kind) for kind in TaskKind]), default="question", show_default=True)
@click.option("--placeholder", default="", metavar="TEXT", help="What the empty text field says.")
@click.option("--agent", envvar="DESKBELL_AGENT", metavar="NAME", help="Who asks.  [env: DESKBELL_AGENT]")
@click.option("--project", metavar="NAME", help="Where from; the git working tree or the current folder by default.")
@click.option("--branch", metavar="NAME", help="The branch; the one checked out here by default.")
@click.option("--key", metavar="KEY", help="The same key and question again come back to the same task.")
@click.option("--no-wait", is_flag=True, help="Print the task's id at once; 'deskbell show --wait ID' has the answer.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole task as JSON.")
def ask_command(
    prompt: str,
    options: tuple[str, ...],
    *,
    recommend: str | None,
    multiple: bool,
    no_text: bool,
    title: str,
    timeout: int | None,
    on_timeout: str | None,
    kind: str,
    placeholder: str,
    agent: str | None,
    project: str | None,
    branch: str | None,
    key: str | None,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Ask a question and wait for the answer. PROMPT may be Markdown; - reads it from standard input.

    \b
    Describe an option after two colons with spaces around them:
        deskbell ask "Migrate now?" -o "Yes :: Takes a minute" -o No --recommend Yes

    Prints the chosen options, one a line, then the text. Exits with 0 if a person answered, 3 if the countdown did, 4
    if the question was cancelled or expired, 5 if no desk can be reached. Ctrl-C takes the question back.
    """  # noqa: D301 - click wants the character
    details = TaskDetails(
        title=title,
        source=source_here(agent, project, branch),
        kind=TaskKind(kind),
        multiple=multiple,
        allow_text=not no_text,
        placeholder=placeholder,
    )
    client = DeskClient()
    ask = partial(
        client.ask,
        read_text(prompt),
        read_options(options, recommend),
        timeout=timeout,
        on_timeout=on_timeout,
        details=details,
        key=key,
    )
    task = ask_and_wait(client, ask, wait=not no_wait)
    if no_wait:
        print_task(task, task.task_id, as_json=as_json)
    else:
        report(task, as_json=as_json)


def read_options(given: Sequence[str], recommend: str | None) -> list[Option]:
    """Options as they were typed: ``LABEL`` or ``LABEL :: DESCRIPTION``."""
    options = []
    for text in given:
        label, _, description = text.partition(_SEPARATOR)
        options.append(Option(label.strip(), "", description.strip(), label.strip() == recommend))
    if recommend is not None and not any(option.recommended for option in options):
        raise click.BadParameter(f"{recommend!r} is not among the options.", param_hint="--recommend")
    return options


def ask_and_wait(client: DeskClient, ask: Callable[[], RemoteTask], *, wait: bool = True) -> RemoteTask:
    """Ask, and wait for the end. Raises Interrupted once a question that was interrupted is off the desk."""
    asked: list[RemoteTask] = []
    with interruptible() as interruption:
        try:
            client.locate()  # may take as long as the app takes to start, and asks nothing yet
            with interruption.deferred():
                asked.append(ask())
            if wait and sys.stderr.isatty():
                click.echo("Waiting for an answer. Ctrl-C takes the question back.", err=True)
            return wait_for(client, asked[0]) if wait else asked[0]
        except Interrupted:
            take_back(asked)
            raise


def report(task: RemoteTask, *, as_json: bool) -> NoReturn:
    """Print how a question ended and exit accordingly."""
    if as_json:
        print_json(task.raw)
    elif task.answer:
        click.echo(answer_lines(task))
    if task.answer is None:
        click.echo(f"deskbell: The question was {task.status}; there is no answer.", err=True)
    elif task.answer.attachments and not as_json:
        click.echo("deskbell: Files came with the answer. --json has their content.", err=True)
    sys.exit(code_for_task(task))
