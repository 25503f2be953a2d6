"""What a client is told about the tools."""

from __future__ import annotations

from typing import Any, Final

import mcp_types as types

from deskbell.task import MAX_TIMEOUT

LEAST_TIMEOUT_SECONDS: Final = 30
"""The shortest countdown: models have passed 1, which nobody can meet."""

DEFAULT_WAIT_SECONDS: Final = 50.0
"""How long one call waits unless told otherwise: less than the strictest client's limit of 60 s."""

MAX_WAIT_SECONDS: Final = 3_600.0

INSTRUCTIONS: Final = """\
Deskbell puts questions to the person at this desk and brings back what they click or type.
Ask with ask_human whenever a decision is theirs: an approval, a choice between ways, missing facts. Ask one question \
at a time, say what you recommend, and give options where you can.
A result with status "pending" means that nobody has answered yet: call wait_for_answer with its task_id. The question \
stays on the desk meanwhile. answered_by "timeout" and statuses other than "completed" are nobody's consent."""

_TEXT: Final = {"type": "string"}
_OPTION_LIST: Final = {
    "type": "array",
    "items": {
        "anyOf": [
            _TEXT,
            {
                "type": "object",
                "properties": {
                    "label": _TEXT,
                    "description": {**_TEXT, "description": "What choosing it means, in a few words."},
                    "value": {**_TEXT, "description": "What comes back; the label by default."},
                    "recommended": {"type": "boolean", "description": "Marked as your advice; never preselected."},
                },
                "required": ["label"],
            },
        ]
    },
}
_WAIT: Final = {
    "type": "number",
    "minimum": 0,
    "maximum": MAX_WAIT_SECONDS,
    "description": (
        f'Seconds this call waits before it returns "pending" ({DEFAULT_WAIT_SECONDS:g} by default; only ask for '
        "more if your tool calls may take that long). 0 returns at once. The question stays either way."
    ),
}
_TASK_ID: Final = {**_TEXT, "description": "The task_id of an earlier result."}
_RESULT: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "status": {"enum": ["completed", "pending", "expired", "cancelled"]},
        "task_id": _TEXT,
        "answered_by": {"enum": ["person", "timeout", "rule", None], "description": "null while there is no answer."},
        "options": {"type": "array", "items": _TEXT, "description": "Values of the chosen options."},
        "text": {**_TEXT, "description": "What the person wrote; empty if nothing."},
        "fields": {"type": "object", "description": "The form's values as far as they could be read."},
        "missing": {"type": "array", "items": _TEXT, "description": "Required fields that have no value."},
        "files": {"type": "array", "items": _TEXT, "description": "Names of the files in the content."},
    },
    "required": ["status", "task_id", "answered_by", "options", "text"],
}


def _input(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


_ASK: Final = types.Tool(
    name="ask_human",
    title="Ask the person at the desk",
    description=(
        "Show a question to the person at this desk and wait for their answer. Use it for decisions that are theirs: "
        "approvals, choices, missing facts. Returns what they chose and wrote, with pictures they attached. If nobody "
        'has answered after wait_s the status is "pending": call wait_for_answer with the task_id. Calling again with '
        "the same arguments comes back to the same open question."
    ),
    input_schema=_input(
        ("question",),
        question={
            **_TEXT,
            "minLength": 1,
            "description": "The question, in Markdown. Say first what you want to know.",
        },
        options={**_OPTION_LIST, "description": "Choices, shown as buttons. The person may write something instead."},
        multiple={"type": "boolean", "default": False, "description": "Several options may be chosen."},
        form={
            "type": "object",
            "description": (
                "A flat JSON Schema of the values you need, as in MCP elicitation: type object with string, number, "
                "integer, boolean and enum properties. The person sees the fields as a list and answers in text; "
                '"fields" in the result has the values that could be read from it, "missing" names required ones '
                'that could not, and "text" is what was written. Never ask for passwords or keys.'
            ),
        },
        title={**_TEXT, "description": "A few words for the tab."},
        timeout_s={
            "type": "number",
            "minimum": 0,
            "maximum": MAX_TIMEOUT,
            "description": (
                "Countdown in seconds until the question ends without a person; 0 for none. Leave it out: the "
                f"person's own default is best. Anything from 1 to {LEAST_TIMEOUT_SECONDS} counts as "
                f"{LEAST_TIMEOUT_SECONDS}."
            ),
        },
        wait_s=_WAIT,
    ),
    output_schema=_RESULT,
    annotations=types.ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False),
)

_WAIT_FOR_ANSWER: Final = types.Tool(
    name="wait_for_answer",
    title="Go on waiting for an answer",
    description='Wait for the answer to a question that was "pending". Returns the same as ask_human.',
    input_schema=_input(("task_id",), task_id=_TASK_ID, wait_s=_WAIT),
    output_schema=_RESULT,
    annotations=types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
)

_CANCEL: Final = types.Tool(
    name="cancel_question",
    title="Take a question back",
    description="Take a question off the desk that needs no answer any more. If it has one already, you get that.",
    input_schema=_input(("task_id",), task_id=_TASK_ID),
    output_schema=_RESULT,
    annotations=types.ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
)

_NOTIFY: Final = types.Tool(
    name="notify_human",
    title="Tell the person something",
    description=(
        "Show a message that needs no answer, such as that a long task is done. Returns at once; the message goes away "
        "when the person has seen it, or after a while by itself."
    ),
    input_schema=_input(("message",), message={**_TEXT, "minLength": 1, "description": "The message, in Markdown."}),
    output_schema={
        "type": "object",
        "properties": {"status": {"const": "shown"}, "task_id": _TEXT},
        "required": ["status", "task_id"],
    },
    annotations=types.ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False),
)

_IGNORED: Final = "Accepted and ignored."
_FEEDBACK: Final = types.Tool(
    name="interactive_feedback",
    title="Ask for feedback",
    description=(
        "Ask the person at this desk for feedback, an approval or a decision, and wait for it. The same as ask_human, "
        "in the words of other feedback servers; several options may be chosen. If nobody has answered yet, call it "
        "again with the same arguments, or call wait_for_answer."
    ),
    input_schema={
        "type": "object",
        "properties": {
            "message": {**_TEXT, "description": "The question or summary, in Markdown."},
            "predefined_options": {
                "type": "array",
                "items": {"anyOf": [_TEXT, {"type": "object"}]},
                "description": 'Choices: texts, or objects {"label": …, "default": true} to mark what you recommend.',
            },
            "predefined_options_defaults": {
                "type": "array",
                "items": {},
                "description": "Which of the options you recommend, as a list of true and false beside them.",
            },
            "summary": {**_TEXT, "description": "The same as message."},
            "prompt": {**_TEXT, "description": "The same as message."},
            "options": {"type": "array", "items": {}, "description": "The same as predefined_options."},
            "feedback_placeholder": {**_TEXT, "description": "What the empty text field says."},
            "question_type": {**_TEXT, "description": '"yesno" offers Yes and No if there are no options.'},
            "header_label": {**_TEXT, "description": "A few words for the tab."},
            "project_directory": {**_TEXT, "description": "The project; its folder's name is shown."},
            **{
                name: {"description": _IGNORED}
                for name in (
                    "submit_button_text",
                    "timeout",
                    "timeout_seconds",
                    "feedback_type",
                    "priority",
                    "language",
                    "tags",
                    "user_id",
                    "task_id",
                )
            },
        },
    },
    annotations=types.ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False),
)

TOOLS: Final = (_ASK, _WAIT_FOR_ANSWER, _CANCEL, _NOTIFY, _FEEDBACK)
