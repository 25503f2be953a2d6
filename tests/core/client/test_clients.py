"""Both clients against a real desk: the same calls, the same results, the same errors."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from deskbell.client import AsyncDeskClient, DeskClient, RemoteTask, calls
from deskbell.client.conversation import ConnectionLost, Conversation, Exchange, Locate, Step, Talk
from deskbell.client.refusals import Refused
from deskbell.desk import Desk
from deskbell.endpoint import Endpoint, find_endpoint, load_or_create_token, publish
from deskbell.errors import (
    DeskbellError,
    DeskClosed,
    DeskFull,
    DeskUnreachable,
    EndpointUntrusted,
    InvalidAnswer,
    InvalidQuestion,
    KeyConflict,
    TaskFinished,
    TaskNotFound,
)
from deskbell.http.server import Listener
from deskbell.launch import Start
from deskbell.settings import ListenerSettings, Settings
from deskbell.task import Answer, AnsweredBy, Attachment, Draft, Option, Source, TaskDetails, TaskKind

T = TypeVar("T")

Client = Any
"""A DeskClient, or something with the same methods."""


class Blocking:
    """An AsyncDeskClient with the methods of a DeskClient, so that one test serves both."""

    def __init__(self, endpoint: Endpoint | None = None) -> None:
        self._runner = asyncio.Runner()
        self._client = self._runner.run(self._make(endpoint))

    async def _make(self, endpoint: Endpoint | None) -> AsyncDeskClient:
        return AsyncDeskClient(endpoint)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Coroutine[Any, Any, Any]] = getattr(self._client, name)
        return lambda *args, **more: self._runner.run(method(*args, **more))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


@pytest.fixture(params=["threads", "asyncio"])
def make_client(request: pytest.FixtureRequest) -> Iterator[Callable[..., Client]]:
    made: list[Blocking] = []

    def make(endpoint: Endpoint | None = None) -> Client:
        if request.param == "threads":
            return DeskClient(endpoint)
        made.append(Blocking(endpoint))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(running_desk: Any, make_client: Callable[..., Client]) -> Client:
    return make_client()


@pytest.fixture
def desk(running_desk: Any) -> Desk:
    found: Desk = running_desk.desk
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def something_else(reply: bytes) -> Iterator[str]:
    """A server that says the same to everybody; its address."""
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            with suppress(OSError), server.accept()[0] as connection:
                connection.recv(65_536)
                connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            stopping.set()
            socket.create_connection(server.getsockname()).close()
            thread.join()


def test_a_question_arrives_whole(client: Client, desk: Desk) -> None:
    """Every part of a question reaches the desk as it was asked."""
    details = TaskDetails(
        title="Title",
        source=Source("agent", "project", "branch", "session", 42),
        multiple=True,
        allow_text=False,
        placeholder="Type",
        attachments=(Attachment("a.bin", "application/octet-stream", b"\x00\xff"),),
    )
    options = (Option("Yes", "y", "Really", recommended=True), "Nö 🙂")
    asked = client.ask("# Q\n\n漢字", options, timeout=30, on_timeout="option:y", details=details)
    task = desk.task(asked.task_id)

    assert (task.prompt, task.options) == ("# Q\n\n漢字", (options[0], Option("Nö 🙂")))
    assert (task.auto_resubmit_timeout, task.on_timeout, task.details) == (30, "option:y", details)
    assert isinstance(asked, RemoteTask)
    assert (asked.options, asked.source, asked.timeout) == (task.options, details.source, 30)
    assert (asked.status, asked.remaining, asked.is_open, asked.answer) == ("active", 30, True, None)
    assert asked.created_at == task.created_at.replace(microsecond=task.created_at.microsecond // 1000 * 1000)


def test_waiting_gives_the_answer(client: Client, desk: Desk) -> None:
    """A waiting client gets what the person answered, files included."""
    task = client.ask("?", ["Yes", "No"])
    said = Answer(("Yes",), "text", {"a": [1]}, (Attachment("n.txt", "text/plain", b"hello"),))
    threading.Timer(0.05, desk.answer, (task.task_id, said)).start()
    ended = client.wait(task.task_id)

    assert (ended.status, ended.is_open, ended.remaining) == ("completed", False, 0)
    assert (ended.answer.options, ended.answer.text, ended.answer.fields) == (("Yes",), "text", {"a": [1]})
    assert ended.answer.attachments == said.attachments
    assert ended.answer.answered_by is AnsweredBy.PERSON
    assert [option.label for option in ended.chosen] == ["Yes"]


def test_waiting_ends_with_its_own_time_limit(client: Client) -> None:
    """A client that waits only so long gets the task as it is, still open."""
    task = client.ask("?")
    started = time.monotonic()

    assert client.wait(task.task_id, 0.2).is_open
    assert 0.2 <= time.monotonic() - started < 5


def test_waiting_goes_on_after_a_long_poll_ended(client: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait longer than one request may take is made of several."""
    monkeypatch.setattr("deskbell.client.conversation.PIECE_SECONDS", 0.05)
    task = client.ask("?")
    threading.Timer(0.3, desk.cancel, (task.task_id,)).start()

    assert client.wait(task.task_id).status == "cancelled"


