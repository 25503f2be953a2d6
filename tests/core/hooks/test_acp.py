"""A client of the Agent Client Protocol that asks from within its own process."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any

from tests.core.hooks.conftest import recorded
from tests.core.hooks.schemas import check

from deskbell.hooks.acp import request_permission
from deskbell.task import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.core.conftest import RunningDesk

PARAMS = recorded("acp-request")["params"]
CANCELLED = {"outcome": {"outcome": "cancelled"}}


def test_the_chosen_option_is_the_outcome(running_desk: RunningDesk) -> None:
    """By the id that the agent gave it."""
    results: list[Any] = []
    asking = Thread(target=lambda: results.append(request_permission(PARAMS)))
    asking.start()
    running_desk.desk.answer(running_desk.next_task().task_id, Answer(("1",)))
    asking.join(20)

    check("acp", results[0])
    assert results == [{"outcome": {"outcome": "selected", "optionId": "allow-always"}}]


def test_an_agent_that_wants_no_answer_any_more_is_told_so(running_desk: RunningDesk) -> None:
    """And the question closes."""
    assert request_permission(PARAMS, lambda: False) == CANCELLED
    assert running_desk.desk.task(running_desk.next_task().task_id).status == "cancelled"


def test_without_a_desk_the_request_is_cancelled(home: Path) -> None:
    """As is one that makes no sense."""
    assert request_permission(PARAMS) == CANCELLED
    assert request_permission({"options": 1}) == CANCELLED
