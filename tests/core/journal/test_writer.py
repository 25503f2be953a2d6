"""The thread that writes: when it does what."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from deskbell.journal import writer
from deskbell.journal.store import ALIVE_AT, Store

if TYPE_CHECKING:
    import pytest
    from tests.core.journal.conftest import StartDesk


def test_the_house_is_kept_while_a_countdown_runs(start_desk: StartDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the first idle moment, and signs of life come no more often for it."""
    tidied = threading.Event()
    facts: list[str] = []
    monkeypatch.setattr(writer, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(writer, "BEAT_SECONDS", 60.0)
    desk = start_desk()
    desk.ask("Deploy?", timeout=240).kept.result(5)
    monkeypatch.setattr(Store, "set_fact", lambda _store, name, *_, **__: facts.append(name))
    monkeypatch.setattr(Store, "checkpoint", lambda _store: tidied.set())

    assert tidied.wait(5)
    assert ALIVE_AT not in facts
