"""``deskbell history`` and ``deskbell export``, as processes of their own."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from deskbell.errors import JournalBusy
from deskbell.task import Answer, Attachment, Option, Source, TaskDetails

HOSTILE = "\n".join(
    (
        "```",
        "# Heading",
        "~~~~",
        "``````python",
        "Setext",
        "===",
        "<script>alert(1)</script>",
        "[link](http://x)",
        "\r\n\r````````",
        "\x1b[2J\u202e\u2028end",
    )
)
SHOP = TaskDetails(source=Source("codex", "shop", "main"))


@pytest.fixture
def ended(keeping_desk: Any) -> list[str]:
    """Three questions: one answered by a person, one withdrawn, one in Chinese."""
    return [
        keeping_desk.ended(
            "Deploy to **staging**?", Option("Yes", "y"), "No", answer=Answer(("y",), "go"), details=SHOP
        ),
        keeping_desk.ended("Deploy to production?"),
        keeping_desk.ended("要迁移数据库吗", answer=Answer((), "好")),
    ]


def listed(output: str) -> list[str]:
    return [line.split()[0] for line in output.splitlines()[1:]]


def headings(document: str) -> list[str]:
    tokens = MarkdownIt("commonmark").parse(document)
    return [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "heading_open"]


def test_the_history_is_a_table(run: Any, ended: list[str]) -> None:
    """The last end first, with who ended it and how."""
    done = run("history")
    lines = done.stdout.splitlines()

    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0].split() == ["ID", "ENDED", "BY", "FROM", "ANSWER", "QUESTION"]
    assert listed(done.stdout) == ended[::-1]
    assert " ".join(lines[3].split()[3:]) == "person codex · shop · main y: go Deploy to staging?"
    assert "cancelled" in lines[2]


def test_the_history_can_be_searched(run: Any, ended: list[str]) -> None:
    """By words with or without quotes, by source and by day; a query that begins with a dash follows two of them."""
    assert listed(run("history", "deploy").stdout) == [ended[1], ended[0]]
    assert listed(run("history", "stag", "depl").stdout) == [ended[0]]
    assert listed(run("history", "数据库").stdout) == [ended[2]]
    assert listed(run("history", "--source", "Shop").stdout) == [ended[0]]
    assert listed(run("history", "--since", "2020-01-01", "--until", "2099-12-31 23:59").stdout) == ended[::-1]
    assert listed(run("history", "--", "-deploy").stdout) == [ended[1], ended[0]]
    for nothing in (("--until", "2020-01-01"), ("nowhere",), ("--source", "sho")):
        done = run("history", *nothing)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "Nothing was found.\n")


def test_a_day_is_this_machines(run: Any, ended: list[str]) -> None:
    """What ended today is found by today's date, wherever the machine is."""
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        now = run("history", "--json", TZ=zone)
        assert len(json.loads(now.stdout)["tasks"]) == 3
        today = run("history", "-n", "1", TZ=zone).stdout.splitlines()[1].split()[1]
        assert len(listed(run("history", "--since", today, "--until", today, TZ=zone).stdout)) == 3


