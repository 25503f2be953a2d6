"""The desk's HTTP API in Python, for threads (``DeskClient``) and for asyncio (``AsyncDeskClient``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deskbell.client.blocking import DeskClient
from deskbell.client.remote_task import RemoteTask

if TYPE_CHECKING:
    from deskbell.client.for_asyncio import AsyncDeskClient

__all__ = ["AsyncDeskClient", "DeskClient", "RemoteTask"]


def __getattr__(name: str) -> object:
    if name == "AsyncDeskClient":
        from deskbell.client.for_asyncio import AsyncDeskClient  # noqa: PLC0415 - who does not use it does without

        return AsyncDeskClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
