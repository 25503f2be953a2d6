"""``deskbell ask`` from the shell to the desk and back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deskbell.events import EventKind, TaskEvent
from deskbell.settings import ListenerSettings, Settings
from deskbell.task import Answer, AnsweredBy, Attachment, Option

posix = pytest.mark.skipif(sys.platform == "win32", reason="on Windows there are no signals to send")


def test_a_persons_answer_is_printed(start: Any, running_desk: Any) -> None:
    """The chosen option and then the text are on standard output, nothing else is, and the exit code is 0."""
    asking = start("ask", "Deploy to production?", "-o", "Yes", "-o", "No")
    task = running_desk.next_task()
    running_desk.desk.answer(task.task_id, Answer(("Yes",), "but slowly 🙂"))

    assert asking.communicate(timeout=20) == ("Yes\nbut slowly 🙂\n", "")
    assert asking.returncode == 0
    assert (task.prompt, task.options) == ("Deploy to production?", (Option("Yes"), Option("No")))


def test_every_part_of_the_question_arrives(start: Any, running_desk: Any) -> None:
    """What the options of the command say is what the desk is asked."""
    start(
        *("ask", "--title", "Title", "--timeout", "77", "--on-timeout", "option:A", "--multiple", "--no-text"),
        *("-o", "A :: Does this: x", "-o", "std::vector", "--recommend", "A", "--placeholder", "Type"),
        *("--agent", "me", "--project", "p", "--branch", "b", "--", "- what?"),
    )
    task = running_desk.next_task()
    details = task.details

    assert task.options == (Option("A", "", "Does this: x", recommended=True), Option("std::vector"))
    assert (task.prompt, task.auto_resubmit_timeout, task.on_timeout) == ("- what?", 77, "option:A")
    assert (details.title, details.multiple, details.allow_text, details.placeholder) == ("Title", True, False, "Type")
    assert (details.source.agent, details.source.project, details.source.branch) == ("me", "p", "b")


def test_several_chosen_options_come_one_a_line(start: Any, running_desk: Any) -> None:
    """A script can read the choices line by line."""
    asking = start("ask", "Which?", "-m", "-o", "a", "-o", "b", "-o", "c")
    running_desk.desk.answer(running_desk.next_task().task_id, Answer(("c", "a")))

    assert asking.communicate(timeout=20)[0] == "c\na\n"


def test_the_prompt_can_come_from_standard_input(run: Any, running_desk: Any) -> None:
    """A dash reads all of standard input, whatever characters are in it."""
    done = run("ask", "-", "--no-wait", stdin="# Title\r\n\r\n`code` 漢字\n")

    assert (done.returncode, done.stdout.strip()) == (0, running_desk.next_task().task_id)
    assert running_desk.desk.tasks()[0].prompt == "# Title\n\n`code` 漢字"


@pytest.mark.parametrize("stdin", [b"\xff\xfe", b"\xed\xa0\x80"])
def test_standard_input_that_is_not_utf8_is_refused(run: Any, running_desk: Any, stdin: bytes) -> None:
    """Nothing is asked in garbled letters."""
    done = run("ask", "-", stdin=stdin)

    assert done.returncode == 2
    assert "not UTF-8" in done.stderr
    assert running_desk.desk.tasks() == []


def test_the_countdowns_answer_has_its_own_exit_code(run: Any, running_desk: Any) -> None:
    """Nobody answering ends in exit code 3 with what the countdown sent."""
    done = run("ask", "?", "-o", "Keep", "--timeout", "1", "--on-timeout", "option:Keep")

    assert (done.returncode, done.stdout) == (3, "Keep\n")


def test_an_answer_of_a_rule_counts_as_answered(start: Any, running_desk: Any) -> None:
    """A rule stands for the person who wrote it."""
    asking = start("ask", "?")
    running_desk.desk.answer(running_desk.next_task().task_id, Answer(text="ok", answered_by=AnsweredBy.RULE))

    assert asking.wait(20) == 0


def test_expiring_has_its_own_exit_code(run: Any, running_desk: Any) -> None:
    """A question that expired has no answer: nothing on standard output, exit code 4."""
    done = run("ask", "?", "--timeout", "1", "--on-timeout", "expire")

    assert (done.returncode, done.stdout) == (4, "")
    assert "expired" in done.stderr


def test_being_cancelled_has_its_own_exit_code(start: Any, running_desk: Any) -> None:
    """A question that somebody took away has no answer either."""
    asking = start("ask", "?")
    running_desk.desk.cancel(running_desk.next_task().task_id)
    output, errors = asking.communicate(timeout=20)

    assert (asking.returncode, output) == (4, "")
    assert "cancelled" in errors


def test_json_prints_the_whole_task(start: Any, running_desk: Any) -> None:
    """Programs get everything, files included."""
    asking = start("ask", "?", "-o", "Yes", "--json")
    task = running_desk.next_task()
    running_desk.desk.answer(task.task_id, Answer(("Yes",), "ü", {}, (Attachment("a", "text/plain", b"x"),)))
    printed = json.loads(asking.communicate(timeout=20)[0])

    assert (printed["task_id"], printed["status"]) == (task.task_id, "completed")
    assert (printed["answer"]["options"], printed["answer"]["text"]) == (["Yes"], "ü")
    assert printed["answer"]["attachments"][0]["data"] == "eA=="


@posix
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_an_interrupted_asker_takes_its_question_back(start: Any, running_desk: Any, name: str, code: int) -> None:
    """Nobody is left with a question whose asker has gone."""
    asking = start("ask", "?")
    task = running_desk.next_task()
    asking.send_signal(getattr(signal, name))
    output, errors = asking.communicate(timeout=20)

    assert (asking.returncode, output, errors) == (code, "", "")
    assert running_desk.desk.task(task.task_id).status == "cancelled"


@posix
def test_an_interrupt_while_the_question_travels_takes_it_back(start: Any, running_desk: Any) -> None:
    """However early the signal comes, no question stays behind."""

    def interrupt(event: TaskEvent) -> None:
        if event.kind is EventKind.ADDED:  # the asker has no response yet
            asking.send_signal(signal.SIGINT)

    running_desk.desk.subscribe(interrupt)
    asking = start("ask", "?")
    task = running_desk.next_task()
    asking.communicate(timeout=20)

    assert asking.returncode == 130
    assert running_desk.desk.wait(task.task_id, 10).status == "cancelled"


@posix
def test_an_ignored_interrupt_stays_ignored(running_desk: Any, tmp_path: Path) -> None:
    """A command that a script put in the background does not die of the Ctrl-C of the foreground."""
    ignoring = "import signal, runpy; signal.signal(signal.SIGINT, signal.SIG_IGN); runpy.run_module('deskbell')"
    with subprocess.Popen(
        [sys.executable, "-c", ignoring, "ask", "?"], stdout=subprocess.PIPE, cwd=tmp_path, text=True
    ) as asking:
        task = running_desk.next_task()
        asking.send_signal(signal.SIGINT)
        running_desk.desk.answer(task.task_id, Answer(text="done"))
        assert (asking.communicate(timeout=20)[0], asking.returncode) == ("done\n", 0)


def test_no_desk_has_its_own_exit_code(run: Any, home: Path) -> None:
    """One sentence that says what to do, exit code 5."""
    done = run("ask", "?")

    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr == "deskbell: No desk is running. Start it with: deskbell desktop\n"


def test_no_display_is_said(run: Any, home: Path) -> None:
    """Where the app would have to be started but nobody could see it, that is what is said."""
    done = run("ask", "?", DESKBELL_NO_START="", DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")

    assert done.returncode == 5
    assert "without a display" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_desk_that_forgot_the_question_is_unreachable(start: Any, running_desk: Any) -> None:
    """A task that is gone without having ended is not an answer."""
    asking = start("ask", "?", DESKBELL_NO_START="1")
    task = running_desk.next_task()
    running_desk.desk._queue.remove_task(task.task_id)

    assert asking.wait(20) in {4, 5}


@posix
def test_a_prompt_that_is_not_utf8_is_refused(running_desk: Any, tmp_path: Path) -> None:
    """Bytes of another encoding on the command line are bad usage, not a question in garbled letters."""
    done = subprocess.run(
        [sys.executable, "-m", "deskbell", "ask", b"gr\xfcn?"], capture_output=True, cwd=tmp_path, check=False
    )

    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Traceback" not in done.stderr
    assert running_desk.desk.tasks() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ask",), "Missing argument 'PROMPT'"),
        (("ask", "  "), "prompt is empty"),
        (("ask", "?", "--timeout", "-1"), "--timeout"),
        (("ask", "?", "--timeout", "nan"), "--timeout"),
        (("ask", "?", "--timeout", "291"), "--timeout"),
        (("ask", "?", "--on-timeout", "whatever"), "on_timeout"),
        (("ask", "?", "-o", "a", "-o", "a"), "twice"),
        (("ask", "?", "-o", " :: about"), "label"),
        (("ask", "?", "--no-text"), "option"),
        (("ask", "?", "-o", "a", "--recommend", "b"), "--recommend"),
        (("ask", "?", "--kind", "permission", "--on-timeout", "submit"), "permission"),
        (("ask", "?", "--title", "a\nb"), "title"),
        (("ask", "?", "--nonsense"), "--nonsense"),
        (("nonsense",), "nonsense"),
    ],
)
def test_a_question_that_makes_no_sense_is_bad_usage(
    run: Any, running_desk: Any, arguments: tuple[str, ...], words: str
) -> None:
    """Bad usage is exit code 2 with words about what is wrong, and nothing is asked."""
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert running_desk.desk.tasks() == []


def test_a_full_desk_is_a_refusal(run: Any, running_desk: Any) -> None:
    """Too many open questions is exit code 1."""
    running_desk.desk.apply_settings(Settings(listener=ListenerSettings(max_open_tasks=1)))
    running_desk.desk.ask("?")
    done = run("ask", "?")

    assert done.returncode == 1
    assert "waiting already" in done.stderr


def test_a_key_comes_back_to_the_same_question(run: Any, running_desk: Any) -> None:
    """A script that starts again goes on with its question; another one needs another key."""
    first = run("ask", "?", "--key", "k", "--no-wait", "--project", "p")

    assert running_desk.desk.tasks()[0].task_id == first.stdout.strip()
    assert run("ask", "!", "--key", "k", "--no-wait", "--project", "p").returncode == 1


def test_the_project_and_branch_are_those_of_the_working_tree(start: Any, running_desk: Any, tmp_path: Path) -> None:
    """Without being told, the command says which project and branch it is in."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/feature/a b\n")
    start("ask", "?", DESKBELL_AGENT="Robot")
    source = running_desk.next_task().details.source

    assert (source.agent, source.project, source.branch) == ("Robot", tmp_path.name, "feature/a b")
    assert source.pid


