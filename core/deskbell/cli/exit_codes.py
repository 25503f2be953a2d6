"""What the exit code of the command says."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Self

from deskbell.errors import EndpointError, InvalidAnswer, InvalidQuery, InvalidQuestion, InvalidSettings

if TYPE_CHECKING:
    from deskbell.client import RemoteTask


class ExitCode(IntEnum):
    """How it went."""

    ANSWERED = 0, "done; for a question: a person answered, or a rule"
    REFUSED = 1, "the desk refused: no such task, already answered, too many questions"
    USAGE = 2, "the command, the question or the answer makes no sense"
    TIMED_OUT = 3, "nobody answered; the answer is what the countdown sent"
    UNANSWERED = 4, "the question was cancelled or expired; there is no answer"
    UNREACHABLE = 5, "no desk is running, or it cannot be trusted"
    INTERRUPTED = 130, "Ctrl-C; the question was taken back"
    TERMINATED = 143, "SIGTERM; the question was taken back"

    about: str

    def __new__(cls, value: int, about: str) -> Self:
        """A number with what it means."""
        code = int.__new__(cls, value)
        code._value_ = value
        code.about = about
        return code


def code_for_task(task: RemoteTask) -> ExitCode:
    """How a question ended."""
    if task.answer is None:
        return ExitCode.UNANSWERED
    return ExitCode.TIMED_OUT if task.answered_by_timeout else ExitCode.ANSWERED


def code_for_error(error: Exception) -> ExitCode:
    """What kind of failure this is."""
    if isinstance(error, EndpointError):
        return ExitCode.UNREACHABLE
    if isinstance(error, (InvalidQuestion, InvalidAnswer, InvalidQuery, InvalidSettings)):
        return ExitCode.USAGE
    return ExitCode.REFUSED