def test_there_may_be_more(run: Any, ended: list[str]) -> None:
    """Which is said, also to programs that read JSON."""
    done = run("history", "-n", "2", "--json")

    assert [task["task_id"] for task in json.loads(done.stdout)["tasks"]] == [ended[2], ended[1]]
    assert "There is more" in done.stderr
    assert "There is more" not in run("history", "-n", "3").stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("history", "--since", "yesterday"), "neither a day"),
        (("history", "--until", "0001-01-01T00:00+14:00"), "neither a day"),
        (("history", "--until", ""), "neither a day"),
        (("history", "--limit", "0"), "--limit"),
        (("history", "--since", "2026-01-02", "--until", "2026-01-01"), "since is not before until"),
        (("history", "x" * 1_001), "q is longer than 1000 characters"),
        (("export", "--source", "x" * 201), "source is longer than 200 characters"),
        (("export", "--format", "pdf"), "pdf"),
        (("export", "-o", "."), "directory"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(
    run: Any, ended: list[str], tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """On standard error, with the exit code for it, and nothing is written."""
    before = sorted(tmp_path.iterdir())
    done = run(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_nobody_starts_the_app_to_look(run: Any) -> None:
    """Without a desk there is nothing to read."""
    for command in ("history", "export"):
        done = run(command)
        assert (done.returncode, done.stdout) == (5, "")


def test_json_lines_hold_every_task(run: Any, ended: list[str]) -> None:
    """One object a line, as the HTTP API has it, in the order of the history."""
    lines = run("export").stdout.splitlines()
    tasks = [json.loads(line) for line in lines]

    assert [task["task_id"] for task in tasks] == ended[::-1]
    assert tasks[0] == json.loads(run("show", ended[2], "--json").stdout)
    assert "数据库" in lines[0]
    assert [
        json.loads(line)["task_id"] for line in run("export", "deploy", "--source", "shop").stdout.splitlines()
    ] == [ended[0]]


def test_json_lines_stay_lines(run: Any, keeping_desk: Any) -> None:
    """Whatever is in a question, and wherever it is written."""
    keeping_desk.ended("a\u2028b\u2029c\x85d\ne\r🙂")
    for environment in ({}, {"PYTHONIOENCODING": "ascii"}):
        [line] = run("export", **environment).stdout.splitlines()
        assert json.loads(line)["prompt"] == "a\u2028b\u2029c\x85d\ne\r🙂"


def test_an_export_reads_every_page(run: Any, keeping_desk: Any) -> None:
    """However many there are."""
    for number in range(450):
        keeping_desk.ended(f"{number}")
    lines = run("export").stdout.splitlines()

    assert [json.loads(line)["prompt"] for line in lines] == [f"{number}" for number in range(449, -1, -1)]


def test_markdown_says_who_asked_and_who_answered(run: Any, keeping_desk: Any) -> None:
    """With source, times, options, what was chosen, text, fields and names of files."""
    file = Attachment("plan_v1.txt", "text/plain", b"Step 1")
    details = TaskDetails("Go *now*?", Source("codex", "shop", "main", "s-1"), attachments=(file,))
    task_id = keeping_desk.ended(
        "Deploy?\n\n* a list",
        Option("Yes", "y", "Takes a minute", recommended=True),
        "No",
        answer=Answer(("y",), "go", {"n": "数"}, (file,)),
        details=details,
    )
    document = run("export", "--format", "markdown").stdout

    for part in (
        f"- Task: {task_id}\n",
        "- From: codex · shop · main\n- Session: s-1\n- Asked: 20",
        "- Status: completed\n- Files: plan\\_v1.txt\n",
        "\n\n```markdown\nDeploy?\n\n* a list\n```\n\n",
        "- [x] Yes (y) (recommended): Takes a minute\n- [ ] No\n",
        "Answered by **person**, 20",
        '\n\n```text\ny\ngo\n```\n\n```json\n{\n  "n": "数"\n}\n```\n\nFiles: plan\\_v1.txt\n',
    ):
        assert part in document
    assert [heading.split(" ", 2)[2:] for heading in headings(document)] == [["answers"], ["Go \\*now\\*?"]]


def test_markdown_is_safe_from_what_is_in_it(run: Any, keeping_desk: Any) -> None:
    """No question or answer leaves its block, makes a heading, a link or HTML, or moves the cursor."""
    hostile_line = HOSTILE.replace("\n", " ").replace("\r", " ").replace("\x1b", "?")[:190]
    details = TaskDetails(hostile_line, Source(hostile_line, "# p", "1. b", "<b>"))
    keeping_desk.ended(
        HOSTILE, Option(f"# {HOSTILE}", "v", "- [x] ![](x)"), answer=Answer(("v",), HOSTILE), details=details
    )
    keeping_desk.ended("Innocent?")
    document = run("export", "--format", "markdown").stdout
    tokens = MarkdownIt("commonmark").parse(document)
    inline = [child.type for token in tokens for child in token.children or ()]
    blocks = [token.content for token in tokens if token.type == "fence"]

    assert len(headings(document)) == 3
    assert set(inline) <= {"text", "softbreak", "strong_open", "strong_close", "text_special"}
    assert {token.type for token in tokens} & {"html_block", "code_block", "hr", "blockquote_open"} == set()
    assert len(blocks) == 3
    assert all(block.startswith(("Innocent", "```\n# Heading", "v\n```\n# Heading")) for block in blocks)
    assert not set("\x1b\u202e\u2028\r") & set(document)


def test_the_name_of_a_file_says_its_format(run: Any, ended: list[str], tmp_path: Path) -> None:
    """Markdown for ``.md``, JSON lines otherwise, and what ``--format`` says in any case."""
    for name, option, beginning in (
        ("a.md", (), "# Questions"),
        ("a.jsonl", (), "{"),
        ("b.md", ("--format", "jsonl"), "{"),
        ("c", ("--format", "markdown"), "# Questions"),
    ):
        done = run("export", "-o", name, *option)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", f"Wrote 3 questions to {name}.\n")
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(beginning)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a profile private as a whole")
def test_an_exported_file_is_private(run: Any, ended: list[str], tmp_path: Path) -> None:
    """Whatever the umask is; answers may hold secrets."""
    run("export", "-o", "out.jsonl")

    assert stat.S_IMODE((tmp_path / "out.jsonl").stat().st_mode) == 0o600


def test_a_file_that_is_there_stays(run: Any, ended: list[str], tmp_path: Path) -> None:
    """Unless ``--force`` replaces it."""
    target = tmp_path / "out.jsonl"
    target.write_text("precious", encoding="utf-8")
    refused = run("export", "-o", "out.jsonl")
    assert (refused.returncode, target.read_text(encoding="utf-8")) == (1, "precious")
    assert "--force" in refused.stderr
    assert run("export", "-o", "out.jsonl", "--force").returncode == 0

    assert len(target.read_text(encoding="utf-8").splitlines()) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="links are for administrators there")
def test_a_link_leads_to_what_is_replaced(run: Any, ended: list[str], tmp_path: Path) -> None:
    """One that leads nowhere is in the way too, and what is no file is never replaced."""
    (tmp_path / "real").write_text("old", encoding="utf-8")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    assert run("export", "-o", "link").returncode == run("export", "-o", "dangling").returncode == 1
    assert run("export", "-o", "link", "--force").returncode == 0

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text(encoding="utf-8").startswith("{")
    assert "no file" in run("export", "-o", "pipe", "--force").stderr
    assert run("export", "-o", "no/such/folder/x").returncode == 1


def test_a_file_appears_when_it_is_complete(run: Any, ended: list[str], tmp_path: Path, keeping_desk: Any) -> None:
    """When the desk goes away half-way there is nothing, and what was there before stays."""
    (tmp_path / "old").write_text("precious", encoding="utf-8")
    search, calls = keeping_desk.desk.search, []

    def fail_later(query: Any) -> Any:
        calls.append(query)
        if len(calls) % 2 == 0:
            raise JournalBusy
        page = search(query)
        return type(page)(page.tasks, 1)

    keeping_desk.desk.search = fail_later
    before = sorted(path.name for path in tmp_path.iterdir())
    for arguments in (("-o", "new"), ("-o", "old", "--force")):
        assert run("export", *arguments).returncode == 1

    assert len(calls) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "old").read_text(encoding="utf-8") == "precious"