def test_a_linked_working_tree_knows_its_branch(start: Any, running_desk: Any, tmp_path: Path) -> None:
    """In a linked working tree .git is a file that leads on; a detached head is a short hash."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    (tmp_path / "elsewhere" / "HEAD").write_text("0123456789abcdef0123456789abcdef01234567\n")
    start("ask", "?")

    assert running_desk.next_task().details.source.branch == "01234567"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_lacks_characters_does_not_lose_the_answer(
    start: Any, running_desk: Any, encoding: str
) -> None:
    """What cannot be written is written as its code, and the exit code is that of the answer."""
    asking = start("ask", "?", PYTHONIOENCODING=encoding)
    running_desk.desk.answer(running_desk.next_task().task_id, Answer(text="漢"))
    output, errors = asking.communicate(timeout=20)

    assert (asking.returncode, errors) == (0, "")
    assert output == ("\\u6f22\n" if encoding == "latin-1" else "漢\n")  # click takes ASCII for a mistake


def test_a_reader_that_left_is_no_traceback(running_desk: Any, start: Any) -> None:
    """A pipe closed at the other end ends the command quietly."""
    asking = start("ask", "?")
    task = running_desk.next_task()
    asking.stdout.close()
    running_desk.desk.answer(task.task_id, Answer(text="x" * 1_000_000))
    errors = asking.stderr.read()
    asking.stdout = None
    asking.wait(20)

    assert "Traceback" not in errors
    assert "Exception" not in errors


def test_asking_imports_only_what_it_needs(running_desk: Any, tmp_path: Path) -> None:
    """A command that agents run all day does not load the listener, its libraries or Qt."""
    code = (
        "import sys, json, atexit\n"
        "heavy = {'starlette', 'uvicorn', 'msgspec', 'httpx', 'PySide6', 'asyncio', 'tomlkit', 'deskbell.http'}\n"
        "atexit.register(lambda: print(json.dumps(sorted(heavy & set(sys.modules)))))\n"
        "from deskbell.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "ask", "?", "--no-wait"], capture_output=True, cwd=tmp_path, text=True, check=True
    )
    task_id, heavy = done.stdout.splitlines()

    assert running_desk.desk.task(task_id).is_open
    assert json.loads(heavy) == []


def test_three_askers_get_their_own_answers(start: Any, running_desk: Any) -> None:
    """Answers in another order than the questions reach whoever asked."""
    askers = {}
    for number in "123":
        asking = start("ask", f"Question {number}")
        askers[running_desk.next_task().task_id] = (asking, number)
    for task_id, (_, number) in reversed(askers.items()):
        running_desk.desk.answer(task_id, Answer(text=number))

    assert all(asking.communicate(timeout=20)[0] == f"{number}\n" for asking, number in askers.values())


def test_a_stale_endpoint_of_a_dead_process_is_no_desk(run: Any, home: Path) -> None:
    """After a crash the asker is told to start the desk, not sent to a port of somebody else."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    write_endpoint(home, process.pid)

    assert run("ask", "?").returncode == 5


@posix
@pytest.mark.parametrize("harm", ["rights", "link"])
def test_an_endpoint_that_cannot_be_trusted_is_refused(run: Any, home: Path, tmp_path: Path, harm: str) -> None:
    """The sentence has the command that mends it, and the exit code is that of no desk."""
    path = write_endpoint(home, os.getpid())
    if harm == "rights":
        path.chmod(0o644)
    else:
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    done = run("ask", "?")

    assert done.returncode == 5
    assert ("chmod 600" if harm == "rights" else "rm ") in done.stderr


def write_endpoint(home: Path, pid: int) -> Path:
    (home / "data").mkdir(mode=0o700, parents=True)
    path = home / "data" / "endpoint.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"url": "http://127.0.0.1:9", "token": "t" * 43, "pid": pid}))
    return path
