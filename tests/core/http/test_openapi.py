"""The description that the listener serves."""

from __future__ import annotations

from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from deskbell.desk import Desk
from deskbell.http.access import Access
from deskbell.http.feed import Feed
from deskbell.http.mcp_mount import McpMount
from deskbell.http.operations import OPERATIONS
from deskbell.http.routes import Routes, build_router
from deskbell.http.waiting_room import WaitingRoom


def test_is_valid(bench: Any) -> None:
    """The served document is valid OpenAPI 3.1."""
    document = bench.call("GET", "/openapi.json").json

    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_describes_every_route(bench: Any, desk: Desk) -> None:
    """What can be called is described, and nothing else; MCP describes itself."""
    room = WaitingRoom(lambda: 1)
    router = build_router(Routes(desk, Feed(), Access("token"), room, heartbeat=15), McpMount(desk, room))
    resources = [route for route in router.routes if not isinstance(route.app, McpMount)]  # type: ignore[attr-defined]
    routes = {(route.path, method) for route in resources for method in route.app._calls}  # type: ignore[attr-defined]
    document = bench.call("GET", "/openapi.json").json
    described = {(path, method.upper()) for path, calls in document["paths"].items() for method in calls}

    assert described == routes == {(operation.path, operation.method) for operation in OPERATIONS}


def test_every_call_but_health_needs_the_token(bench: Any) -> None:
    """The document says where the token is wanted, and the listener agrees."""
    calls = bench.call("GET", "/openapi.json").json["paths"]
    open_calls = [
        (path, method) for path in calls for method, call in calls[path].items() if call.get("security") == []
    ]

    assert open_calls == [("/healthz", "get")]
    for path, methods in calls.items():
        for method in methods:
            reply = bench.exchange(bench.head(method.upper(), path.format(task_id="x"), token=False))
            assert (reply.status == 200) == ((path, method) in open_calls)


def test_problems_are_described_as_problems(bench: Any) -> None:
    """Every error of every call is problem+json."""
    calls = bench.call("GET", "/openapi.json").json["paths"]
    errors = [
        response["content"].keys()
        for methods in calls.values()
        for call in methods.values()
        for status, response in call["responses"].items()
        if int(status) >= 400
    ]

    assert errors
    assert all(list(kinds) == ["application/problem+json"] for kinds in errors)
