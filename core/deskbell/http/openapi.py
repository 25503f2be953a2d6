"""The OpenAPI 3.1 document, made from the schemas and the table of operations."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from deskbell import __version__
from deskbell.http.operations import OPERATIONS, Operation, Parameter, Reply
from deskbell.http.problems import MEDIA_TYPE
from deskbell.http.schemas import EventOut, ProblemOut

_REFERENCE: Final = "#/components/schemas/{name}"
_ANY_CALL: Final = {
    400: "The bytes are not a request, or its body is not JSON.",
    403: "The call comes from a web page or another machine.",
    405: "The address does not take this method.",
    408: "The request took too long to arrive.",
    413: "The body is too large.",
    415: "The body is not `application/json`, or is compressed.",
    421: "The Host header names another machine.",
    422: "A query parameter is unknown or does not fit.",
    431: "The headers are too large.",
    500: "The desk made a mistake.",
    503: "The desk is closing.",
}
_UNAUTHORIZED: Final = {401: "The token is missing or wrong."}


def document() -> dict[str, Any]:
    """The whole document, as JSON values."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Deskbell",
            "version": __version__,
            "summary": "Ask the person at this desk.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


def _types() -> list[type]:
    bodies = [operation.body for operation in OPERATIONS]
    replies = [reply.body for operation in OPERATIONS for reply in operation.replies.values()]
    return [*{body for body in (*bodies, *replies) if body}, EventOut, ProblemOut]


def _schemas() -> dict[str, Any]:
    _, components = msgspec.json.schema_components(_types(), ref_template=_REFERENCE)
    return dict(sorted(components.items()))


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _call(operation)
    return paths


def _call(operation: Operation) -> dict[str, Any]:
    call: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.about,
        "responses": _responses(operation),
    }
    parameters = [_parameter(item) for item in (*_in_path(operation.path), *operation.parameters)]
    if parameters:
        call["parameters"] = parameters
    if operation.body:
        call["requestBody"] = {"required": True, "content": _content("application/json", operation.body)}
    if not operation.needs_token:
        call["security"] = []
    return call


def _in_path(path: str) -> list[Parameter]:
    names = re.findall(r"{(\w+)}", path)
    return [Parameter(name, "The task's id.", {"type": "string"}, place="path") for name in names]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.about,
        "schema": dict(parameter.schema),
    }


def _responses(operation: Operation) -> dict[str, Any]:
    unauthorized = _UNAUTHORIZED if operation.needs_token else {}
    problems = {**_ANY_CALL, **unauthorized, **operation.errors}
    responses = {status: _problem(about) for status, about in problems.items()}
    responses |= {status: _reply(reply) for status, reply in operation.replies.items()}
    return {str(status): responses[status] for status in sorted(responses)}


def _reply(reply: Reply) -> dict[str, Any]:
    if reply.body:
        return {"description": reply.about, "content": _content("application/json", reply.body)}
    if reply.media_type:
        return {"description": reply.about, "content": {reply.media_type: {}}}
    return {"description": reply.about}


def _problem(about: str) -> dict[str, Any]:
    return {"description": about, "content": _content(MEDIA_TYPE, ProblemOut)}


def _content(media_type: str, body: type) -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": _REFERENCE.format(name=body.__name__)}}}
