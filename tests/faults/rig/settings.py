"""The settings file of a desk under test."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any


def write_settings(home: Path, **sections: dict[str, Any]) -> None:
    """Write the settings of the desk in ``home``; a port of its own unless said otherwise."""
    sections["listener"] = {"port": free_port()} | sections.get("listener", {})
    lines = []
    for section, values in sections.items():
        lines += [f"[{section}]", *(f"{name} = {json.dumps(value)}" for name, value in values.items())]
    path = home / "config" / "settings.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
