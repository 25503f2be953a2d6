"""Icons and colours of Deskbell, by name. The only way to them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType


class UnknownResource(LookupError):
    """No resource has this name; the message lists those that exist."""


def icon_names() -> list[str]:
    """The icons there are."""
    folder = files(__name__) / "icons"
    return sorted(item.name.removesuffix(".svg") for item in folder.iterdir() if item.name.endswith(".svg"))


@cache
def icon_svg(name: str) -> str:
    """An icon as SVG text; strokes and fills that follow the text are ``currentColor``. Raises UnknownResource."""
    try:
        return (files(__name__) / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UnknownResource(f"There is no icon {name!r}. Known: {', '.join(icon_names())}.") from None


def theme_colours(name: str) -> Mapping[str, str]:
    """The colours of a theme as ``#RRGGBB`` by name. Raises UnknownResource."""
    themes = _themes()
    try:
        return themes[name]
    except KeyError:
        raise UnknownResource(f"There is no theme {name!r}. Known: {', '.join(themes)}.") from None


@cache
def _themes() -> dict[str, Mapping[str, str]]:
    themes = tomllib.loads((files(__name__) / "themes.toml").read_text(encoding="utf-8"))
    return {name: MappingProxyType(colours) for name, colours in themes.items()}
