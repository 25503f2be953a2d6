"""What a question and an answer must look like to be taken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final

from deskbell.countdown import OPTION_PREFIX
from deskbell.errors import InvalidAnswer, InvalidQuestion
from deskbell.media import mismatch
from deskbell.task import MAX_TIMEOUT, Answer, Attachment, Draft, Option, Task, TaskDetails, TaskKind

MAX_PROMPT_CHARACTERS: Final = 4_000_000
MAX_TEXT_CHARACTERS: Final = 4_000_000
MAX_OPTIONS: Final = 1_000
MAX_LABEL_CHARACTERS: Final = 1_000
MAX_LINE_CHARACTERS: Final = 200
MAX_ATTACHMENTS: Final = 10
MAX_ATTACHMENT_BYTES: Final = 10 * 1024 * 1024

MAX_DEPTH: Final = 32
"""How deep ``fields`` may be nested."""

MAX_VALUES: Final = 10_000
"""How many values ``fields`` may hold, names included."""

_NOT_IN_NAMES: Final = re.compile(r"[/\\:\x00-\x1f\x7f]")


def check_question(
    prompt: str,
    options: Sequence[Option],
    timeout: float | None,
    on_timeout: str | None,
    details: TaskDetails,
) -> None:
    """Raise InvalidQuestion, naming the field and the remedy, unless this can be shown and answered."""
    check_text("prompt", prompt)
    if not prompt.strip():
        raise InvalidQuestion("prompt", "The prompt is empty. Say what you want to know.")
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise InvalidQuestion("prompt", f"The prompt is longer than {MAX_PROMPT_CHARACTERS} characters. Shorten it.")
    _check_options(options, details)
    _check_timeout(timeout)
    _check_on_timeout(on_timeout, options, details)
    _check_lines(details)
    check_attachments(details.attachments)


def _check_options(options: Sequence[Option], details: TaskDetails) -> None:
    if not options and not details.allow_text:
        raise InvalidQuestion("options", "Nobody could answer: give at least one option or allow text.")
    if len(options) > MAX_OPTIONS:
        raise InvalidQuestion("options", f"There are {len(options)} options. Give at most {MAX_OPTIONS}.")
    seen: set[str] = set()
    for number, option in enumerate(options):
        where = f"options[{number}]"
        for text in (option.label, option.value, option.description):
            check_text(where, text)
        if not option.label.strip():
            raise InvalidQuestion(where, f"Option {number + 1} has no label. Give it one.")
        if max(len(option.label), len(option.value), len(option.description)) > MAX_LABEL_CHARACTERS:
            raise InvalidQuestion(where, f"Option {number + 1} is longer than {MAX_LABEL_CHARACTERS} characters.")
        if option.value in seen:
            raise InvalidQuestion(where, f"The option value {option.value!r} is there twice. Make each one unique.")
        seen.add(option.value)


def _check_timeout(timeout: float | None) -> None:
    if timeout is None:
        return
    if not 0 <= timeout <= MAX_TIMEOUT:
        raise InvalidQuestion("timeout", f"The timeout is not 0 to {MAX_TIMEOUT} seconds; 0 means no countdown.")


def _check_on_timeout(on_timeout: str | None, options: Sequence[Option], details: TaskDetails) -> None:
    if on_timeout is None or on_timeout == "expire":
        return
    if details.kind is TaskKind.PERMISSION:
        raise InvalidQuestion("on_timeout", "A permission request can only expire: silence allows nothing.")
    if on_timeout == "submit":
        return
    if not on_timeout.startswith(OPTION_PREFIX):
        raise InvalidQuestion("on_timeout", "on_timeout is 'submit', 'expire' or 'option:' and an option's value.")
    value = on_timeout.removeprefix(OPTION_PREFIX)
    if value not in {option.value for option in options}:
        raise InvalidQuestion("on_timeout", f"on_timeout names the option {value!r}, which is not offered.")


def _check_lines(details: TaskDetails) -> None:
    source = details.source
    lines = {
        "title": details.title,
        "placeholder": details.placeholder,
        "source.agent": source.agent,
        "source.project": source.project,
        "source.branch": source.branch,
        "source.session": source.session,
    }
    for name, text in lines.items():
        check_text(name, text)
        if len(text) > MAX_LINE_CHARACTERS:
            raise InvalidQuestion(name, f"{name} is longer than {MAX_LINE_CHARACTERS} characters. Shorten it.")
        if "\n" in text or "\r" in text:
            raise InvalidQuestion(name, f"{name} has a line break. Put it on one line.")


def check_text(name: str, text: str) -> None:
    """Raise InvalidQuestion for text that no window can show and no file can hold."""
    if "\0" in text:
        raise InvalidQuestion(name, f"{name} contains a NUL character. Remove it.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise InvalidQuestion(name, f"{name} contains half a surrogate pair. Send valid Unicode.") from error


def check_attachments(attachments: Sequence[Attachment]) -> None:
    """Raise InvalidQuestion for files that are too many, too large, empty, named like a path or not what they claim."""
    if len(attachments) > MAX_ATTACHMENTS:
        raise InvalidQuestion("attachments", f"There are {len(attachments)} files. Send at most {MAX_ATTACHMENTS}.")
    for number, file in enumerate(attachments):
        where = f"attachments[{number}]"
        check_text(where, file.name)
        check_text(where, file.media_type)
        if not file.name.strip() or file.name in {".", ".."} or _NOT_IN_NAMES.search(file.name):
            raise InvalidQuestion(
                where, f"{file.name!r} is not a plain file name. Leave out any folder and control characters."
            )
        if len(file.name) > MAX_LINE_CHARACTERS:
            raise InvalidQuestion(where, f"The file's name is longer than {MAX_LINE_CHARACTERS} characters.")
        if not file.data:
            raise InvalidQuestion(where, f"{file.name!r} is empty. Leave it out.")
        if len(file.data) > MAX_ATTACHMENT_BYTES:
            raise InvalidQuestion(where, f"{file.name!r} is larger than {MAX_ATTACHMENT_BYTES // 2**20} MiB.")
        contradiction = mismatch(file.name, file.media_type, file.data)
        if contradiction:
            raise InvalidQuestion(where, contradiction)


def check_answer(task: Task, answer: Answer | Draft) -> None:
    """Raise InvalidAnswer, naming the field and the remedy, unless ``answer`` fits the question."""
    if not (answer.options or answer.text.strip() or answer.fields or answer.attachments):
        raise InvalidAnswer("options", "The answer is empty. Choose an option or write something.")
    _check_chosen(task, answer)
    if len(answer.text) > MAX_TEXT_CHARACTERS:
        raise InvalidAnswer("text", f"The text is longer than {MAX_TEXT_CHARACTERS} characters. Shorten it.")
    try:
        check_text("text", answer.text)
        _check_fields(answer.fields)
        check_attachments(answer.attachments)
    except InvalidQuestion as error:
        raise InvalidAnswer(error.field, str(error)) from error


def _check_chosen(task: Task, answer: Answer | Draft) -> None:
    offered = {option.value for option in task.options}
    unlisted = [value for value in answer.options if value not in offered]
    if unlisted:
        raise InvalidAnswer("options", f"The option {unlisted[0]!r} is not offered. {_offer(offered)}")
    if len(set(answer.options)) < len(answer.options):
        raise InvalidAnswer("options", "An option is chosen twice. Name each one once.")
    if len(answer.options) > 1 and not task.details.multiple:
        raise InvalidAnswer("options", "This question takes one option only.")
    if answer.text and not task.details.allow_text:
        raise InvalidAnswer("text", f"This question takes no text. {_offer(offered)}")


def _check_fields(fields: Any) -> None:
    """Raise InvalidQuestion for what JSON cannot hold, and for more of it than anybody wants."""
    for count, (depth, value) in enumerate(_walk(fields)):
        if depth > MAX_DEPTH:
            raise InvalidQuestion("fields", f"fields is nested too deeply. Use at most {MAX_DEPTH} levels.")
        if count > MAX_VALUES:
            raise InvalidQuestion("fields", f"fields holds more than {MAX_VALUES} values. Send less.")
        if isinstance(value, str):
            check_text("fields", value)
        elif not isinstance(value, (dict, list, int, float, type(None))):
            raise InvalidQuestion("fields", f"fields holds a {type(value).__name__}. Send what JSON knows.")


def _walk(value: Any) -> Iterator[tuple[int, Any]]:
    """Every value and name in ``value`` with its depth, without recursion and one at a time."""
    open_values: list[Iterator[Any]] = [iter((value,))]
    while open_values:
        for item in open_values[-1]:
            yield len(open_values), item
            if isinstance(item, dict):
                open_values.append(chain.from_iterable(item.items()))
                break
            if isinstance(item, list):
                open_values.append(iter(item))
                break
        else:
            open_values.pop()


def _offer(values: Iterable[str]) -> str:
    names = sorted(values)
    shown = ", ".join(repr(name) for name in names[:5])
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""  # noqa: PLR2004 - as many as one reads
    return f"Choose from {shown}{more}." if names else "Answer with text."
