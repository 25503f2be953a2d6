"""Every recipe in docs/recipes.md, run as it is printed, against a real desk."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml

PAGE = (Path(__file__).parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")

Test = TypeVar("Test", bound=Callable[..., None])


def sections() -> dict[str, list[str]]:
    """The code blocks under each heading."""
    parts = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)
    return {
        heading: re.findall(r"^```\w+\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    }


SECTIONS = sections()
NOT_RUN = set(SECTIONS)


def recipe(heading: str) -> Callable[[Test], Test]:
    """Say which section a test runs. It gets the code blocks."""
    NOT_RUN.discard(heading)
    return pytest.mark.parametrize("blocks", [SECTIONS[heading]], ids=[heading])


def decisions(option: str, other: str) -> Any:
    """A yes, a no, and a question that nobody answers."""
    return pytest.mark.parametrize(("option", "allowed"), [(option, True), (other, False), (None, False)])


def test_every_recipe_is_run() -> None:
    """A section that no test names is one that may lie."""
    assert not NOT_RUN
    assert all(SECTIONS.values())


@recipe("Confirm the use of a key")
@decisions("Allow", "Deny")
def test_a_key_is_used_when_it_was_allowed(with_key: Any, blocks: list[str], option: str | None, allowed: bool) -> None:
    """A real ssh-agent asks at the desk before it signs, and only a click on Allow lets it."""
    script, usage = blocks
    with_key.install("bin/deskbell-askpass", script).chmod(0o644)
    with_key.will_say(option)
    sign = "ssh-keygen -Y sign -n file -f ~/.ssh/id_ed25519.pub ~/letter"
    done = with_key.run(f"{usage}{sign}; code=$?; ssh-agent -k; exit $code")

    assert (done.returncode == 0) == allowed, done.stderr
    assert (with_key.home / "letter.sig").exists() == allowed
    (asked,) = with_key.asked
    assert asked.prompt.startswith("Allow use of key me@here?")
    assert (asked.details.source.agent, str(asked.details.kind)) == ("ssh", "permission")


@recipe("Confirm the use of a key")
@pytest.mark.parametrize("prompt", ["Enter passphrase for key:", "me@host's password:"])
def test_no_secret_is_asked_for(scene: Any, blocks: list[str], prompt: str) -> None:
    """The program fails at once and rings nobody."""
    scene.install("bin/deskbell-askpass", blocks[0])
    done = scene.run(f'~/bin/deskbell-askpass "{prompt}"')

    assert (done.returncode, done.stdout, scene.asked) == (1, "", [])
    assert "no secrets" in done.stderr


@recipe("Confirm the use of a key")
def test_a_notice_goes_when_its_reason_has_gone(scene: Any, blocks: list[str]) -> None:
    """ssh ends the program once the security key was touched: the question is taken back."""
    scene.is_away = True
    scene.install("bin/deskbell-askpass", blocks[0])
    done = scene.run(
        '~/bin/deskbell-askpass "Confirm user presence for key" &\n'
        "until deskbell list | grep -q presence; do :; done; kill $!; wait $!",
        SSH_ASKPASS_PROMPT="none",
    )

    assert done.returncode == 143, done.stderr
    assert [task.status for task in scene.desk.tasks()] == ["cancelled"]


@recipe("Allow a command")
@decisions("Allow", "Deny")
def test_a_command_runs_when_it_was_allowed(scene: Any, blocks: list[str], option: str | None, allowed: bool) -> None:
    """It is shown as it will run, quotes and all, in a block that nothing in it can end."""
    (script,) = blocks
    scene.install("bin/allow", script)
    scene.will_say(option)
    done = scene.run("~/bin/allow touch 'a file' '```\n# b'; code=$?; ls; exit $code")

    assert (done.returncode == 0) == allowed
    assert ("a file" in done.stdout) == allowed
    shown = scene.asked[0].prompt.splitlines()
    assert shown[:2] == ["Run this?", ""]
    assert shown[2:] == [f"    cd {scene.home}", "    touch a\\ file $'```\\n# b'"]


@recipe("Ask before a push")
@pytest.mark.parametrize(
    ("option", "text", "allowed"),
    [("Push", "", True), ("Stop", "Not on Friday", False), ("Push", "but on Monday", False), (None, "", False)],
)
def test_a_push_to_main_is_asked_about(
    with_repository: Any, blocks: list[str], option: str | None, text: str, allowed: bool
) -> None:
    """What goes there is shown, and words that came with the answer are told to whoever pushed."""
    (script,) = blocks
    with_repository.install("work/.git/hooks/pre-push", script)
    with_repository.will_say(option, text)
    done = with_repository.run("git push -q origin main", folder="work")

    assert (done.returncode == 0) == allowed, done.stderr
    assert re.fullmatch(r"Push to main of `origin`\?\n\n    \w+ Second `one`\n?", with_repository.asked[0].prompt)
    assert text in done.stderr


@recipe("Ask before a push")
def test_other_pushes_pass(with_repository: Any, blocks: list[str]) -> None:
    """Nobody is asked about a branch that is not main; deleting main is asked about."""
    with_repository.install("work/.git/hooks/pre-push", blocks[0])

    assert with_repository.run("git push -q origin main:topic", folder="work").returncode == 0
    assert with_repository.asked == []
    assert with_repository.run("git push -q origin :main", folder="work").returncode == 1
    assert "main is deleted" in with_repository.asked[0].prompt


@recipe("Read what an agent commits")
@pytest.mark.parametrize(
    ("option", "text", "allowed"),
    [("Commit", "", True), ("Stop", "Say why", False), ("Commit", "but later", False), (None, "", False)],
)
def test_an_agents_message_is_read(
    with_repository: Any, blocks: list[str], option: str | None, text: str, allowed: bool
) -> None:
    """It is committed when the person says so, and the agent reads what they wrote."""
    (script,) = blocks
    with_repository.install("work/.git/hooks/commit-msg", script)
    with_repository.will_say(option, text)
    committing = "git commit -q --allow-empty -m Third -m 'With *words*'"
    done = with_repository.run(committing, folder="work", DESKBELL_AGENT="me")

    assert (done.returncode == 0) == allowed, done.stderr
    assert with_repository.asked[0].prompt == "Commit with this message?\n\n    Third\n    \n    With *words*"
    assert text in done.stderr


@recipe("Read what an agent commits")
def test_ones_own_commits_pass(with_repository: Any, blocks: list[str]) -> None:
    """Without an agent around nobody is asked."""
    with_repository.install("work/.git/hooks/commit-msg", blocks[0])

    assert with_repository.run("git commit -q --allow-empty -m Third", folder="work").returncode == 0
    assert with_repository.asked == []


@recipe("Ask in a CI job")
@decisions("Release", "Stop")
def test_a_job_goes_on_when_it_was_allowed(scene: Any, blocks: list[str], option: str | None, allowed: bool) -> None:
    """The step fails otherwise, as runners start a step: a shell that stops at the first error."""
    (text,) = blocks
    (step,) = yaml.safe_load(text)
    scene.will_say(option)
    done = scene.run(step["run"], "-e", GITHUB_REF_NAME="v1.2", GITHUB_REPOSITORY="me/shop")

    assert (done.returncode == 0) == allowed
    assert scene.asked[0].prompt == "Release **v1.2**?"
    source = scene.asked[0].details.source
    assert (source.agent, source.project, source.branch) == ("CI", "me/shop", "v1.2")


@recipe("Ask from cron")
@decisions("Yes", "No")
def test_cron_backs_up_when_the_answer_is_yes(scene: Any, blocks: list[str], option: str | None, allowed: bool) -> None:
    """In the bare environment that cron gives its commands; the countdown would say Yes, a closed question does not."""
    (line,) = blocks
    scene.install("bin/backup", "#!/bin/sh\ntouch ~/backed-up\n")
    scene.install(".local/bin/deskbell", '#!/bin/sh\nexec "$DESKBELL" "$@"\n')
    scene.will_say(option)
    *_when, command = line.split(maxsplit=5)
    bare = {name: scene.environment[name] for name in ("HOME", "DESKBELL_HOME", "DESKBELL_NO_START")}
    bare["DESKBELL"] = scene.run("command -v deskbell").stdout.strip()
    subprocess.run(
        ["/bin/sh", "-c", command], env={**bare, "PATH": "/usr/bin:/bin"}, cwd=scene.home, check=False, timeout=60
    )

    assert "%" not in command, "cron makes a line break of it"
    assert (scene.home / "backed-up").exists() == allowed
    assert (scene.asked[0].on_timeout, scene.asked[0].auto_resubmit_timeout) == ("option:Yes", 290)


@recipe("Ask in a makefile")
@decisions("Deploy", "Stop")
def test_a_target_goes_on_when_it_was_allowed(
    with_repository: Any, blocks: list[str], option: str | None, allowed: bool
) -> None:
    """What comes after the question is not run otherwise."""
    (makefile,) = blocks
    with_repository.install("work/Makefile", makefile)
    with_repository.install("work/deploy", "#!/bin/sh\necho deployed\n")
    with_repository.will_say(option)
    done = with_repository.run("make deploy", folder="work")

    assert (done.returncode == 0) == allowed
    assert ("deployed" in done.stdout) == allowed
    assert re.fullmatch(r"Deploy \w{7,}\?", with_repository.asked[0].prompt)


SSH = r"""#!/bin/sh
# Stands in for ssh: another home is the other machine, and a forwarded port is the same port.
while [ $# -gt 2 ]; do
    [ "$1" = -R ] && echo "$2" >> "$HOME/forwarded"
    shift 2
done
[ "$1" = build-server ] || exit 255
cd "$HOME/there" && unset DESKBELL_HOME && HOME=$PWD exec sh -c "$2"
"""


@recipe("Ring from another machine")
def test_another_machine_rings(scene: Any, blocks: list[str]) -> None:
    """With the address and the token alone, which nobody else can read there and which stand in no command line."""
    (script,) = blocks
    scene.install("shims/ssh", SSH)
    scene.install("there/release", '#!/bin/sh\ndeskbell ask "Release?" -o Yes -o No\n')
    scene.will_say("Yes")
    done = scene.run(f'PATH="$HOME/shims:$PATH"; set -x; {script}')

    assert (done.returncode, done.stdout) == (0, "Yes\n"), done.stderr
    assert re.fullmatch(r"(\d+):127\.0\.0\.1:\1\n", (scene.home / "forwarded").read_text())
    token = scene.home / "there" / ".deskbell-token"
    assert token.stat().st_mode & 0o777 == 0o600
    assert token.read_text().strip() not in done.stderr


@recipe("Use it in tmux")
def test_the_status_line_counts(with_tmux: Any, blocks: list[str]) -> None:
    """What waits is seen in a terminal with tmux in it; the terminal is another tmux."""
    settings, _ = blocks
    with_tmux.is_away = True
    with_tmux.install("tmux.conf", settings)
    for prompt in ("Which?", "Why?"):
        with_tmux.desk.ask(prompt)
    inside = "TMUX= tmux -f $HOME/tmux.conf new-session sleep 60"
    started = with_tmux.run(f"tmux -L outside -f /dev/null new-session -d -x 120 -y 10 '{inside}'")

    assert started.returncode == 0, started.stderr
    _until(lambda: "2 waiting" in with_tmux.run("tmux -L outside capture-pane -p").stdout)


@recipe("Use it in tmux")
def test_a_new_window_knows_the_desk(with_tmux: Any, blocks: list[str]) -> None:
    """A server that was started before the desk could be reached gives it to the windows that come after."""
    _, handing_over = blocks
    url, token = with_tmux.run("deskbell url").stdout.strip(), with_tmux.run("deskbell token").stdout.strip()
    elsewhere = {"DESKBELL_HOME": str(with_tmux.home / "elsewhere")}
    with_tmux.run("tmux -f /dev/null new-session -d sleep 60", **elsewhere)
    with_tmux.will_say("Yes")
    done = with_tmux.run(
        f"{handing_over}tmux new-window 'deskbell ask Go? -o Yes > ~/said; tmux wait-for -S done'; tmux wait-for done",
        DESKBELL_URL=url,
        DESKBELL_TOKEN=token,
        **elsewhere,
    )

    assert done.returncode == 0, done.stderr
    assert (with_tmux.home / "said").read_text() == "Yes\n"


@recipe("Ask with curl")
@decisions("Yes", "No")
def test_curl_asks(scene: Any, blocks: list[str], option: str | None, allowed: bool) -> None:
    """The last command succeeds when a person said yes."""
    (script,) = blocks
    scene.will_say(option)
    done = scene.run(script)

    assert done.stdout == f"{str(allowed).lower()}\n", done.stderr
    assert (done.returncode == 0) == allowed


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "It did not come true."
        time.sleep(0.05)
