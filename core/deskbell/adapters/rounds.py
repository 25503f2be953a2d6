"""Carrying out reviews at the desk: one after the other for those who block, all at once for those who await."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from deskbell.asking import Question, put, put_async
from deskbell.errors import NotAnswered
from deskbell.task import Answer

if TYPE_CHECKING:
    from asyncio import Event

T = TypeVar("T")

Talk: TypeAlias = Generator[Question, Answer | NotAnswered, T]
"""Yields questions, is sent what became of each, returns what the person made of them."""


def hold(talks: Iterable[Talk[T]]) -> list[T]:
    """What each led to. They are held one after the other: nobody's countdown runs while they answer another."""
    return [_hold(talk) for talk in talks]


async def hold_async(talks: Iterable[Talk[T]]) -> list[T]:
    """What each led to. They are held all at once, and their questions are on the desk in the order of the talks.

    When one fails, the questions of the others are taken back.
    """
    import asyncio  # noqa: PLC0415 - those who block do without

    held = []
    try:
        for talk in talks:
            asked = asyncio.Event()
            held.append(asyncio.create_task(_hold_async(talk, asked)))
            await asked.wait()
        return await asyncio.gather(*held)
    except BaseException:
        for each in held:
            each.cancel()
        await asyncio.gather(*held, return_exceptions=True)
        raise


def _hold(talk: Talk[T]) -> T:
    try:
        question = next(talk)
        while True:
            try:
                said: Answer | NotAnswered = put(question)
            except NotAnswered as silence:
                said = silence
            question = talk.send(said)
    except StopIteration as over:
        result: T = over.value
        return result


async def _hold_async(talk: Talk[T], asked: Event) -> T:
    """``asked`` is set when the first question is on the desk, or when nothing more will be asked."""
    try:
        question = next(talk)
        while True:
            try:
                said: Answer | NotAnswered = await put_async(question, asked.set)
            except NotAnswered as silence:
                said = silence
            question = talk.send(said)
    except StopIteration as over:
        result: T = over.value
        return result
    finally:
        asked.set()
