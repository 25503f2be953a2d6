"""``deskbell list``, ``show``, ``answer`` and ``cancel``: what is on the desk."""

from __future__ import annotations

from collections.abc import Iterable

import click

from deskbell.asking import wait_for
from deskbell.cli.ask import report
from deskbell.cli.output import answer_lines, overview, print_json, print_task, seconds_left, task_page
from deskbell.cli.standard_input import read_text
from deskbell.client import DeskClient, RemoteTask
from deskbell.task import Answer, TaskStatus

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command("list")
@click.option("-a", "--all", "everything", is_flag=True, help="Also those that ended a moment ago.")
@click.option("--status", type=click.Choice([str(status) for status in TaskStatus]), help="Only those of one status.")
@_json
def list_command(*, everything: bool, status: str | None, as_json: bool) -> None:
    """List the questions that wait for an answer, in order of arrival."""
    tasks = _client().list(status)
    if not everything and not status:
        tasks = [task for task in tasks if task.is_open]
    if as_json:
        print_json({"tasks": [task.raw for task in tasks]})
    elif tasks:
        click.echo(_overview(tasks))
    else:
        click.echo("Nothing is waiting.", err=True)


@click.command("show")
@click.argument("task_id", metavar="ID")
@click.option("-w", "--wait", is_flag=True, help="Wait until it has ended, then print and exit as 'ask' does.")
@_json
def show_command(task_id: str, *, wait: bool, as_json: bool) -> None:
    """Show one question and, once there is one, its answer."""
    client = _client()
    task = client.get(task_id)
    if wait:
        report(wait_for(client, task), as_json=as_json)
    print_task(task, task_page(task), as_json=as_json)


@click.command("answer")
@click.argument("task_id", metavar="ID")
@click.option("-o", "--option", "options", multiple=True, metavar="OPTION", help="An option's label or value.")
@click.option("-t", "--text", default="", help="Text of your own; - reads it from standard input.")
@_json
def answer_command(task_id: str, options: tuple[str, ...], text: str, *, as_json: bool) -> None:
    """Answer a question from here, as a person. The first answer wins."""
    client = _client()
    values = {option.label: option.value for option in client.get(task_id).options}
    chosen = tuple(option if option in values.values() else values.get(option, option) for option in options)
    task = client.answer(task_id, Answer(chosen, read_text(text)))
    print_task(task, answer_lines(task), as_json=as_json)


@click.command("cancel")
@click.argument("task_ids", metavar="ID...", nargs=-1, required=True)
def cancel_command(task_ids: tuple[str, ...]) -> None:
    """Take questions back; whoever waits for them learns it."""
    client = _client()
    for task_id in task_ids:
        client.cancel(task_id)


def _client() -> DeskClient:
    """A client that only looks: there is nothing to see on a desk that was started just now."""
    return DeskClient(start_desktop=False)


def _overview(tasks: Iterable[RemoteTask]) -> str:
    head = ("ID", "STATUS", "LEFT", "FROM", "QUESTION")
    rows = [(task.task_id, task.status, seconds_left(task), str(task.source), task.heading) for task in tasks]
    return overview([head, *rows])
