"""Whether a question asks for permission, judged by its words.

A question that does must never be answered by silence. Taking one for a request that is none costs little: at zero it
ends without an answer instead of with what was ticked or typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from deskbell.task import Option

_CONSENT: Final = re.compile(
    r"\W*(?:"
    r"yes|yep|yeah|y|ok(?:ay)?|sure|allow(?:ed)?|approved?|accept|agree|authori[sz]e|confirm|consent|continue|delete|"
    r"deploy|do it|go(?: ahead)?|grant|merge|permit|proceed|publish|push|run|ship(?: it)?|lgtm|"
    r"ja|oui|sí|si|sim|да|はい|承認|예|네|是|好|可以|同意|允许|批准|确认|继续|執行|执行"
    r")(?!\w)",
    re.IGNORECASE,
)
_REQUEST: Final = re.compile(
    r"\b(?:(?:may|can|could|shall|should) (?:i|we)|(?:is it|would it be) (?:ok|okay|fine|alright|all right)|"
    r"(?:do|will) you (?:approve|agree|allow|authori[sz]e|permit|want me to)|(?:ok|okay|fine) (?:to|if)|"
    r"are you ok(?:ay)? with|permission|approv(?:e|al)|confirm|go ahead|proceed)\b|"
    r"允许|批准|同意|确认|是否|可以吗|許可|承認",
    re.IGNORECASE,
)


def asks_for_permission(question: str, options: Iterable[Option]) -> bool:
    """Whether silence, or something that was only ticked or typed, could pass for a yes here."""
    return _REQUEST.search(question) is not None or any(_CONSENT.match(option.label) for option in options)
