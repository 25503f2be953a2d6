"""Throws bytes at what reads a request: whatever they are, they are taken or refused in words."""

from __future__ import annotations

import json

import msgspec

from deskbell.errors import DeskbellError
from deskbell.http.conversion import answer_of, details_of, draft_of, option_of, task_out
from deskbell.http.problems import Problem, problem_for
from deskbell.http.schemas import AnswerIn, QuestionIn
from deskbell.http.strict_json import decode
from deskbell.question import check_answer, check_question
from deskbell.task import Option, Task, TaskDetails

_QUESTIONS = msgspec.json.Decoder(QuestionIn)
_ANSWERS = msgspec.json.Decoder(AnswerIn)
_ASKED = Task("t", "Deploy?", [Option("Yes"), Option("No")], details=TaskDetails(multiple=True))


def take(data: bytes) -> None:
    """Read ``data`` as a question and as an answer. Raises nothing unless the desk would make a mistake."""
    for read in (_read_question, _read_answer):
        try:
            read(data)
        except (Problem, DeskbellError) as error:
            told = json.loads(problem_for(error).to_json())
            assert 400 <= told["status"] < 500, told  # a refusal, and not an apology
            assert told["detail"], told


def _read_question(data: bytes) -> None:
    question = decode(data, _QUESTIONS)
    options = [option_of(choice) for choice in question.options]
    details = details_of(question)
    check_question(question.prompt, options, question.timeout, question.on_timeout, details)
    task = Task("t", question.prompt, options, details=details)
    assert (task.heading, str(details.source)) is not None
    _travels(task)


def _read_answer(data: bytes) -> None:
    answer = decode(data, _ANSWERS)
    check_answer(_ASKED, draft_of(answer))
    check_answer(_ASKED, answer_of(answer))
    task = _ASKED.copy()
    task.status, task.result = "completed", answer_of(answer).to_dict()
    _travels(task)


def _travels(task: Task) -> None:
    """What was taken can be sent, and is read back as it was."""
    sent = msgspec.json.encode(task_out(task))
    assert json.loads(sent)["prompt"] == task.prompt
