"""The official conformance suite against ``/mcp``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.mcp.doorman import Doorman

from deskbell.settings import ListenerSettings, Settings

if TYPE_CHECKING:
    from tests.core.conftest import RunningDesk
    from tests.mcp.conftest import NodeTools

pytestmark = pytest.mark.timeout(400)  # the first test installs what all of them run

VERSIONS = ("2025-06-18", "2025-11-25", "2026-07-28")

_TOOL = "it calls a tool of the suite's own example server"
_RESOURCES = "the desk offers no resources"
_PROMPTS = "the desk offers no prompts"
_ASKING_BACK = "the desk asks its client nothing: it asks the person"

APPLICABLE: dict[str, dict[str, str]] = {
    "server-initialize": {},
    "server-session-lifecycle": {},
    "server-stateless": {
        "sep-2575-server-rejects-undeclared-capability": _TOOL,
        "sep-2575-missing-capability-http-400": _TOOL,
        "sep-2575-server-no-log-without-loglevel": _TOOL,
        "sep-2575-http-server-no-independent-requests-on-stream": _TOOL,
    },
    "ping": {},
    "tools-list": {},
    "server-sse-multiple-streams": {},
    "dns-rebinding-protection": {},
    "caching": {
        "sep-2549-prompts-list-caching-hints": _PROMPTS,
        "sep-2549-resources-list-caching-hints": _RESOURCES,
        "sep-2549-resources-templates-list-caching-hints": _RESOURCES,
    },
    "http-header-validation": {},
    "input-required-result-unsupported-methods": {},
}
"""Scenarios, and which of their checks cannot be made here and why."""

OTHERS = {
    **dict.fromkeys(
        (
            "tools-call-simple-text",
            "tools-call-image",
            "tools-call-audio",
            "tools-call-embedded-resource",
            "tools-call-mixed-content",
            "tools-call-with-logging",
            "tools-call-error",
            "tools-call-with-progress",
            "json-schema-2020-12",
            "server-sse-polling",
        ),
        _TOOL,
    ),
    **dict.fromkeys(
        (
            "tools-call-sampling",
            "tools-call-elicitation",
            "elicitation-sep1034-defaults",
            "elicitation-sep1330-enums",
            "input-required-result-basic-elicitation",
            "input-required-result-basic-sampling",
            "input-required-result-basic-list-roots",
            "input-required-result-request-state",
            "input-required-result-multiple-input-requests",
            "input-required-result-multi-round",
            "input-required-result-missing-input-response",
            "input-required-result-non-tool-request",
            "input-required-result-result-type",
            "input-required-result-tampered-state",
            "input-required-result-capability-check",
            "input-required-result-ignore-extra-params",
            "input-required-result-validate-input",
        ),
        _ASKING_BACK,
    ),
    **dict.fromkeys(
        (
            "resources-list",
            "resources-read-text",
            "resources-read-binary",
            "resources-templates-read",
            "resources-subscribe",
            "resources-unsubscribe",
            "sep-2164-resource-not-found",
        ),
        _RESOURCES,
    ),
    **dict.fromkeys(
        (
            "prompts-list",
            "prompts-get-simple",
            "prompts-get-with-args",
            "prompts-get-embedded-resource",
            "prompts-get-with-image",
            "completion-complete",
        ),
        _PROMPTS,
    ),
    "logging-set-level": "the desk sends no log messages",
    "http-custom-header-server-validation": "no tool of the desk has arguments that travel in headers",
}
"""Scenarios that do not apply, and why."""


@pytest.fixture
def url(running_desk: RunningDesk) -> Iterator[str]:
    """Where the suite, which knows no tokens, finds the desk. Its own origin is let in, as the settings can say."""
    with Doorman(running_desk.listener.port, running_desk.endpoint.token) as doorman:
        origins = (f"http://127.0.0.1:{doorman.port}", f"http://localhost:{doorman.port}")
        running_desk.desk.apply_settings(Settings(listener=ListenerSettings(allowed_origins=origins)))
        yield f"http://127.0.0.1:{doorman.port}/mcp"


def scenarios(node_tools: NodeTools) -> dict[str, list[str]]:
    """All that the suite has for servers, with the versions that each is for; extensions are none of ours."""
    listed = node_tools.run("conformance", "list").stdout.partition("Client scenarios")[0]
    found = re.findall(r"- (\S+) \[([^\]]*)\]", listed)
    return {name: versions.split(",") for name, versions in found if versions != "extension"}


def test_every_scenario_is_accounted_for(node_tools: NodeTools) -> None:
    """What is not run has a reason, and a suite that has grown is noticed."""
    assert set(scenarios(node_tools)) == set(APPLICABLE) | set(OTHERS)
    assert not set(APPLICABLE) & set(OTHERS)


@pytest.mark.parametrize("name", APPLICABLE)
def test_the_scenario_passes(node_tools: NodeTools, url: str, name: str) -> None:
    """For every protocol version that it is for and that we speak."""
    for version in scenarios(node_tools)[name]:
        if version in VERSIONS:
            output = node_tools.folder / version
            arguments = ("--url", url, "--scenario", name, "--spec-version", version, "--output-dir", str(output))
            done = node_tools.run("conformance", "server", *arguments)
            reports = list(output.glob("**/checks.json"))
            assert len(reports) == 1, done.stdout + done.stderr
            checks = json.loads(reports[0].read_text())
            failed = {check["id"]: check.get("errorMessage") for check in checks if check["status"] == "FAILURE"}

            assert {check["status"] for check in checks} >= {"SUCCESS"}
            assert set(failed) == set(APPLICABLE[name]), failed