def test_the_countdown_answers_and_says_so(client: Client) -> None:
    """An answer of the countdown can be told from a person's."""
    ended = client.wait(client.ask("?", timeout=1).task_id)

    assert ended.answered_by_timeout
    assert "ask again" in ended.answer.text


def test_each_call_does_what_it_is_called(client: Client, desk: Desk) -> None:
    """Activate, hold, release, draft, cancel, list and get reach the desk."""
    first, second = client.ask("1", ["a"]), client.ask("2")

    assert client.activate(second.task_id).status == "active"
    assert client.hold(second.task_id).held
    assert not client.release(second.task_id).held
    client.draft(first.task_id, Draft(("a",), "typed"))
    assert desk.task(first.task_id).draft == Draft(("a",), "typed")
    assert [task.task_id for task in client.list()] == [first.task_id, second.task_id]
    assert [task.task_id for task in client.list("active")] == [second.task_id]
    assert client.cancel(first.task_id).status == "cancelled"
    assert client.get(first.task_id).status == "cancelled"
    assert client.answer(second.task_id, Answer(text="hi")).answer.text == "hi"


def test_show_summons_the_window(client: Client, desk: Desk) -> None:
    """Whoever shows the desk is asked to."""
    summoned: list[bool] = []
    desk.on_summons(lambda: summoned.append(True))
    client.show()

    assert summoned == [True]


def test_health_says_the_version(client: Client) -> None:
    """A living desk tells its version."""
    assert client.health().version


def test_files_in_a_list_come_without_content(client: Client, desk: Desk) -> None:
    """A list can be read even where answers carry files."""
    task = client.ask("?")
    desk.answer(task.task_id, Answer(attachments=(Attachment("a", "text/plain", b"x"),)))

    assert [(file.name, file.data) for file in client.list()[0].answer.attachments] == [("a", b"")]


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda client: client.ask(" "), InvalidQuestion, "prompt is empty"),
        (lambda client: client.ask("a\0b"), InvalidQuestion, "NUL"),
        (lambda client: client.ask("a\ud800b"), InvalidQuestion, "[a-z]"),
        (lambda client: client.ask("?", timeout=-1), InvalidQuestion, "[a-z]"),
        (lambda client: client.ask("?", timeout=float("nan")), InvalidQuestion, "[a-z]"),
        (lambda client: client.ask("?", ["a"], on_timeout="option:b"), InvalidQuestion, "'b'"),
        (lambda client: client.get("23456789abcd"), TaskNotFound, "no task '23456789abcd'"),
        (lambda client: client.wait("23456789abcd"), TaskNotFound, "no task '23456789abcd'"),
        (lambda client: client.get(""), DeskbellError, "[a-z]"),
        (lambda client: client.get("../../healthz?"), DeskbellError, "[a-z]"),
        (lambda client: client.answer(client.ask("?", ["a"]).task_id, Answer(("b",))), InvalidAnswer, "'b'"),
        (lambda client: client.answer(client.ask("?").task_id, Answer()), InvalidAnswer, "empty"),
    ],
)
def test_a_refusal_is_the_desks_own_error(
    client: Client, call: Callable[[Client], object], kind: type[Exception], words: str
) -> None:
    """What the desk refuses is raised as the desk's own method would, in its words."""
    with pytest.raises(kind, match=words):
        call(client)


