"""The description is true: what it allows is taken, what it forbids is refused, and every reply is as it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.openapi import from_dict

from deskbell.http.operations import OPERATIONS, Operation
from deskbell.task import Answer

EXAMPLES = 25

# A stream of events never ends; test_stream.py reads it.
CALLS = [operation for operation in OPERATIONS if operation.name != "follow_events"]
WITH_INPUT = [call for call in CALLS if call.body or call.parameters]

# What the description cannot say: rules about two values at once, or about what is inside of one.
RULES = (
    "Nobody could answer",
    "is there twice",
    "A permission request can only expire",
    "which is not offered",
    "is not offered",
    "An option is chosen twice",
    "This question takes one option only",
    "The answer is empty",
    "Make the two agree",
    "does not hold",
    "not text in UTF-8",
    "belongs to another question",
    "does not come from a page of this search",
    "since is not before until",
    "fields contains a NUL",
    "expected `int | null`, got `float`",  # to JSON Schema 1.0 is an integer
)


class Api:
    """The served description, and calls as it says."""

    def __init__(self, bench: Any) -> None:
        self._bench = bench
        self._schema = from_dict(bench.call("GET", "/openapi.json").json)
        self._schema.config.generation.with_security_parameters = False  # the token is ours

    def cases(self, call: Operation, mode: GenerationMode) -> Any:
        return self._schema[call.path][call.method].as_strategy(generation_mode=mode)

    def check(self, case: Case) -> Any:
        """Make a call and compare the reply with the description; the reply."""
        headers = {"Authorization": f"Bearer {self._bench.token}"}
        response = case.call(base_url=self._bench.listener.url, headers=headers)
        case.validate_response(response, headers=headers, excluded_checks=[positive_data_acceptance])
        return response


load_all_checks()
positive_data_acceptance = schemathesis.checks.CHECKS.get_one("positive_data_acceptance")
bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],  # making a failure smaller takes minutes here
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def api(bench: Any, listening: Callable[..., None]) -> Api:
    listening(max_open_tasks=10_000, question_burst=100_000, questions_per_second=100_000)
    return Api(bench)


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
def test_what_is_allowed_is_taken(bench: Any, api: Api, call: Operation) -> None:
    """A call as the description wants it is refused only by a rule that no description can state."""

    @bounded
    @given(case=api.cases(call, GenerationMode.POSITIVE))
    def check(case: Case) -> None:
        if "task_id" in case.path_parameters:
            case.path_parameters["task_id"] = a_task(bench, is_open=call.name != "get_task")
        response = api.check(case)
        if response.status_code >= 400:
            assert any(rule in response.json()["detail"] for rule in RULES), response.text

    check()


@pytest.mark.parametrize("call", WITH_INPUT, ids=lambda call: call.name)
def test_what_is_forbidden_is_refused(api: Api, call: Operation) -> None:
    """A call that departs from the description in any way is refused with a problem, and never breaks the desk."""

    @bounded
    @given(case=api.cases(call, GenerationMode.NEGATIVE))
    def check(case: Case) -> None:
        assume(all(value not in ([], {}, None) for value in case.query.values()))  # these are not sent
        api.check(case)

    check()


def a_task(bench: Any, *, is_open: bool) -> str:
    """The id of a fresh task."""
    task_id: str = bench.ask(timeout=0)
    if not is_open:
        bench.desk.answer(task_id, Answer(("Yes",)))
    return task_id
