"""Markdown as HTML that QTextBrowser shows well. Raw HTML stays text, nothing is ever fetched."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any, Final

from deskbell_desktop.theme import SMALL, Palette

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

HTML_LIMIT: Final = 100_000
"""Characters above which Qt's own Markdown reader is used: less handsome, ten times as fast."""

_HIGHLIGHT_LIMIT: Final = 20_000
_DEEPEST: Final = 18  # what is nested any deeper, markdown-it leaves out
_DEEPEST_TABLE: Final = 6  # each table in a table doubles the time that the layout takes


def to_html(text: str, colours: Palette) -> str:
    """A whole document for QTextBrowser in the colours of the theme."""
    environment = {"colours": colours}
    tokens = _parser().parse(text, environment)
    if any(token.level >= _DEEPEST for token in tokens):
        body = _box(escape(text), colours)
    else:
        body = _parser().renderer.render(tokens, _parser().options, environment)
    return f"<html><head><style>{_css(colours)}</style></head><body>{body}</body></html>"


def _css(colours: Palette) -> str:
    return (
        f"body {{ color: {colours.text.name()}; }} p, li {{ line-height: 145%; margin-top: 0; margin-bottom: 10px; }}"
        f"li {{ margin-bottom: 4px; }} a {{ color: {colours.accent.name()}; text-decoration: none; }}"
        "pre { margin: 0; } h1 { font-size: 20px; margin: 4px 0 10px 0; } h2 { font-size: 18px; margin: 8px 0 8px 0; }"
        "h3, h4, h5, h6 { font-size: 15px; margin: 8px 0 6px 0; } h1, h2, h3, h4, h5, h6 { font-weight: 600; }"
        f"code, pre {{ font-family: {_MONOSPACE}; font-size: {SMALL}px; }}"
        f"code {{ background-color: {colours.code.name()}; }} blockquote {{ color: {colours.muted.name()}; }}"
    )


_MONOSPACE: Final = "'ui-monospace', 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', 'Noto Sans Mono', monospace"


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - 30 ms that need not delay the tray icon

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
    for rule in (fence, code_block, image, table_open, th_open, td_open, blockquote_open, blockquote_close):
        parser.add_render_rule(rule.__name__, rule)
    return parser


# The arguments of a render rule are markdown-it's: the renderer, the tokens, an index, options, the environment.


def fence(_self: Any, tokens: Any, index: int, _options: Any, env: Any) -> str:
    """A code block in a tinted box, highlighted when its language is known."""
    token = tokens[index]
    language = token.info.split()[0] if token.info.split() else ""
    return _box(_highlighted(token.content.rstrip("\n"), language, env["colours"]), env["colours"])


def code_block(_self: Any, tokens: Any, index: int, _options: Any, env: Any) -> str:
    """An indented code block."""
    return _box(escape(tokens[index].content.rstrip("\n")), env["colours"])


def image(_self: Any, tokens: Any, index: int, _options: Any, _env: Any) -> str:
    """An image is named, not loaded."""
    token = tokens[index]
    return f"<i>[{escape(token.content or 'image')}: {escape(str(token.attrs.get('src', '')))}]</i>"


def table_open(_self: Any, _tokens: Any, _index: int, _options: Any, env: Any) -> str:
    """A table with the borders QTextBrowser can draw."""
    line = env["colours"].line.name()
    return _table(f'border="1" cellpadding="6" style="margin-bottom: 10px; border-style: solid; border-color: {line}"')


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


def _alignment(token: Any) -> str:
    style = str(token.attrs.get("style", ""))
    return style.removeprefix("text-align:") or "left"


def _box(code: str, colours: Palette) -> str:
    margins = 'style="margin-top: 2px; margin-bottom: 12px"'
    table = _table(f'border="0" cellpadding="10" width="100%" bgcolor="{colours.code.name()}" {margins}')
    return f'{table}<tr><td><pre style="line-height: 135%; white-space: pre-wrap">{code}</pre></td></tr></table>'


def _table(attributes: str) -> str:
    return f'<table cellspacing="0" {attributes}>'


def _highlighted(code: str, language: str, colours: Palette) -> str:
    if not language or len(code) > _HIGHLIGHT_LIMIT:
        return escape(code)
    from pygments import highlight  # noqa: PLC0415 - only code with a language pays for it
    from pygments.formatters import HtmlFormatter  # noqa: PLC0415
    from pygments.lexers import get_lexer_by_name  # noqa: PLC0415
    from pygments.util import ClassNotFound  # noqa: PLC0415

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return escape(code)
    style = "one-dark" if colours.is_dark else "friendly"
    return str(highlight(code, lexer, HtmlFormatter(style=style, noclasses=True, nowrap=True)))