def test_the_field_at_fault_is_named(client: Client) -> None:
    """A program can tell which part of its question is wrong."""
    with pytest.raises(InvalidQuestion) as refusal:
        client.ask("?", timeout=1_000)

    assert refusal.value.field == "timeout"


def test_the_second_answer_learns_of_the_first(client: Client) -> None:
    """Who comes too late gets the task as it ended."""
    task = client.ask("?", ["a", "b"])
    client.answer(task.task_id, Answer(("a",)))

    with pytest.raises(TaskFinished, match="already completed") as refusal:
        client.answer(task.task_id, Answer(("b",)))
    assert refusal.value.task.answer is not None
    assert refusal.value.task.answer.options == ("a",)


def test_a_key_stands_for_one_question(client: Client) -> None:
    """The same key brings the same task back; with another question it is refused."""
    assert client.ask("?", key="k").task_id == client.ask("?", key="k").task_id
    with pytest.raises(KeyConflict) as refusal:
        client.ask("!", key="k")
    assert refusal.value.key == "k"


def test_a_full_desk_says_so(client: Client, desk: Desk) -> None:
    """An asker learns that too many questions are waiting."""
    desk.apply_settings(Settings(listener=ListenerSettings(max_open_tasks=1)))
    client.ask("?")

    with pytest.raises(DeskFull, match="waiting already") as refusal:
        client.ask("?")
    assert refusal.value.limit == 1


def test_a_closing_desk_says_so(client: Client, desk: Desk) -> None:
    """A desk that is closing takes nothing new."""
    desk.close()

    with pytest.raises(DeskClosed):
        client.ask("?")


def test_a_wrong_token_is_not_trusted(make_client: Callable[..., Client], running_desk: Any) -> None:
    """With a token of its own that is wrong a client says what to do."""
    with pytest.raises(EndpointUntrusted, match="token"):
        make_client(Endpoint(running_desk.endpoint.url, "x" * 43)).list()


def test_a_token_that_changed_is_read_again(client: Client, running_desk: Any) -> None:
    """After a 401 the endpoint is read once more, and the call succeeds."""
    right = running_desk.endpoint
    publish(replace(right, token="w" * 43))
    client.locate()
    publish(right)

    assert client.list() == []


def test_a_token_that_was_replaced_is_read_again(client: Client, make_client: Callable[..., Client], home: Any) -> None:
    """However often it is replaced, by the client itself or by another one, the next call succeeds."""
    tokens = {client.locate().token}
    for replacing in (client, make_client(), client, make_client()):
        replacing.replace_token()
        assert client.ask("?").is_open
        tokens.add(client.locate().token)

    assert len(tokens) == 5
    assert find_endpoint().token == load_or_create_token() == client.locate().token


def test_waiting_goes_on_with_a_new_token(client: Client, running_desk: Any) -> None:
    """A token that is replaced twice in the middle of one wait is no reason to miss the answer."""
    task = client.ask("?", ["Yes"])

    def replace_and_answer() -> None:
        for _ in range(2):
            running_desk.somebody_waits_for(task.task_id)
            DeskClient().replace_token()
        running_desk.somebody_waits_for(task.task_id)
        running_desk.desk.answer(task.task_id, Answer(("Yes",)))

    replacing = threading.Thread(target=replace_and_answer)
    replacing.start()

    assert client.wait(task.task_id).answer.options == ("Yes",)
    replacing.join()


