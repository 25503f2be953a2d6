"""Deskbell: AI coding agents ring, a person at the desk clicks, the click goes back.

from deskbell import ask

answer = ask("Ship it?", ["Yes", "No"])
"""

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "AnsweredBy",
    "Attachment",
    "DeskbellError",
    "NotAnswered",
    "Option",
    "TimedOut",
    "Withdrawn",
    "__version__",
    "ask",
    "ask_async",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from deskbell.asking import ask, ask_async
    from deskbell.errors import DeskbellError, NotAnswered, TimedOut, Withdrawn
    from deskbell.task import Answer, AnsweredBy, Attachment, Option
else:
    _HOMES = {
        "ask": "asking",
        "ask_async": "asking",
        **dict.fromkeys(("DeskbellError", "NotAnswered", "TimedOut", "Withdrawn"), "errors"),
        **dict.fromkeys(("Answer", "AnsweredBy", "Attachment", "Option"), "task"),
    }

    def __getattr__(name: str) -> object:
        """Import what is asked for: most who import the package do without."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
