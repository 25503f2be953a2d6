"""``ask`` and ``ask_async``: a question and its answer in one call, and nothing else that passes for an answer."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import pytest

import deskbell
from deskbell import Answer, AnsweredBy, Attachment, NotAnswered, Option, TimedOut, Withdrawn, ask, ask_async
from deskbell.asking import Question, put
from deskbell.client import DeskClient
from deskbell.errors import DeskUnreachable, InvalidQuestion, KeyConflict
from deskbell.events import EventKind, TaskEvent
from deskbell.task import Draft, Source, Task, TaskDetails, TaskKind

Ask = Callable[..., Answer]

posix = pytest.mark.skipif(sys.platform == "win32", reason="on Windows there are no signals to send")


def blocking_ask_async(*args: Any, **more: Any) -> Answer:
    return asyncio.run(ask_async(*args, **more))


@pytest.fixture(params=[ask, blocking_ask_async], ids=["threads", "asyncio"])
def asks(request: pytest.FixtureRequest) -> Ask:
    """The function that blocks, and the one that is awaited."""
    function: Ask = request.param
    return function


@pytest.fixture
def answering(running_desk: Any) -> Callable[..., None]:
    """Do something with the next question that arrives; by default answer it."""

    def answering(answer: Answer | None = None, act: Callable[[Task], Any] | None = None) -> None:
        def on_event(event: TaskEvent) -> None:
            if event.kind is not EventKind.ADDED:
                return
            if act:
                act(event.task)
            elif answer:
                running_desk.desk.answer(event.task.task_id, answer)

        running_desk.desk.subscribe(on_event)

    return answering


def test_a_persons_answer_is_returned(asks: Ask, answering: Callable[..., None]) -> None:
    """It says what was chosen, what was written, which files came along, and who it was."""
    file = Attachment("n.txt", "text/plain", b"hello")
    answering(Answer(("y",), "but slowly", attachments=(file,)))
    answer = asks("Ship it?", [Option("Yes", "y"), "No"])

    assert isinstance(answer, deskbell.Answer)
    assert (answer.options, answer.text, answer.attachments) == (("y",), "but slowly", (file,))
    assert answer.answered_by is AnsweredBy.PERSON


def test_every_part_of_the_question_arrives(
    asks: Ask, running_desk: Any, answering: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the call says is what the desk is asked; what it leaves out is found out as the command does."""
    (tmp_path / "shop" / ".git").mkdir(parents=True)
    (tmp_path / "shop" / ".git" / "HEAD").write_text("ref: refs/heads/topic\n")
    monkeypatch.chdir(tmp_path / "shop")
    answering(Answer(("A",)))
    file = Attachment("a.bin", "application/octet-stream", b"\x00\xff")
    asks(
        "# Which?",
        ["A", "B"],
        timeout=77,
        on_timeout="option:A",
        multiple=True,
        allow_text=False,
        title="Title",
        placeholder="Type",
        attachments=[file],
        agent="me",
        session="s-1",
        key="once",
    )
    task = running_desk.next_task()

    assert (task.prompt, task.options) == ("# Which?", (Option("A"), Option("B")))
    assert (task.auto_resubmit_timeout, task.on_timeout, task.key) == (77, "option:A", "once")
    source = Source("me", "shop", "topic", "s-1", os.getpid())
    assert task.details == TaskDetails("Title", source, TaskKind.QUESTION, True, False, "Type", (file,))


def test_a_permission_expires_into_an_exception(asks: Ask, answering: Callable[..., None]) -> None:
    """Silence allows nothing: there is no answer that could be taken for one."""
    with pytest.raises(TimedOut, match="no consent") as caught:
        asks("Delete it?", ["Allow", "Deny"], kind="permission", timeout=1)

    assert (caught.value.task.status, caught.value.answer) == ("expired", None)
    assert caught.value.task.kind is TaskKind.PERMISSION


def test_what_the_countdown_sends_is_no_answer(asks: Ask, running_desk: Any, answering: Callable[..., None]) -> None:
    """What was typed and not sent is in the exception, so that nothing is lost and nothing taken for a decision."""
    answering(act=lambda task: running_desk.desk.set_draft(task.task_id, Draft(("Yes",), "perhaps")))
    with pytest.raises(TimedOut, match="Yes: perhaps") as caught:
        asks("Ship it?", ["Yes", "No"], timeout=1)

    assert caught.value.answer is not None
    assert (caught.value.answer.options, caught.value.answer.answered_by) == (("Yes",), AnsweredBy.TIMEOUT)


def test_an_option_that_the_asker_named_is_returned(asks: Ask, running_desk: Any) -> None:
    """Whoever says what happens at zero gets just that, and is told that nobody chose it."""
    answer = asks("Discard?", ["Keep", "Discard"], timeout=1, on_timeout="option:Keep")

    assert (answer.options, answer.answered_by) == (("Keep",), AnsweredBy.TIMEOUT)


def test_a_question_that_was_taken_back_raises(asks: Ask, running_desk: Any, answering: Callable[..., None]) -> None:
    """Somebody closed it; that is told apart from a countdown that ran out."""
    answering(act=lambda task: running_desk.desk.cancel(task.task_id))
    with pytest.raises(Withdrawn) as caught:
        asks("Ship it?", ["Yes"])

    assert isinstance(caught.value, NotAnswered)
    assert caught.value.task.status == "cancelled"


def test_the_same_key_attaches(asks: Ask, running_desk: Any) -> None:
    """A program that starts again comes back to its question; another question under that key is refused."""
    first = DeskClient().ask("Ship it?", ["Yes"], details=TaskDetails(source=Source("me", "p", "b")), key="once")
    running_desk.desk.answer(first.task_id, Answer(("Yes",))).result(20)
    with pytest.raises(KeyConflict):
        asks("Something else?", key="once")
    again = Question("Ship it?", ["Yes"], details=TaskDetails(source=Source("me", "p", "b")), key="once")

    assert put(again).options == ("Yes",)


