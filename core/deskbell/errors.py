"""What can go wrong at the desk, in sentences that say what to do.

DeskbellError
├── InvalidQuestion        the asker's words cannot be shown
├── InvalidAnswer          the answer does not fit the question
├── InvalidQuery           nothing can be looked for like that
├── InvalidSettings        a settings value cannot be used
├── SettingsUnreachable    the settings file cannot be read or written
├── AgentFileRefused       an agent's configuration file cannot be read, understood or written
├── TaskNotFound           no such task
├── TaskFinished           somebody was first; carries the task as it ended
├── NotAnswered            a question ended and nobody had answered; carries the task as it ended
│   ├── TimedOut           its countdown ran out
│   └── Withdrawn          it was taken back
├── KeyConflict            the same idempotency key with another question
├── DeskFull               too many open tasks
├── DeskClosed             the desk is shutting down
├── JournalError           what was asked or answered cannot be kept
│   ├── DiskFull           there is no room on the disk
│   ├── JournalClosed      the desk is shutting down
│   ├── JournalBusy        another program has locked the journal
│   └── JournalUnusable    the journal's folder or disk takes or gives nothing
│       └── JournalDamaged what the disk gives is not what was kept
└── EndpointError          the running desk cannot be found or trusted
    ├── DeskUnreachable    nobody answers
    │   └── DeskCrashed    it has stopped without saying goodbye
    └── EndpointUntrusted  the endpoint file could have been read or written by others
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deskbell.client import RemoteTask
    from deskbell.task import Answer, Task


class DeskbellError(Exception):
    """Base of every error the desk raises on purpose; its text is a sentence for a person."""


class InvalidQuestion(DeskbellError):
    """The question cannot be asked; ``field`` names the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class InvalidAnswer(DeskbellError):
    """The answer does not fit the question; ``field`` names the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class InvalidQuery(DeskbellError):
    """Nothing can be looked for like that; ``field`` names the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class InvalidSettings(DeskbellError):
    """A settings value was refused."""


class SettingsUnreachable(DeskbellError):
    """The settings file cannot be read or written where it is."""


class AgentFileRefused(DeskbellError):
    """An agent's configuration file is left as it is, because it cannot be read, understood or written."""


class TaskNotFound(DeskbellError):
    """There is no task of this id, or it was removed."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"There is no task {task_id!r}. List the open ones to find its id.")
        self.task_id = task_id


class TaskFinished(DeskbellError):
    """The task had ended before this call; ``task`` is how it ended."""

    def __init__(self, task: Task) -> None:
        super().__init__(f"Task {task.task_id!r} is already {task.status}. The first answer stands.")
        self.task = task


class NotAnswered(DeskbellError):
    """A question that was waited for ended and nobody had answered it; ``task`` is how it ended."""

    def __init__(self, task: RemoteTask, message: str) -> None:
        super().__init__(message)
        self.task = task


class TimedOut(NotAnswered):
    """The countdown ran out. ``answer`` is what it sent, such as words that were typed; None when it expired."""

    def __init__(self, task: RemoteTask) -> None:
        sent = f" Sent by the countdown: {task.answer}" if task.answer else ""
        super().__init__(task, f"Nobody answered in time, which is no consent.{sent}")

    @property
    def answer(self) -> Answer | None:
        """What the countdown sent."""
        return self.task.answer


class Withdrawn(NotAnswered):
    """Somebody took the question back: the person, or another program."""

    def __init__(self, task: RemoteTask) -> None:
        super().__init__(task, "The question was taken back and nobody had answered it, which is no consent.")


class KeyConflict(DeskbellError):
    """An idempotency key was used again for another question."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The key {key!r} belongs to another question. Use a new key for a new question.")
        self.key = key


class DeskFull(DeskbellError):
    """No more open tasks fit."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"{limit} questions are waiting already. Ask again when one has been answered.")
        self.limit = limit


class DeskClosed(DeskbellError):
    """The desk is shutting down and takes nothing new."""

    def __init__(self) -> None:
        super().__init__("The desk is closing. Ask again when it is back.")


class JournalError(DeskbellError):
    """A question or an answer could not be kept on disk, so it does not count."""


class DiskFull(JournalError):
    """There is no room for it."""

    def __init__(self) -> None:
        super().__init__("The disk is full, so nothing more can be kept. Free some space, then try again.")


class JournalClosed(JournalError):
    """The desk is shutting down and keeps nothing more."""

    def __init__(self) -> None:
        super().__init__("The desk is closing. Try again when it is back.")


class JournalBusy(JournalError):
    """Another program has locked the journal for too long."""

    def __init__(self) -> None:
        super().__init__("Another program has locked the desk's journal. Close it, or try again in a moment.")


class JournalUnusable(JournalError):
    """The journal's folder or disk takes or gives nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The desk's journal cannot be used: {reason}. Mend that, then try again.")
        self.reason = reason


class JournalDamaged(JournalUnusable):
    """What the disk gives is not what was kept."""


class EndpointError(DeskbellError):
    """The running desk cannot be found or trusted."""


class DeskUnreachable(EndpointError):
    """No desk answers at the endpoint."""


class DeskCrashed(DeskUnreachable):
    """A desk was here and has stopped without saying goodbye, so whoever rang it may start it again."""


class EndpointUntrusted(EndpointError):
    """The endpoint or token file could have been read or written by others."""
