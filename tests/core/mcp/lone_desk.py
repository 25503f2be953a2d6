"""A desk in a process of its own, which a test may kill: ``python lone_desk.py``, at home in ``DESKBELL_HOME``.

Every line on standard input is an option to answer the next question with; each question's id is written when
it is kept and its asker waits.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from deskbell.desk import Desk
from deskbell.endpoint import Endpoint, load_or_create_token, publish, republish, withdraw
from deskbell.events import EventKind, TaskEvent
from deskbell.folders import data_folder
from deskbell.http.server import Listener
from deskbell.journal import Journal
from deskbell.task import Answer


def tell(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    desk = Desk()
    token = load_or_create_token()
    desk.open_journal(Journal(data_folder() / "journal"))

    def on_event(event: TaskEvent) -> None:
        if event.kind is EventKind.ADDED:
            threading.Thread(target=tell_when_waited_for, args=(event.task.task_id,)).start()

    def tell_when_waited_for(task_id: str) -> None:
        while task_id not in desk._queue._waiters:
            time.sleep(0.002)
        tell(task_id)

    desk.subscribe(on_event)
    listener = Listener(desk, token, port=0, keep_token=lambda new: republish(Endpoint(listener.url, new, os.getpid())))
    listener.start()
    publish(Endpoint(listener.url, token, os.getpid()))
    tell("ready")
    for line in sys.stdin:
        while not desk.open_tasks():
            time.sleep(0.002)
        desk.answer(desk.open_tasks()[0].task_id, Answer((line.strip(),))).result()
    withdraw(os.getpid())
    desk.close()
    listener.stop()


if __name__ == "__main__":
    main()