def test_waiting_goes_on_when_there_is_no_seat(client: Client, running_desk: Any) -> None:
    """A desk with too many waiters is tried again until it has a place."""
    others = DeskClient()
    busy, task = others.ask("?", ["Yes"]), client.ask("?", ["Yes"])
    running_desk.desk.apply_settings(Settings(listener=ListenerSettings(max_waiters=1)))
    sitting = threading.Thread(target=others.wait, args=(busy.task_id,))
    sitting.start()
    running_desk.somebody_waits_for(busy.task_id)

    def make_place() -> None:
        running_desk.desk.answer(busy.task_id, Answer(("Yes",)))
        running_desk.somebody_waits_for(task.task_id)
        running_desk.desk.answer(task.task_id, Answer(("Yes",)))

    threading.Timer(0.3, make_place).start()

    assert client.wait(task.task_id).answer.options == ("Yes",)
    sitting.join()


def test_asking_too_fast_is_told_apart_from_a_full_desk(client: Client, desk: Desk) -> None:
    """The client's own haste is a refusal that says when to ask again."""
    desk.apply_settings(Settings(listener=ListenerSettings(question_burst=1, questions_per_second=1)))
    client.ask("?")

    with pytest.raises(Refused, match="Ask again in 1 s") as refusal:
        client.ask("?")

    assert refusal.value.status == 429


def test_a_desk_that_moved_is_found_again(client: Client, desk: Desk, running_desk: Any, home: Any) -> None:
    """When nobody listens at the old address any more, the new one is looked up."""
    first = Listener(desk, "n" * 43, port=0)
    first.start()
    publish(Endpoint(first.url, "n" * 43, os.getpid()))
    assert client.locate().url == first.url
    first.stop()
    publish(running_desk.endpoint)

    assert client.ask("?").is_open


def test_waiting_survives_a_restart_of_the_listener(client: Client, desk: Desk, running_desk: Any) -> None:
    """A waiter that loses its connection finds the desk again and gets its answer."""
    first = Listener(desk, "n" * 43, port=0)
    first.start()
    publish(Endpoint(first.url, "n" * 43, os.getpid()))
    task = client.ask("?", ["Yes"])

    def restart_and_answer() -> None:
        first.stop()
        publish(running_desk.endpoint)
        desk.answer(task.task_id, Answer(("Yes",)))

    threading.Timer(0.1, restart_and_answer).start()

    assert client.wait(task.task_id).answer.options == ("Yes",)