def test_a_question_that_makes_no_sense_is_refused(asks: Ask, running_desk: Any) -> None:
    """The exception names the part."""
    with pytest.raises(InvalidQuestion) as caught:
        asks("Ship it?", ["Yes"], timeout=1000)

    assert caught.value.field == "timeout"


def test_without_a_desk_nothing_is_asked(asks: Ask, home: Path) -> None:
    """The exception says what to do."""
    with pytest.raises(DeskUnreachable, match="deskbell desktop"):
        asks("Ship it?", ["Yes"])


def test_a_desk_that_goes_away_keeps_the_question(
    asks: Ask, running_desk: Any, answering: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exception has the command that waits for it later on."""
    monkeypatch.setattr("deskbell.client.conversation.PATIENCE_SECONDS", 0.5)

    def stop_when_waited_for() -> None:
        running_desk.somebody_waits_for(running_desk.next_task().task_id)
        running_desk.listener.stop()

    stopping = threading.Thread(target=stop_when_waited_for)
    stopping.start()
    with pytest.raises(DeskUnreachable, match="deskbell show --wait"):
        asks("Ship it?", ["Yes"])
    stopping.join()


@posix
@pytest.mark.parametrize("function", ["ask", "ask_async"])
def test_ctrl_c_takes_the_question_back(running_desk: Any, function: str) -> None:
    """It is off the desk before the program ends, and the program ends as Ctrl-C ends any."""
    call = "ask('Ship it?', ['Yes'])" if function == "ask" else "asyncio.run(ask_async('Ship it?', ['Yes']))"
    program = f"import asyncio\nfrom deskbell import ask, ask_async\n{call}"
    asking = subprocess.Popen([sys.executable, "-W", "error", "-c", program], stderr=subprocess.PIPE, encoding="utf-8")
    task = running_desk.next_task()
    running_desk.somebody_waits_for(task.task_id)
    asking.send_signal(signal.SIGINT)
    _, errors = asking.communicate(timeout=20)

    assert asking.returncode == -signal.SIGINT
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert running_desk.desk.task(task.task_id).status == "cancelled"


def test_an_interruption_before_the_reply_takes_the_question_back(
    running_desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question is on the desk and nobody knows its id yet: its key finds it."""
    really_ask, asked = DeskClient.ask, []

    def interrupted_ask(client: DeskClient, *args: Any, **more: Any) -> Any:
        asked.append(really_ask(client, *args, **more))
        if len(asked) == 1:
            raise KeyboardInterrupt
        return asked[-1]

    monkeypatch.setattr(DeskClient, "ask", interrupted_ask)
    with pytest.raises(KeyboardInterrupt):
        ask("Ship it?", ["Yes"])

    assert running_desk.desk.task(asked[0].task_id).status == "cancelled"
    assert len(running_desk.desk.tasks()) == 1


def run_and_cancel(
    running_desk: Any, asking: Callable[[], Coroutine[Any, Any, Answer]], cancels: int
) -> tuple[Task, bool]:
    """Cancel a call that waits, again and again; the task, and whether the cancellation came through."""

    async def everything() -> tuple[Task, bool]:
        call = asyncio.create_task(asking())
        task: Task = await asyncio.to_thread(running_desk.next_task)
        await asyncio.to_thread(running_desk.somebody_waits_for, task.task_id)
        for _ in range(cancels):
            call.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([call])
        return task, call.cancelled()

    return asyncio.run(everything())


@pytest.mark.parametrize("cancels", [1, 3])
def test_cancelling_takes_the_question_back(running_desk: Any, cancels: int) -> None:
    """Also when whoever cancels does so more than once, and in any case before the event loop ends."""
    task, cancelled = run_and_cancel(running_desk, lambda: ask_async("Ship it?", ["Yes"]), cancels)

    assert cancelled
    assert running_desk.desk.task(task.task_id).status == "cancelled"


@pytest.mark.parametrize("limit", [asyncio.timeout, anyio.fail_after])
def test_a_time_limit_of_ones_own_takes_the_question_back(running_desk: Any, limit: Callable[[float], Any]) -> None:
    """Time limits work as with anything that is awaited, those of anyio too, which cancel until one is out."""

    async def give_up() -> None:
        scope = limit(0.2)
        if hasattr(scope, "__aenter__"):
            async with scope:
                await ask_async("Ship it?", ["Yes"])
        else:
            with scope:
                await ask_async("Ship it?", ["Yes"])

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())

    assert [task.status for task in running_desk.desk.tasks()] == ["cancelled"]


def test_questions_are_waited_for_at_once(running_desk: Any) -> None:
    """Awaited together they are on the desk together, and each gets its own answer."""

    def answer_all() -> None:
        tasks = [running_desk.next_task() for _ in range(8)]
        for task in reversed(tasks):
            running_desk.desk.answer(task.task_id, Answer(text=task.prompt))

    async def everything() -> list[str]:
        answering = asyncio.create_task(asyncio.to_thread(answer_all))
        answers = await asyncio.gather(*(ask_async(f"{number}") for number in range(8)))
        await answering
        return [answer.text for answer in answers]

    assert asyncio.run(everything()) == [str(number) for number in range(8)]


def test_unknown_names_are_told() -> None:
    """The package says what it does not have, and lists what it has."""
    with pytest.raises(AttributeError, match="nonsense"):
        _ = deskbell.nonsense  # type: ignore[attr-defined]

    assert set(deskbell.__all__) <= set(dir(deskbell))
    assert all(hasattr(deskbell, name) for name in deskbell.__all__)
