"""The other commands: looking at the desk, answering from the shell, the settings, the demo."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from deskbell.cli.exit_codes import ExitCode
from deskbell.client import DeskClient
from deskbell.endpoint import find_endpoint
from deskbell.errors import EndpointUntrusted
from deskbell.settings import keys
from deskbell.task import Answer, Option, Source, TaskDetails

posix = pytest.mark.skipif(sys.platform == "win32", reason="on Windows there are no signals to send")


def ask(running_desk: Any, prompt: str = "?", *options: Option | str, **more: Any) -> str:
    task_id: str = running_desk.desk.ask(prompt, options, **more).task.task_id
    return task_id


def test_the_list_shows_what_waits(run: Any, running_desk: Any) -> None:
    """One aligned line for each open question; finished ones only on request."""
    details = TaskDetails(title="Title", source=Source("agent", "project", "branch"))
    first = ask(running_desk, "?", timeout=0, details=details)
    second = ask(running_desk, "# Second\nmore", timeout=100)
    ended = ask(running_desk)
    running_desk.desk.cancel(ended)
    lines = run("list").stdout.splitlines()

    assert [line.split()[0] for line in lines] == ["ID", first, second]
    assert lines[1].endswith("no limit  agent · project · branch  Title")
    assert lines[2][lines[0].index("QUESTION") :] == "Second"
    assert ended in run("list", "--all").stdout
    assert run("list", "--status", "cancelled").stdout.splitlines()[1].split()[0] == ended
    assert [task["task_id"] for task in json.loads(run("list", "--json").stdout)["tasks"]] == [first, second]


def test_an_empty_list_says_so(run: Any, running_desk: Any) -> None:
    """Nothing on standard output for scripts, a word on standard error for people."""
    done = run("list")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "Nothing is waiting.\n")


def test_others_cannot_play_with_the_terminal(run: Any, running_desk: Any) -> None:
    """Escape sequences in a question are shown as marks, not obeyed."""
    task_id = ask(running_desk, "a\x1b[2Jb\u202ec", "\x1b]0;x\x07", details=TaskDetails(title="t\x1b[0m"))

    for output in (run("list").stdout, run("show", task_id).stdout):
        assert not set("\x1b\x07\u202e") & set(output)


def test_show_has_everything_about_a_task(run: Any, running_desk: Any) -> None:
    """Prompt, options with descriptions, and once there is one the answer."""
    task_id = ask(running_desk, "Line 1\nLine 2", Option("Yes", "y", "Because", recommended=True), "No")
    assert "● " not in run("show", task_id).stdout
    run("answer", task_id, "-o", "y")
    page = run("show", task_id).stdout

    assert all(words in page for words in (task_id, "Line 1\nLine 2", "Answered by person:\ny"))
    assert "● Yes (y) [recommended]  Because" in page
    assert json.loads(run("show", task_id, "--json").stdout)["answer"]["options"] == ["y"]


def test_show_can_wait_for_the_answer(start: Any, run: Any, running_desk: Any) -> None:
    """What was asked without waiting can be waited for later, with the exit codes of ask."""
    task_id = run("ask", "?", "--no-wait").stdout.strip()
    waiting = start("show", "--wait", task_id)
    running_desk.desk.cancel(task_id)

    assert waiting.wait(20) == 4


@posix
def test_an_interrupted_show_leaves_the_question(start: Any, running_desk: Any) -> None:
    """Only the asker takes a question back."""
    task_id = ask(running_desk)
    waiting = start("show", "--wait", task_id)
    running_desk.somebody_waits_for(task_id)
    waiting.send_signal(signal.SIGINT)

    assert waiting.wait(20) == 130
    assert running_desk.desk.task(task_id).is_open


def test_answering_from_the_shell(run: Any, running_desk: Any) -> None:
    """Options by label or value, and text, also from standard input."""
    task_id = ask(running_desk, "?", Option("Yes", "y"), "No", details=TaskDetails(multiple=True))
    done = run("answer", task_id, "-o", "Yes", "-o", "No", "-t", "-", stdin="long\ntext\n")
    answer = running_desk.desk.task(task_id).answer

    assert (done.returncode, done.stdout) == (0, "y\nNo\nlong\ntext\n")
    assert (answer.options, answer.text, answer.answered_by) == (("y", "No"), "long\ntext", "person")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("answer", "ID"), 2, "empty"),
        (("answer", "ID", "-o", "Perhaps"), 2, "'Perhaps' is not offered"),
        (("answer", "ID", "-o", "Yes", "-o", "No"), 2, "one option"),
        (("answer", "23456789abcd", "-t", "x"), 1, "no task"),
        (("show", "no/such"), 1, ""),
        (("cancel", "23456789abcd"), 1, "no task"),
        (("cancel",), 2, "ID"),
        (("show", ""), 1, ""),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    run: Any, running_desk: Any, arguments: tuple[str, ...], code: int, words: str
) -> None:
    """Each refusal has its exit code and says what is wrong; the question stays open."""
    task_id = ask(running_desk, "?", "Yes", "No")
    done = run(*(task_id if argument == "ID" else argument for argument in arguments))

    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert running_desk.desk.task(task_id).is_open


def test_a_second_answer_is_refused(run: Any, running_desk: Any) -> None:
    """The first answer stands, and whoever comes later learns so."""
    task_id = ask(running_desk)
    assert run("answer", task_id, "-t", "first").returncode == 0
    late = run("answer", task_id, "-t", "second")

    assert (late.returncode, late.stdout) == (1, "")
    assert "already completed" in late.stderr
    assert running_desk.desk.task(task_id).answer.text == "first"


def test_cancelling_from_the_shell(run: Any, running_desk: Any) -> None:
    """Several questions can be taken back at once."""
    tasks = [ask(running_desk), ask(running_desk)]
    done = run("cancel", *tasks)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {running_desk.desk.task(task_id).status for task_id in tasks} == {"cancelled"}


def test_status_says_where_the_desk_is_and_how_busy(run: Any, running_desk: Any) -> None:
    """Address, process, version and how much waits, for people and for programs."""
    running_desk.desk.hold(ask(running_desk))
    ask(running_desk)
    url = running_desk.endpoint.url

    assert f"Listening:  {url}\n" in run("status").stdout
    assert "Waiting:    2 (1 held)\n" in run("status").stdout
    status = json.loads(run("status", "--json").stdout)
    assert (status["url"], status["open"], status["held"]) == (url, 2, 1)


@pytest.mark.parametrize("command", ["status", "url", "list", "demo"])
def test_without_a_desk_there_is_an_exit_code(run: Any, home: Path, command: str) -> None:
    """Looking starts nothing and ends with 5."""
    done = run(command)

    assert (done.returncode, done.stdout) == (5, "")
    assert "deskbell desktop" in done.stderr


def test_url_and_token_are_for_scripts(run: Any, running_desk: Any) -> None:
    """Each prints one line that can be put into a request."""
    assert run("url").stdout == f"{running_desk.endpoint.url}\n"
    assert run("token").stdout == f"{running_desk.endpoint.token}\n"


def test_the_token_is_there_before_the_first_start(run: Any, home: Path) -> None:
    """A tool can be set up before the desk has ever run."""
    assert run("token").stdout == run("token").stdout != ""


def test_rotating_replaces_the_token_of_a_running_desk(run: Any, running_desk: Any) -> None:
    """The desk refuses the old token, the new one is printed, and every command goes on with it."""
    old = running_desk.endpoint
    done = run("token", "--rotate")

    assert done.returncode == 0
    assert done.stdout == run("token").stdout == f"{find_endpoint().token}\n" != f"{old.token}\n"
    assert run("list").returncode == 0
    with pytest.raises(EndpointUntrusted):
        DeskClient(old).list()


def test_a_command_that_waits_goes_on_after_rotating(start: Any, run: Any, running_desk: Any) -> None:
    """Whoever is blocked on a question gets its answer, whatever happens to the token meanwhile."""
    asking = start("ask", "?", "-o", "Yes")
    task = running_desk.next_task()
    running_desk.somebody_waits_for(task.task_id)
    run("token", "--rotate")
    running_desk.somebody_waits_for(task.task_id)
    run("answer", task.task_id, "-o", "Yes")

    assert (asking.wait(20), asking.stdout.read()) == (0, "Yes\n")


def test_rotating_without_a_desk_replaces_the_file(run: Any, home: Path) -> None:
    """The next start takes the new token; a token that others could read is good enough to be replaced."""
    first = run("token").stdout
    path = home / "data" / "token"
    if sys.platform != "win32":
        path.chmod(0o644)
    done = run("token", "--rotate")

    assert done.returncode == 0
    assert done.stdout == run("token").stdout == path.read_text() + "\n" != first
    assert sys.platform == "win32" or path.stat().st_mode & 0o777 == 0o600


def test_rotating_after_a_crash_replaces_the_file(run: Any, running_desk: Any, home: Path) -> None:
    """An endpoint where nobody listens is no desk to ask."""
    running_desk.listener.stop()
    done = run("token", "--rotate")

    assert done.returncode == 0
    assert done.stdout.strip() == (home / "data" / "token").read_text() != running_desk.endpoint.token


def test_rotating_a_desk_elsewhere_says_where_the_token_is(run: Any, running_desk: Any) -> None:
    """With the token in the environment the old one is not printed as if it were the new one."""
    old = running_desk.endpoint
    done = run("token", "--rotate", DESKBELL_URL=old.url, DESKBELL_TOKEN=old.token)

    assert (done.returncode, done.stdout) == (0, "")
    assert "DESKBELL_TOKEN still holds the old one" in done.stderr
    assert find_endpoint().token != old.token


def test_rotating_a_desk_that_is_away_changes_nothing_here(run: Any, home: Path) -> None:
    """The token of this machine is not that of a desk elsewhere."""
    token = run("token").stdout
    done = run("token", "--rotate", DESKBELL_URL="http://127.0.0.1:9", DESKBELL_TOKEN="x" * 43)

    assert (done.returncode, done.stdout) == (5, "")
    assert run("token").stdout == token


def test_desktop_shows_a_running_desk(run: Any, running_desk: Any) -> None:
    """The window comes up, and the address is printed."""
    shown: list[bool] = []
    running_desk.desk.on_summons(lambda: shown.append(True))
    done = run("desktop")

    assert (done.returncode, done.stdout) == (0, f"{running_desk.endpoint.url}\n")
    assert shown == [True]


def test_the_demo_ends_by_itself(run: Any, running_desk: Any) -> None:
    """Every sample is asked, three of them at once, and each outcome is printed."""
    most = 0

    def count(_event: object) -> None:
        nonlocal most
        most = max(most, len(running_desk.desk.open_tasks()))

    running_desk.desk.subscribe(count)
    done = run("demo", "--timeout", "1")

    assert done.returncode == 0
    assert done.stdout.count("Asked") == done.stdout.count("Countdown") == 7
    assert most == 3


@posix
def test_the_demo_prints_answers(start: Any, running_desk: Any) -> None:
    """What a person clicks appears with its question."""
    demo = start("demo", "--timeout", "2")
    task = running_desk.next_task()
    running_desk.desk.answer(task.task_id, Answer((task.options[0].value,)))
    running_desk.next_task()
    demo.send_signal(signal.SIGINT)
    output, _ = demo.communicate(timeout=20)

    assert f"Answered  {task.heading}: {task.options[0]}\n" in output
    assert demo.returncode == 130


@posix
def test_an_interrupted_demo_takes_its_questions_back(start: Any, running_desk: Any) -> None:
    """Nothing of the demo stays on the desk, also of the three at once."""
    demo = start("demo")
    for _ in range(3):
        running_desk.desk.cancel(running_desk.next_task().task_id)
    at_once = [running_desk.next_task().task_id for _ in range(3)]
    demo.send_signal(signal.SIGINT)

    assert demo.wait(20) == 130
    assert {running_desk.desk.task(task_id).status for task_id in at_once} == {"cancelled"}


def test_config_lists_every_key(run: Any, home: Path) -> None:
    """Each key has its value, what it is for and what it accepts."""
    listing = run("config").stdout

    for key in keys():
        assert f"\n{key} = " in f"\n{listing}"
        assert key.rule.about in listing
        assert key.rule.accepts in listing
    assert set(json.loads(run("config", "--json").stdout)) == set(map(str, keys()))


def test_config_changes_the_file(run: Any, home: Path) -> None:
    """Set, get and unset go through the file, which says so to other processes."""
    assert run("config", "get", "countdown.default_seconds").stdout == "240\n"
    assert run("config", "set", "countdown.default_seconds", "60").stdout == "countdown.default_seconds = 60\n"
    assert run("config", "get", "countdown.default_seconds").stdout == "60\n"
    assert "countdown.default_seconds = 60  (default 240)" in run("config").stdout
    assert Path(run("config", "path").stdout.strip()).read_text(encoding="utf-8").count("default_seconds = 60") == 1
    assert run("config", "unset", "countdown.default_seconds").stdout == "countdown.default_seconds = 240\n"
    assert run("config", "get", "countdown.default_seconds").stdout == "240\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("get", "no.such"), "Known: countdown.default_seconds"),
        (("set", "no.such", "1"), "Known:"),
        (("unset", "no.such"), "Known:"),
        (("set", "countdown.default_seconds", "soon"), "0 to 290"),
        (("set", "window.theme", "pink"), "'dark'"),
    ],
)
def test_a_setting_that_does_not_fit_is_bad_usage(run: Any, home: Path, arguments: tuple[str, ...], words: str) -> None:
    """What is accepted is said, and nothing is written."""
    done = run("config", *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert not (home / "config").exists()


def test_config_check_names_what_is_passed_over(run: Any, home: Path) -> None:
    """File and line of each problem, and an exit code for scripts."""
    assert run("config", "check").returncode == 0
    (home / "config").mkdir(parents=True)
    (home / "config" / "settings.toml").write_text('[window]\ntheme = "pink"\n')
    done = run("config", "check")

    assert done.returncode == 1
    assert f"{home / 'config' / 'settings.toml'}:2: window.theme" in done.stdout
    assert "theme" in run("config", "get", "window.theme").stderr


def test_help_tells_the_exit_codes(run: Any) -> None:
    """Every exit code and every command is in the overview."""
    overview = run("--help").stdout

    for code in ExitCode:
        assert f"  {int(code)} " in overview
        assert code.about in overview
    assert "demo" in overview


@pytest.mark.parametrize(
    "command",
    ["ask", "list", "show", "answer", "cancel", "status", "url", "token", "desktop", "demo", "config"],
)
def test_every_command_explains_itself(run: Any, command: str) -> None:
    """--help works without a desk."""
    done = run(command, "--help")

    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: deskbell {command}")


def test_commands_are_completed(run: Any) -> None:
    """Shells can complete commands, options and settings."""
    environment = {"_DESKBELL_COMPLETE": "bash_complete"}

    assert "plain,desktop" in run(COMP_WORDS="deskbell des", COMP_CWORD="1", **environment).stdout
    words = run(COMP_WORDS="deskbell config get window.th", COMP_CWORD="3", **environment).stdout
    assert "plain,window.theme" in words


@posix
@pytest.mark.parametrize(
    ("arguments", "environment", "code", "words"),
    [
        (("config", "set", "window.theme", "dark"), {"DESKBELL_HOME": "/dev/null"}, 1, "cannot be read or written"),
        (("config", "unset", "window.theme"), {"DESKBELL_HOME": "/dev/null"}, 0, ""),
        (("config", "get", "window.theme"), {"DESKBELL_HOME": "/dev/null"}, 0, "cannot be read"),
        (("config", "check"), {"DESKBELL_HOME": "/dev/null"}, 1, ""),
        (("token",), {"DESKBELL_HOME": "/dev/null"}, 5, "Make that folder writable"),
        (("ask", "?"), {"DESKBELL_HOME": "/dev/null"}, 5, ""),
        *(
            (("list",), {"DESKBELL_URL": url, "DESKBELL_TOKEN": "t" * 43}, 5, "Give an address such as")
            for url in (
                "http://localhost:abc",
                "http://localhost:99999",
                "http://localhost:0",
                "http://a..b:2355",
                "http://[::1",
                "http://" + "x" * 64,
                "http://ä:2355",
            )
        ),
        (
            ("list",),
            {"DESKBELL_URL": "http://127.0.0.1:9", "DESKBELL_TOKEN": "a\nb"},
            5,
            "DESKBELL_TOKEN holds no token",
        ),
        (("list",), {"DESKBELL_URL": "http://127.0.0.1:9", "DESKBELL_TOKEN": "€"}, 5, "DESKBELL_TOKEN holds no token"),
        (("list",), {"DESKBELL_URL": "http://[::g]:1", "DESKBELL_TOKEN": "t" * 43}, 5, ""),
    ],
)
def test_a_bad_environment_is_a_sentence(
    run: Any, arguments: tuple[str, ...], environment: dict[str, str], code: int, words: str
) -> None:
    """Folders that are none, addresses and tokens that are none: one line and an exit code, no traceback."""
    done = run(*arguments, **environment)

    assert (done.returncode, len(done.stderr.splitlines()) <= 1) == (code, True), done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [("set", "window.theme", "dark"), ("unset", "window.theme")])
def test_a_folder_in_place_of_the_settings_is_a_sentence(run: Any, home: Path, command: tuple[str, ...]) -> None:
    """Nothing can be written there, and the message names the place."""
    (home / "config" / "settings.toml").mkdir(parents=True)
    done = run("config", *command)

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert str(home / "config" / "settings.toml") in done.stderr
