"""Requests as they are, refusals included."""

from __future__ import annotations

from typing import Any

import httpx

from deskbell.endpoint import find_endpoint


def post(path: str, body: dict[str, Any] | None = None, *, seconds: float = 20.0) -> httpx.Response:
    """Post to the running desk."""
    return _request("POST", path, body, seconds)


def get(path: str) -> httpx.Response:
    """Read from the running desk."""
    return _request("GET", path, None, 20.0)


def problem(response: httpx.Response) -> tuple[int, str]:
    """The status of a refusal, and its media type."""
    return response.status_code, response.headers["content-type"]


def _request(method: str, path: str, body: dict[str, Any] | None, seconds: float) -> httpx.Response:
    desk = find_endpoint()
    headers = {"Authorization": f"Bearer {desk.token}"}
    with httpx.Client(trust_env=False, timeout=seconds) as client:
        return client.request(method, desk.url + path, json=body, headers=headers)
