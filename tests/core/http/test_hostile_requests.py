"""Requests that must be refused, with nothing changed and nothing shown."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from deskbell.http.protocol import ListenerProtocol

QUESTION = b'{"prompt": "Deploy?", "options": ["Yes", "No"]}'
MIB = 1024 * 1024
BEARER = "Authorization: Bearer {token}"
HOST = "Host: 127.0.0.1:{port}"
JSON = "Content-Type: application/json"


@dataclass(frozen=True)
class Hostile:
    """A request that differs from a good one in one respect.

    ``{open}``, ``{done}``, ``{gone}`` and ``{late}`` stand for ids of tasks that are open, answered, cancelled and
    expired, ``{old}`` for a token that was replaced.
    """

    status: int
    says: str
    body: bytes = QUESTION
    method: str = "POST"
    path: str = "/v1/tasks"
    host: tuple[str, ...] = (HOST,)
    token: tuple[str, ...] = (BEARER,)
    kind: tuple[str, ...] = (JSON,)
    more: tuple[str, ...] = ()
    length: int | None = None
    field: str | None = None

    def render(self, **values: Any) -> bytes:
        length = len(self.body) if self.length is None else self.length
        sized = () if self.length == -1 else (f"Content-Length: {length}",)
        lines = (f"{self.method} {self.path} HTTP/1.1", *self.host, *self.token, *self.kind, *self.more, *sized)
        return "\r\n".join([*lines, "", ""]).format(**values).encode("latin-1") + self.body


def question(**parts: Any) -> bytes:
    return json.dumps({"prompt": "Deploy?", "options": ["Yes", "No"], **parts}).encode()


def file(name: str = "a.txt", data: bytes = b"x", media_type: str = "text/plain") -> dict[str, str]:
    return {"name": name, "media_type": media_type, "data": base64.b64encode(data).decode()}


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def host(value: str) -> Hostile:
    return Hostile(421, "localhost, 127.0.0.1 or [::1]", host=(f"Host: {value}",))


def page(*headers: str) -> Hostile:
    return Hostile(403, "Web pages may not ring", more=headers)


def bodiless(status: int, says: str, method: str, path: str, **more: Any) -> Hostile:
    return Hostile(status, says, method=method, path=path, body=b"", kind=(), **more)


def action(name: str, where: str, status: int, says: str) -> Hostile:
    return bodiless(status, says, "POST", f"/v1/tasks/{where}/{name}")


def answer(status: int, says: str, body: bytes, where: str = "{open}", field: str | None = None) -> Hostile:
    return Hostile(status, says, body=body, path=f"/v1/tasks/{where}/answer", field=field)


def unfit(says: str, field: str | None = None, **parts: Any) -> Hostile:
    return Hostile(422, says, body=question(**parts), field=field)


def with_files(says: str, *files: dict[str, str], field: str = "attachments[0]") -> dict[str, Hostile]:
    """A question, an answer and a draft with the same files."""
    said = json.dumps({"text": "See there", "attachments": files}).encode()
    return {
        "question": unfit(says, field, attachments=files),
        "answer": answer(422, says, said, field=field),
        "draft": Hostile(422, says, said, "PUT", "/v1/tasks/{open}/draft", field=field),
    }


def not_json(says: str, body: bytes) -> Hostile:
    return Hostile(400, says, body=body)


PNG = b"\x89PNG\r\n\x1a\n\0"
NO_TOKEN = "Authorization: Bearer TOKEN"
TOO_LARGE = "larger than 16 MiB"

REQUESTS = {
    # who calls
    "no token": Hostile(401, NO_TOKEN, token=()),
    "wrong token": Hostile(401, NO_TOKEN, token=("Authorization: Bearer wrong",)),
    "token and one more": Hostile(401, NO_TOKEN, token=(BEARER + "x",)),
    "half a token": Hostile(401, NO_TOKEN, token=("Authorization: Bearer the-right",)),
    "empty token": Hostile(401, NO_TOKEN, token=("Authorization: Bearer ",)),
    "token outside ASCII": Hostile(401, NO_TOKEN, token=("Authorization: Bearer \xff\xfe",)),
    "token that was replaced": Hostile(401, NO_TOKEN, token=("Authorization: Bearer {old}",)),
    "token and the one it replaced": Hostile(401, NO_TOKEN, token=(BEARER, "Authorization: Bearer {old}")),
    "answer with a token that was replaced": Hostile(
        401,
        NO_TOKEN,
        body=b'{"options": ["Yes"]}',
        path="/v1/tasks/{open}/answer",
        token=("Authorization: Bearer {old}",),
    ),
    "events with a token that was replaced": bodiless(
        401, NO_TOKEN, "GET", "/v1/events", token=("Authorization: Bearer {old}",)
    ),
    "replacing the token with an old one": bodiless(
        401, NO_TOKEN, "POST", "/v1/token", token=("Authorization: Bearer {old}",)
    ),
    "replacing the token without one": bodiless(401, NO_TOKEN, "POST", "/v1/token", token=()),
    "replacing the token from a page": bodiless(
        403, "Web pages may not ring", "POST", "/v1/token", more=("Origin: http://evil.com",)
    ),
    "replacing the token by a chosen one": Hostile(422, "takes no body", b'{"token": "x"}', path="/v1/token"),
    "show without token": bodiless(401, NO_TOKEN, "POST", "/v1/show", token=()),
    "show from a page": bodiless(403, "Web pages", "POST", "/v1/show", more=("Origin: http://evil.com",)),
    "token in the query": Hostile(401, NO_TOKEN, token=(), path="/v1/tasks?token={token}"),
    "two tokens": Hostile(401, NO_TOKEN, token=(BEARER, BEARER)),
    "basic authorization": Hostile(401, NO_TOKEN, token=("Authorization: Basic {token}",)),
    "cookie only": Hostile(401, NO_TOKEN, token=("Cookie: token={token}",)),
    "delete without token": bodiless(401, NO_TOKEN, "DELETE", "/v1/tasks/{open}", token=()),
    "post to healthz without token": Hostile(401, NO_TOKEN, token=(), path="/healthz"),
    # whom they mean
    "evil host": host("evil.com"),
    "no host": Hostile(421, "Host header", host=()),
    "host twice": Hostile(421, "Host header", host=(HOST, HOST)),
    "our host and another": Hostile(421, "Host header", host=(HOST, "Host: evil.com")),
    "two hosts in one header": host("127.0.0.1:{port}, evil.com"),
    "host with our name as a prefix": host("localhost.evil.com:{port}"),
    "host that resolves to us": host("127.0.0.1.nip.io:{port}"),
    "any address": host("0.0.0.0:{port}"),
    "our name, another port": host("localhost:1"),
    "IPv6, another port": host("[::1]:1"),
    "host with a dot after it": host("localhost.:{port}"),
    "host without port": host("127.0.0.1"),
    "host with another port": host("127.0.0.1:1"),
    "host with a user": host("x@127.0.0.1:{port}"),
    "health for an evil host": Hostile(421, "Host", method="GET", path="/healthz", host=("Host: evil.com",), body=b""),
    # web pages
    "evil origin": page("Origin: http://evil.com"),
    "null origin": page("Origin: null"),
    "our own origin": page("Origin: http://127.0.0.1:{port}"),
    "origin with ours as a prefix": page("Origin: http://127.0.0.1:{port}.evil.com"),
    "evil origin and host": Hostile(421, "Host", host=("Host: evil.com",), more=("Origin: http://evil.com",)),
    "empty origin": page("Origin:"),
    "evil referer": page("Referer: http://evil.com/page"),
    "broken referer": page("Referer: http://[evil"),
    "another site": Hostile(403, "another site", more=("Sec-Fetch-Site: cross-site",)),
    "same site, another port": Hostile(403, "another site", more=("Sec-Fetch-Site: same-site",)),
    "preflight": Hostile(
        403,
        "Web pages may not ring",
        method="OPTIONS",
        token=(),
        body=b"",
        more=("Origin: http://evil.com", "Access-Control-Request-Method: POST"),
    ),
    "options without origin": Hostile(401, NO_TOKEN, method="OPTIONS", token=(), body=b""),
    # the envelope
    "text/plain": Hostile(415, "application/json", kind=("Content-Type: text/plain",)),
    "form": Hostile(
        415, "application/json", kind=("Content-Type: application/x-www-form-urlencoded",), body=b"prompt=x"
    ),
    "no content type": Hostile(415, "application/json", kind=()),
    "two content types": Hostile(415, "application/json", kind=(JSON, "Content-Type: text/plain")),
    "json in UTF-16": Hostile(415, "application/json", kind=(JSON + "; charset=utf-16",)),
    "gzip bomb": Hostile(415, "without compression", body=gzip.compress(bytes(MIB)), more=("Content-Encoding: gzip",)),
    "gzip on the way": Hostile(
        400,
        "not an HTTP/1.1 request",
        body=chunked(gzip.compress(bytes(MIB))),
        more=("Transfer-Encoding: chunked, gzip",),
        length=-1,
    ),
    "body without any length": Hostile(400, "body is empty", length=-1),
    "body too large": Hostile(413, TOO_LARGE, body=b" " * (16 * MIB + 1)),
    "body too large, announced": Hostile(413, TOO_LARGE, body=b"", length=16 * MIB + 1),
    "body far too large": Hostile(413, TOO_LARGE, body=b"", length=10**15),
    "body too large, without length": Hostile(
        413, TOO_LARGE, body=chunked(b" " * (16 * MIB + 1)), more=("Transfer-Encoding: chunked",), length=-1
    ),
    "body too large, on closing": Hostile(413, TOO_LARGE, body=b" " * (16 * MIB + 1), more=("Connection: close",)),
    "no token, large body, on closing": Hostile(
        401, NO_TOKEN, token=(), body=b" " * 4 * MIB, more=("Connection: close",)
    ),
    "length and chunks": Hostile(400, "not an HTTP/1.1 request", more=("Transfer-Encoding: chunked",)),
    "two lengths": Hostile(400, "not an HTTP/1.1 request", more=("Content-Length: 3",)),
    "negative length": Hostile(400, "not an HTTP/1.1 request", body=b"", length=-5),
    "line folding": Hostile(400, "not an HTTP/1.1 request", more=("X: y", " Origin: z")),
    "one large header": Hostile(431, "larger than 64 KiB", more=("X-Large: " + "x" * 70_000,)),
    "many headers": Hostile(431, "larger than 64 KiB", more=("X-Many: " + "x" * 1000,) * 70),
    "large address": Hostile(431, "larger than 64 KiB", path="/" + "x" * 70_000),
    # not JSON
    "empty body": not_json("body is empty", b""),
    "truncated": not_json("not JSON", b'{"prompt": "Depl'),
    "trailing": not_json("not JSON", QUESTION + b"x"),
    "NaN": not_json("NaN", b'{"prompt": "x", "timeout": NaN}'),
    "Infinity": not_json("Infinity", b'{"prompt": "x", "timeout": -Infinity}'),
    "lone surrogate": not_json("surrogate", b'{"prompt": "\\ud800"}'),
    "low surrogate": not_json("surrogate", b'{"prompt": "\\udc00x"}'),
    "lone surrogate in a name": answer(400, "surrogate", b'{"fields": {"\\ud800": 1}}'),
    "raw NUL": not_json("not JSON", b'{"prompt": "a\0b"}'),
    "invalid UTF-8": not_json("UTF-8", b'{"prompt": "\xff"}'),
    "surrogate in UTF-8": not_json("UTF-8", b'{"prompt": "\xed\xa0\x80"}'),
    "name twice": not_json("'prompt' is there twice", b'{"prompt": "Safe?", "prompt": "Deploy?"}'),
    "name twice, escaped": not_json("'prompt' is there twice", b'{"prompt": "Safe?", "\\u0070rompt": "Deploy?"}'),
    "name twice, deep": not_json(
        "'label' is there twice", b'{"prompt": "x", "options": [{"label": "a", "label": "b"}]}'
    ),
    "name twice in fields": answer(400, "'a' is there twice", b'{"fields": {"b": [{"a": 1, "a": 2}]}}'),
    "nested 10,000 deep": answer(400, "too deeply", b'{"fields": {"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}}"),
    "nested 10,000 deep, cut off": answer(400, "too deeply", b'{"fields": {"a": ' + b"[" * 10_000),
    "nested 34 deep": answer(400, "at most 33 levels", b'{"fields": {"a": ' + b"[" * 32 + b"]" * 32 + b"}}"),
    "objects 10,000 deep": answer(400, "too deeply", b'{"fields": ' + b'{"a": ' * 10_000 + b"0" + b"}" * 10_000 + b"}"),
    "nested where no nesting is": not_json("too deeply", b'{"prompt": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    "5,000,000 lists": answer(422, "objects and lists", b'{"fields": {"a": [' + b"[]," * 5_000_000 + b"0]}}"),
    # JSON of another shape
    "a list": Hostile(422, "The body does not fit", body=b"[]"),
    "lists 10,000 deep": not_json("too deeply", b"[" * 10_000 + b"]" * 10_000),
    "no prompt": Hostile(422, "'prompt' is missing. Add it.", body=b"{}", field="prompt"),
    "empty prompt": unfit("The prompt is empty", "prompt", prompt=""),
    "blank prompt": unfit("The prompt is empty", "prompt", prompt=" \n"),
    "prompt of another type": unfit("expected `str`, got `int`", "prompt", prompt=1),
    "NUL in the prompt": unfit("NUL", "prompt", prompt="a\0b"),
    "NUL in the key": unfit("does not fit", "key", key="a\0b"),
    "unknown field": unfit("no field 'promt'", "promt", promt="x"),
    "field without a name": unfit("no field ''", "", **{"": "x"}),
    "unknown field of an option": unfit("no field", "options[0].labl", options=[{"label": "x", "labl": "x"}]),
    "no label": unfit("is missing", "options[1].label", options=["x", {"value": "x"}]),
    "empty label": unfit("has no label", "options[0]", options=[""]),
    "option of another type": unfit("does not fit", "options[0]", options=[1]),
    "nobody could answer": unfit("Nobody could answer", "options", options=[], allow_text=False),
    "1,001 options": unfit("length <= 1000", "options", options=[str(number) for number in range(1001)]),
    "same value twice": unfit(
        "there twice", "options[1]", options=[{"label": "Yes", "value": "1"}, {"label": "No", "value": "1"}]
    ),
    "value like a label": unfit("there twice", "options[1]", options=["Yes", {"label": "No", "value": "Yes"}]),
    "same option twice": unfit("there twice", "options[1]", options=["x", "x"]),
    "negative timeout": unfit("0 to 290 seconds", "timeout", timeout=-1),
    "huge timeout": unfit("0 to 290 seconds", "timeout", timeout=1e300),
    "timeout out of range": Hostile(422, "out of range", body=b'{"prompt": "x", "timeout": 1e999}', field="timeout"),
    "timeout in words": unfit("does not fit", "timeout", timeout="x"),
    "timeout is true": unfit("does not fit", "timeout", timeout=True),
    "unlisted option on timeout": unfit("not offered", "on_timeout", on_timeout="option:Maybe"),
    "other word on timeout": unfit("on_timeout is", "on_timeout", on_timeout="allow"),
    "permission that allows itself": unfit("silence allows", "on_timeout", kind="permission", on_timeout="submit"),
    "kind": unfit("does not fit", "kind", kind="order"),
    "two lines of title": unfit("line break", "title", title="a\nb"),
    "long title": unfit("longer than 200", "title", title="x" * 201),
    "file not in base64": unfit("base64", "attachments[0].data", attachments=[{**file(), "data": "!"}]),
    "media type with a line break": unfit(
        "does not fit", "attachments[0].media_type", attachments=[{**file(), "media_type": "a/b\nc"}]
    ),
    "same key, other question": Hostile(409, "belongs to another", body=b'{"prompt": "Other?", "key": "taken"}'),
    # answers
    "unlisted option": answer(422, "not offered", b'{"options": ["Maybe"]}', field="options"),
    "two options for one": answer(422, "one option only", b'{"options": ["Yes", "No"]}', field="options"),
    "empty answer": answer(422, "answer is empty", b"{}", field="options"),
    "answer of another shape": answer(422, "no field 'option'", b'{"option": "Yes"}', field="option"),
    "NUL in an answer": answer(422, "NUL", b'{"text": "a\\u0000"}', field="text"),
    "5,000,000 values": answer(422, "more than 10000", b'{"fields": {"a": [' + b"0," * 5_000_000 + b"0]}}"),
    "NUL in a name": answer(422, "NUL", b'{"fields": {"\\u0000": 1}}', field="fields"),
    "NUL in fields": answer(422, "NUL", b'{"fields": {"a": ["\\u0000"]}}', field="fields"),
    "integer of 5,000 digits": answer(422, "out of range", b'{"fields": {"a": ' + b"1" * 5000 + b"}}"),
    "answered by somebody": answer(422, "no field", b'{"text": "x", "answered_by": "rule"}', field="answered_by"),
    "second answer": answer(409, "already completed", b'{"options": ["No"]}', where="{done}"),
    "answer to a cancelled task": answer(409, "already cancelled", b'{"options": ["No"]}', where="{gone}"),
    "unlisted option in a draft": Hostile(
        422, "not offered", body=b'{"options": ["Maybe"]}', method="PUT", path="/v1/tasks/{open}/draft"
    ),
    "answer to an expired task": answer(409, "already expired", b'{"options": ["No"]}', where="{late}"),
    "draft of an expired task": Hostile(409, "already expired", b'{"text": "x"}', "PUT", "/v1/tasks/{late}/draft"),
    "draft of a cancelled task": Hostile(409, "already cancelled", b'{"text": "x"}', "PUT", "/v1/tasks/{gone}/draft"),
    "cancel of an expired task": bodiless(409, "already expired", "DELETE", "/v1/tasks/{late}"),
    "draft of a finished task": Hostile(409, "already", b'{"text": "x"}', method="PUT", path="/v1/tasks/{done}/draft"),
    # addresses
    "answer to an unknown task": answer(404, "no task", b'{"options": ["Yes"]}', where="222222222222"),
    "hold of an unknown task": action("hold", "222222222222", 404, "no task"),
    "hold of a finished task": action("hold", "{done}", 409, "already completed"),
    "release of a finished task": action("release", "{done}", 409, "already completed"),
    "activation of a finished task": action("activate", "{done}", 409, "already completed"),
    "hold with a body": Hostile(422, "takes no body", body=b'{"seconds": 9}', path="/v1/tasks/{open}/hold"),
    "id of another shape": action("hold", "1", 404, "no task '1'"),
    "id in capitals": action("hold", "ABCDEFGHJKMN", 404, "no task"),
    "id that climbs": action("hold", "..%2f..%2fetc", 404, "nothing at"),
    "id of dots": bodiless(404, "nothing at", "GET", "/v1/tasks/%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
    "id that is the parent": bodiless(404, "no task '..'", "GET", "/v1/tasks/.."),
    "id with backslashes": bodiless(404, "no task", "GET", "/v1/tasks/..%5c..%5cetc"),
    "id that climbs to cancel": bodiless(404, "nothing at", "DELETE", "/v1/tasks/../tasks/{open}"),
    "id with an end of line": bodiless(404, "no task", "GET", "/v1/tasks/{open}%0a"),
    "id in other digits": bodiless(404, "no task", "GET", "/v1/tasks/%d9%a2%d9%a2%d9%a2%d9%a2%d9%a2%d9%a2"),
    "answer to an id that climbs": answer(404, "nothing at", b'{"options": ["Yes"]}', where="..%2f{open}"),
    "id with NUL": action("hold", "%00", 404, "no task"),
    "path that climbs": bodiless(404, "nothing at", "GET", "/v1/../../etc/passwd"),
    "address outside ASCII": Hostile(400, "not an HTTP/1.1 request", path="/\xff"),
    "unknown address": Hostile(404, "nothing at '/v2/tasks'", path="/v2/tasks"),
    "trailing slash": Hostile(404, "nothing at", path="/v1/tasks/"),
    "unknown method": Hostile(405, "takes GET, POST", method="PATCH"),
    "head": bodiless(405, "", "HEAD", "/v1/events"),
    "not a method": Hostile(400, "not an HTTP/1.1 request", method="RING"),
    "cancel of a finished task": bodiless(409, "already", "DELETE", "/v1/tasks/{done}"),
    "unknown parameter": Hostile(422, "no query parameter 'dry'", path="/v1/tasks?dry=1", field="dry"),
    "wait for too long": bodiless(422, "0 to 60", "GET", "/v1/tasks/{open}?wait=61"),
    "wait for NaN": bodiless(422, "0 to 60", "GET", "/v1/tasks/{open}?wait=nan"),
    "wait twice": bodiless(422, "there twice", "GET", "/v1/tasks/{open}?wait=1&wait=2"),
    "unknown status": bodiless(422, "no status 'odd'", "GET", "/v1/tasks?status=odd"),
}

FILES = {
    "that climbs": with_files("plain file name", file("../a")),
    "that climbs on Windows": with_files("plain file name", file("..\\a")),
    "of the system": with_files("plain file name", file("/etc/passwd")),
    "on a drive": with_files("plain file name", file("c:a")),
    "that is the parent": with_files("plain file name", file("..")),
    "with NUL in its name": with_files("NUL", file("a\0.txt")),
    "with an end of line in its name": with_files("plain file name", file("a\n.txt")),
    "without a name": with_files("plain file name", file("")),
    "with a long name": with_files("longer than 200", file("x" * 201)),
    "of 0 bytes": with_files("is empty", file(data=b"")),
    "too large": with_files("larger than 10 MiB", file(data=b"x" * (10 * MIB + 1))),
    "one too many": with_files("length <= 10", *[file()] * 11, field="attachments"),
    "named like an image": with_files("Make the two agree", file("a.png")),
    "declared as an image": with_files("Make the two agree", file("a.txt", media_type="image/png")),
    "that is no image": with_files("does not hold a PNG", file("a.png", b"<script>", "image/png")),
    "that is another image": with_files("does not hold a JPEG", file("a.jpg", PNG, "image/jpeg")),
    "that is a program": with_files("does not hold a PDF", file("a.pdf", b"MZ\0", "application/octet-stream")),
    "that is a program by its name": with_files("Windows program", file("a.png.exe", PNG, "image/png")),
    "that is no text": with_files("not text in UTF-8", file(data=PNG)),
    "with a second, false one": with_files(
        "does not hold", file(), file("a", b"x", "image/gif"), field="attachments[1]"
    ),
}

REQUESTS |= {
    f"{carrier} with a file {what}": hostile for what, each in FILES.items() for carrier, hostile in each.items()
}


@pytest.mark.parametrize("hostile", REQUESTS.values(), ids=REQUESTS.keys())
def test_is_refused_and_changes_nothing(bench: Any, until: Callable[..., None], hostile: Hostile) -> None:
    """A request that is not wholly right is refused with a sentence that says what to do, and nothing happens."""
    ids = {"open": bench.ask(key="taken"), "done": bench.ask("Done?"), "gone": bench.ask("Gone?")}
    bench.call("POST", f"/v1/tasks/{ids['done']}/answer", {"options": ["Yes"]})
    bench.call("DELETE", f"/v1/tasks/{ids['gone']}")
    if "{late}" in hostile.path:
        ids["late"] = bench.ask("Late?", timeout=1, on_timeout="expire")
        until(lambda: bench.desk.task(ids["late"]).status == "expired")
    old = bench.token
    assert bench.call("POST", "/v1/token").status == 204
    before = bench.state()

    reply = bench.exchange(hostile.render(port=bench.listener.port, token=bench.token, old=old, **ids))

    assert reply.status == hostile.status
    assert reply.headers["content-type"] == "application/problem+json"
    assert bench.state() == before
    if hostile.method != "HEAD":
        assert reply.json["status"] == hostile.status
        assert hostile.says in reply.json["detail"]
        assert hostile.field in {None, reply.json.get("field")}


def test_a_second_answer_learns_the_winner(bench: Any) -> None:
    """Who answers second is told what the first answer was."""
    task_id = bench.ask()
    bench.call("POST", f"/v1/tasks/{task_id}/answer", {"options": ["Yes"]})

    reply = bench.call("POST", f"/v1/tasks/{task_id}/answer", {"options": ["No"]})

    assert reply.status == 409
    assert reply.json["task"]["answer"]["options"] == ["Yes"]


def test_unauthorized_names_the_scheme(bench: Any) -> None:
    """A 401 says how to authorise, as RFC 9110 wants."""
    reply = bench.exchange(bench.head("GET", "/v1/tasks", token=False))

    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")


def test_a_wrong_method_names_the_right_ones(bench: Any) -> None:
    """A 405 lists what the address takes."""
    assert bench.call("PUT", "/v1/tasks").headers["allow"] == "GET, POST"


@pytest.mark.parametrize("part", [b"X-Drip: 1\r\n", b"x"], ids=["headers", "one endless header"])
def test_a_head_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch, bench: Any, part: bytes) -> None:
    """A request's head must arrive in time, however busily its client keeps sending."""
    monkeypatch.setattr(ListenerProtocol, "request_seconds", 0.3)
    connection = bench.send(bench.head("GET", "/v1/tasks").removesuffix(b"\r\n"))
    connection.settimeout(0.05)

    reply = _drip(connection, part)

    assert b" 408 " in reply
    assert b"application/problem+json" in reply


