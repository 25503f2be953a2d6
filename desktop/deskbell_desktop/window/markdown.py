"""Markdown as HTML that QTextBrowser shows well.

Raw HTML stays text, nothing is ever fetched, and nothing that is written is left out without a trace.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from html import escape
from typing import TYPE_CHECKING, Any, Final

from deskbell_desktop.theme import SMALL, Palette
from deskbell_desktop.visible_text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from pygments.formatter import Formatter
    from pygments.lexer import Lexer

HTML_LIMIT: Final = 100_000
"""Characters above which a prompt is not read as Markdown."""

# Each limit keeps the slowest text that it lets through at about a quarter of a second.
_MOST_LINES: Final = 2_500
_MOST_MARKS: Final = 8_000  # characters that may begin or end something
_MOST_BRACKETS: Final = 2_000
_MOST_BLOCKS: Final = 2_000
_MOST_CELLS: Final = 1_200
_MARKS: Final = re.compile(r"[*_`~<>&\\!\[\]|]")
_UNBREAKABLE: Final = re.compile(r"\S{4000}|[^\S\n]{400}")  # Qt's time to wrap grows with the square of these
_LANGUAGE: Final = re.compile(r"\s*([\w.+#-]{0,24})(?:\s+|$)")
_BRACKETS: Final = re.compile(r"[\[\]]")

_HIGHLIGHT_LIMIT: Final = 15_000  # characters of code in one prompt
_DEEPEST: Final = 18  # what is nested any deeper, markdown-it leaves out
_DEEPEST_TABLE: Final = 6  # each table in a table doubles the time that the layout takes


def to_html(text: str, colours: Palette) -> str | None:
    """A whole document for QTextBrowser in the colours of the theme; None for one that would take it too long."""
    environment: dict[str, Any] = {"colours": colours}
    tokens = _parser().parse(text, environment) if _is_quickly_parsed(text) else None
    if tokens is None or not _is_quickly_laid_out(tokens):
        return None
    if any(token.level >= _DEEPEST for token in tokens) or _has_lost_cells(text, tokens):
        body = _box(escape(text), colours)
    else:
        body = visible(
            _parser().renderer.render(tokens, _parser().options, environment)
        )  # an entity may have hidden it
    return f"<html><head><style>{_style(colours)}</style></head><body>{body}</body></html>"


def warm_up() -> None:
    """Load what the first prompt would otherwise wait for, some 0.1 s. May run on any thread."""
    _parser().parse("# a\n\n- *b* `c`\n")
    _formatter("friendly")
    for language in ("bash", "python", "json", "diff", "javascript"):
        _lexer(language)


def _is_quickly_parsed(text: str) -> bool:
    return (
        len(text) <= HTML_LIMIT
        and text.count("\n") <= _MOST_LINES
        and len(_MARKS.findall(text)) <= _MOST_MARKS
        and len(_BRACKETS.findall(text)) <= _MOST_BRACKETS
        and not _UNBREAKABLE.search(text)
    )


def _is_quickly_laid_out(tokens: Sequence[Token]) -> bool:
    cells = sum(token.type in {"td_open", "th_open"} for token in tokens)
    return cells <= _MOST_CELLS and len(tokens) - 3 * cells <= 3 * _MOST_BLOCKS


def _has_lost_cells(text: str, tokens: Sequence[Token]) -> bool:
    """Whether a row of a table has more cells than its head, which the Markdown reader would leave out."""
    from markdown_it.rules_block.table import escapedSplit  # noqa: PLC0415

    lines = text.split("\n") if any(token.type == "table_open" for token in tokens) else []
    columns = 0
    for token in tokens:
        columns = 0 if token.type == "table_open" else columns + (token.type == "th_open")
        if token.type == "tr_open" and token.map and columns:
            cells = escapedSplit(lines[token.map[0]].lstrip("> \t"))
            if any(cell.strip() for cell in cells[columns if cells[0] else columns + 1 :]):
                return True
    return False


def _style(colours: Palette) -> str:
    # A font's own line spacing differs from font to font, so lines have a height in px. Qt heeds only named
    # sizes of headings: "large" is 1.2 times the body's size.
    return (
        f"body {{ color: {colours.text.name()}; }}"
        f"p, li {{ line-height: {_LINE}px; margin-top: 0; margin-bottom: 10px; }}"
        f"li {{ margin-bottom: 4px; }} a {{ color: {colours.accent.name()}; text-decoration: none; }}"
        f"th, td {{ line-height: {_LINE}px; }} blockquote {{ color: {colours.muted.name()}; }}"
        "ul, ol { margin-top: 0; margin-bottom: 6px; } li > ul, li > ol { margin-bottom: 0; }"
        "h1 { font-size: large; line-height: 26px; margin: 2px 0 8px 0; }"
        f"h2, h3, h4, h5, h6 {{ font-size: medium; line-height: {_LINE}px; margin: 6px 0; }}"
        "h1, h2, h3, h4, h5, h6 { font-weight: 600; }"
        f"code, pre {{ font-family: {_MONOSPACE}; font-size: {SMALL}px; }}"
        f"pre {{ margin: 0; line-height: {_CODE_LINE}px; white-space: pre-wrap; }}"
        f"code {{ background-color: {colours.code.name()}; }}"
    )


_LINE: Final = 22  # px, for text of 15 px
_CODE_LINE: Final = 19  # px, for text of 13 px
_MONOSPACE: Final = "'ui-monospace', 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', 'Noto Sans Mono', monospace"


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - 30 ms that need not delay the tray icon

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    parser.disable("reference")  # a definition is shown nowhere
    for rule in (
        fence,
        code_block,
        image,
        link_open,
        link_close,
        table_open,
        th_open,
        td_open,
        blockquote_open,
        blockquote_close,
    ):
        parser.add_render_rule(rule.__name__, rule)
    return parser


# The arguments of a render rule are markdown-it's: the renderer, the tokens, an index, options, the environment.


def fence(_self: Any, tokens: Any, index: int, _options: Any, env: Any) -> str:
    """A code block in a tinted box, highlighted when its language is known."""
    token = tokens[index]
    env["code"] = env.get("code", 0) + len(token.content)
    named = _LANGUAGE.match(token.info)
    language = named[1] if named and env["code"] <= _HIGHLIGHT_LIMIT else ""
    more = token.info[named.end() :] if named else token.info.strip()
    note = f"<i>{escape(more)}</i>\n" if more else ""
    return _box(note + _highlighted(token.content.rstrip("\n"), language, env["colours"]), env["colours"])


def code_block(_self: Any, tokens: Any, index: int, _options: Any, env: Any) -> str:
    """An indented code block."""
    return _box(escape(tokens[index].content.rstrip("\n")), env["colours"])


def image(_self: Any, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    """An image is named, not loaded."""
    token = tokens[index]
    title = _title(token)
    return f"<i>[{escape(token.content or 'image')}: {escape(str(token.attrs.get('src', '')))}{title}]</i>"


def link_open(_self: Any, tokens: Any, index: int, _options: Any, env: Any) -> str:
    """A link without its title, of which Qt would make a tooltip with mark-up and pictures."""
    env.setdefault("titles", []).append(_title(tokens[index]))
    return f'<a href="{escape(str(tokens[index].attrs.get("href", "")))}">'


def link_close(_self: Any, _tokens: Any, _index: int, _options: Any, env: Any) -> str:
    """The end of a link, with its title as text."""
    return f"</a>{env['titles'].pop()}"


def table_open(_self: Any, _tokens: Any, _index: int, _options: Any, env: Any) -> str:
    """A table with the borders QTextBrowser can draw."""
    style = f"margin-top: 6px; margin-bottom: 10px; border-style: solid; border-color: {env['colours'].line.name()}"
    return _table(f'border="1" cellpadding="6" style="{style}"')


def th_open(_self: Any, tokens: Any, index: int, _options: Any, env: Any) -> str:
    """A heading cell."""
    return f'<th bgcolor="{env["colours"].code.name()}" align="{_alignment(tokens[index])}">'


def td_open(_self: Any, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    """A cell, aligned by attribute: the style is not understood."""
    return f'<td align="{_alignment(tokens[index])}">'


def blockquote_open(_self: Any, tokens: Any, index: int, _options: Any, env: Any) -> str:
    """A quotation beside a line, which only a table can draw."""
    if tokens[index].level > _DEEPEST_TABLE:
        return "<blockquote>"
    line = env["colours"].line.name()
    table = _table('border="0" cellpadding="0" style="margin-top: 8px; margin-bottom: 8px"')
    cells = f'<td bgcolor="{line}" width="3"></td><td style="padding-left: 12px">'
    return f'{table}<tr>{cells}<blockquote style="margin: 0">'


def blockquote_close(_self: Any, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    """The end of a quotation."""
    if tokens[index].level > _DEEPEST_TABLE:
        return "</blockquote>"
    return "</blockquote></td></tr></table>"


def _title(token: Any) -> str:
    title = str(token.attrs.get("title", ""))
    return f" “{escape(title)}”" if title else ""


def _alignment(token: Any) -> str:
    style = str(token.attrs.get("style", ""))
    return style.removeprefix("text-align:") or "left"


def _box(code: str, colours: Palette) -> str:
    margins = 'style="margin-top: 6px; margin-bottom: 12px"'
    table = _table(f'border="0" cellpadding="10" width="100%" bgcolor="{colours.code.name()}" {margins}')
    return f"{table}<tr><td><pre>{code}</pre></td></tr></table>"


def _table(attributes: str) -> str:
    return f'<table cellspacing="0" {attributes}>'


def _highlighted(code: str, language: str, colours: Palette) -> str:
    if not language:
        return escape(code)
    from pygments import highlight  # noqa: PLC0415 - only code with a language pays for it

    lexer = _lexer(language)
    if lexer is None:
        return escape(code)
    return str(highlight(code, lexer, _formatter("one-dark" if colours.is_dark else "friendly")))


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415
    from pygments.util import ClassNotFound  # noqa: PLC0415

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


@cache
def _formatter(style: str) -> Formatter[str]:
    from pygments.formatters import HtmlFormatter  # noqa: PLC0415

    return HtmlFormatter(style=style, noclasses=True, nowrap=True)
