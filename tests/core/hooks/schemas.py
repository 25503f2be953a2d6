"""What each agent accepts, as small JSON schemas; anything that is not named is refused."""

from __future__ import annotations

from typing import Any

import jsonschema

Schema = dict[str, Any]


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> Schema:
    """An object with these properties and no others."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def hook_specific(event: str, required: dict[str, Any], optional: dict[str, Any] | None = None) -> Schema:
    return closed({"hookSpecificOutput": closed({"hookEventName": {"const": event}, **required}, optional)})


TEXT: Schema = {"type": "string", "minLength": 1}
DESTINATION: Schema = {"enum": ["session", "localSettings", "projectSettings", "userSettings"]}
RULES: Schema = {"type": "array", "minItems": 1, "items": closed({"toolName": TEXT}, {"ruleContent": TEXT})}
UPDATE: Schema = {
    "oneOf": [
        closed(
            {"type": {"const": "addRules"}, "rules": RULES, "behavior": {"const": "allow"}, "destination": DESTINATION}
        ),
        closed({"type": {"const": "setMode"}, "mode": TEXT, "destination": DESTINATION}),
        closed(
            {
                "type": {"const": "addDirectories"},
                "directories": {"type": "array", "items": TEXT},
                "destination": DESTINATION,
            }
        ),
    ]
}
ANSWERS: Schema = {"type": "object", "minProperties": 1, "additionalProperties": TEXT}
ANSWERED: Schema = closed({"questions": {"type": "array", "minItems": 1}, "answers": ANSWERS})
REFUSED: Schema = closed({"behavior": {"const": "deny"}, "message": TEXT})
BLOCKED: Schema = closed({"decision": {"const": "block"}, "reason": TEXT})

ACCEPTED: dict[str, Schema] = {
    "claude PermissionRequest": hook_specific(
        "PermissionRequest",
        {
            "decision": {
                "oneOf": [
                    closed(
                        {"behavior": {"const": "allow"}},
                        {
                            "updatedInput": ANSWERED,
                            "updatedPermissions": {"type": "array", "minItems": 1, "items": UPDATE},
                        },
                    ),
                    REFUSED,
                ]
            }
        },
    ),
    "claude PreToolUse": hook_specific(
        "PreToolUse",
        {"permissionDecision": {"enum": ["allow"]}, "permissionDecisionReason": TEXT, "updatedInput": ANSWERED},
    ),
    "claude Elicitation": hook_specific(
        "Elicitation", {"action": {"enum": ["accept", "decline", "cancel"]}}, {"content": {"type": "object"}}
    ),
    "claude Stop": BLOCKED,
    "codex PermissionRequest": hook_specific(
        "PermissionRequest", {"decision": {"oneOf": [closed({"behavior": {"const": "allow"}}), REFUSED]}}
    ),
    "cursor before": closed(
        {"permission": {"enum": ["allow", "deny", "ask"]}}, {"user_message": TEXT, "agent_message": TEXT}
    ),
    "cursor stop": closed({"followup_message": TEXT}),
    "gemini BeforeTool": closed({"decision": {"const": "deny"}, "reason": TEXT}),
    "copilot permissionRequest": {"oneOf": [closed({"behavior": {"const": "allow"}}), REFUSED]},
    "copilot preToolUse": closed(
        {"permissionDecision": {"enum": ["allow", "deny", "ask"]}}, {"permissionDecisionReason": TEXT}
    ),
    "copilot agentStop": BLOCKED,
    "opencode permission": closed(
        {
            "method": {"const": "POST"},
            "path": {"pattern": r"^(/api/session/[^/?#]+)?/permission/[^/?#]+/reply$"},
            "body": closed({"reply": {"enum": ["once", "always", "reject"]}}, {"message": TEXT}),
        }
    ),
    "opencode question": closed(
        {
            "method": {"const": "POST"},
            "path": {"pattern": r"^(/api/session/[^/?#]+)?/question/[^/?#]+/reply$"},
            "body": closed({"answers": {"type": "array", "items": {"type": "array", "items": TEXT}}}),
        }
    ),
    "acp": closed(
        {
            "outcome": {
                "oneOf": [
                    closed({"outcome": {"const": "selected"}, "optionId": TEXT}),
                    closed({"outcome": {"const": "cancelled"}}),
                ]
            }
        }
    ),
}


def check(schema: str, output: Any) -> None:
    """Fail unless the agent accepts this output."""
    jsonschema.Draft202012Validator(ACCEPTED[schema]).validate(output)
