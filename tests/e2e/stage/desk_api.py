"""The desk's HTTP API with nothing of Deskbell in between."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]


class DeskApi:
    """Speaks to a desk over one connection that stays open."""

    def __init__(self, url: str, token: str) -> None:
        host = urlsplit(url)
        self._connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=70)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def ask(self, prompt: str, *options: str, **more: Any) -> str:
        """Put a question on the desk; its id."""
        body = {"prompt": prompt, "options": options, **more}
        return str(self.call("POST", "/v1/tasks", body)["task_id"])

    def task(self, task_id: str, *, wait: float = 0) -> Json:
        """One task, with ``wait`` as soon as it has ended."""
        return self.call("GET", f"/v1/tasks/{task_id}?wait={wait:g}")

    def tasks(self) -> list[Json]:
        """All tasks."""
        return list(self.call("GET", "/v1/tasks")["tasks"])

    def open_tasks(self) -> list[Json]:
        """The tasks that wait."""
        return [task for task in self.tasks() if task["status"] in {"active", "pending"}]

    def answer(self, task_id: str, *options: str) -> Json:
        """Answer as if from elsewhere."""
        return self.call("POST", f"/v1/tasks/{task_id}/answer", {"options": options})

    def show(self) -> None:
        """Ask for the window."""
        self.call("POST", "/v1/show")

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """One request; the body of its response, which must be a success."""
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        assert response.status < 300, f"{method} {path}: {response.status} {answer.decode()}"
        return dict(json.loads(answer)) if answer else {}