def test_waiting_gives_up_when_the_desk_stays_away(client: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A waiter does not wait for ever for a desk that is gone."""
    monkeypatch.setattr("deskbell.client.conversation.PATIENCE_SECONDS", 0.5)
    first = Listener(desk, "n" * 43, port=0)
    first.start()
    publish(Endpoint(first.url, "n" * 43, os.getpid()))
    task = client.ask("?")
    threading.Timer(0.1, first.stop).start()

    with pytest.raises(DeskUnreachable, match="Nobody answers"):
        client.wait(task.task_id)


def test_a_limited_wait_ends_in_time_without_a_desk(client: Client, desk: Desk) -> None:
    """Whoever waits two seconds is not kept for the minute that a desk may stay away."""
    first = Listener(desk, "n" * 43, port=0)
    first.start()
    publish(Endpoint(first.url, "n" * 43, os.getpid()))
    task = client.ask("?")
    threading.Timer(0.1, first.stop).start()
    started = time.monotonic()

    with pytest.raises(DeskUnreachable, match="Nobody answers"):
        client.wait(task.task_id, 2)
    assert time.monotonic() - started < 10


def test_a_look_at_the_health_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even after the desk has crashed in the middle of it."""
    monkeypatch.setattr("deskbell.client.conversation.RECOVERY_SECONDS", 0.3)
    talk = Conversation(None, start_desktop=True).call(calls.health(), start=Start.NEVER)
    steps: list[Step] = []

    def perform(talk: Talk[Any]) -> None:
        steps.append(next(talk))
        while True:
            if isinstance(steps[-1], Exchange):
                steps.append(talk.throw(ConnectionLost("gone", sent=True)))
            else:
                steps.append(talk.send(Endpoint("http://127.0.0.1:1", "t" * 43, os.getpid())))

    with pytest.raises(DeskUnreachable):
        perform(talk)

    assert {step.start for step in steps if isinstance(step, Locate)} == {Start.NEVER}
    assert len([step for step in steps if isinstance(step, Locate)]) > 1


def test_nobody_listening_is_unreachable(make_client: Callable[..., Client], home: Any) -> None:
    """A refused connection is a sentence, whoever has the process id of the file now."""
    publish(Endpoint(f"http://127.0.0.1:{free_port()}", "t" * 43, os.getpid()))

    with pytest.raises(DeskUnreachable, match=r"Nobody answers.*deskbell desktop"):
        make_client().ask("?")


def test_an_address_from_the_environment_that_is_dead_is_named(
    make_client: Callable[..., Client], home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the variable, and no app is started in its place."""
    monkeypatch.setenv("DESKBELL_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("DESKBELL_TOKEN", "t" * 43)
    monkeypatch.delenv("DESKBELL_NO_START")

    with pytest.raises(DeskUnreachable, match="DESKBELL_URL"):
        make_client().list()


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n[]",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
def test_something_else_on_the_port_is_not_a_desk(
    make_client: Callable[..., Client], home: Any, monkeypatch: pytest.MonkeyPatch, reply: bytes
) -> None:
    """Whatever answers there, the client says that it is no desk."""
    monkeypatch.setattr("deskbell.client.conversation.RECOVERY_SECONDS", 0.3)
    with something_else(reply) as url, pytest.raises(DeskUnreachable):
        make_client(Endpoint(url, "t" * 43)).list()


def test_a_proxy_in_the_environment_is_not_asked(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk is on this machine, whatever proxy there is to the world."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")

    assert client.list() == []


def test_cancelling_a_wait_keeps_the_task(running_desk: Any) -> None:
    """An asyncio program that stops waiting leaves its question on the desk."""

    async def ask_and_give_up() -> str:
        async with AsyncDeskClient() as client:
            task = await client.ask("?")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await client.wait(task.task_id)
            return task.task_id

    assert running_desk.desk.task(asyncio.run(ask_and_give_up())).is_open


def test_many_waiters_share_one_client(running_desk: Any) -> None:
    """A hundred questions are waited for at once, and each gets its own answer."""
    desk: Desk = running_desk.desk

    async def ask(client: AsyncDeskClient, number: int) -> tuple[int, str]:
        task = await client.ask(f"{number}")
        ended = await client.wait(task.task_id)
        assert ended.answer is not None
        return number, ended.answer.text

    def answer_all() -> None:
        for _ in range(100):
            task = running_desk.next_task()
            desk.answer(task.task_id, Answer(text=task.prompt))

    async def everything() -> list[tuple[int, str]]:
        async with AsyncDeskClient() as client:
            answering = asyncio.create_task(asyncio.to_thread(answer_all))
            answers = await asyncio.gather(*(ask(client, number) for number in range(100)))
            await answering
            return answers

    assert asyncio.run(everything()) == [(number, str(number)) for number in range(100)]


def test_a_permission_request_keeps_its_kind(client: Client) -> None:
    """The kind of a question travels both ways."""
    asked = client.ask("Run?", ["Allow"], details=TaskDetails(kind=TaskKind.PERMISSION))

    assert (asked.kind, asked.on_timeout) == (TaskKind.PERMISSION, "expire")