def test_a_body_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch, bench: Any) -> None:
    """A request's body must arrive in time."""
    monkeypatch.setattr(ListenerProtocol, "request_seconds", 0.3)
    connection = bench.send(bench.head("POST", "/v1/tasks", JSON, "Content-Length: 1000"))
    connection.settimeout(0.05)

    assert b" 408 " in _drip(connection, b" ")
    assert bench.desk.tasks() == []


def test_an_idle_connection_is_closed(monkeypatch: pytest.MonkeyPatch, bench: Any) -> None:
    """A connection on which nothing is asked is not kept."""
    monkeypatch.setattr(ListenerProtocol, "request_seconds", 0.1)

    assert bench.connect().recv(1) == b""


def test_empty_lines_keep_no_connection(monkeypatch: pytest.MonkeyPatch, bench: Any) -> None:
    """Empty lines before a request do not count as one."""
    monkeypatch.setattr(ListenerProtocol, "request_seconds", 0.3)
    connection = bench.send(b"\r\n")
    connection.settimeout(0.05)

    assert _drip(connection, b"\r\n") == b""


def test_a_long_wait_is_not_a_slow_request(monkeypatch: pytest.MonkeyPatch, bench: Any) -> None:
    """The deadline is for what the client sends, not for how long it waits."""
    monkeypatch.setattr(ListenerProtocol, "request_seconds", 0.1)

    reply = bench.call("GET", f"/v1/tasks/{bench.ask()}?wait=0.5")

    assert (reply.status, reply.json["status"]) == (200, "active")


def _drip(connection: Any, part: bytes) -> bytes:
    """Send bit by bit until the other side answers or closes."""
    while True:
        try:
            connection.sendall(part)
            return bytes(connection.recv(65536))
        except TimeoutError:
            continue
        except ConnectionError:
            return b""
