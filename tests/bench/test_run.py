"""The benchmark itself must not rot."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_WANTED = (
    "queue cycles",
    "rows of history",
    "cold start",
    "deskbell ask",
    "bare Qt window",
    "POST → first pixels",
    "Markdown",
    "click → asker",
    "creates over HTTP",
    "blocked waiters",
    "GUI stall",
    "idle",
)


def test_a_quick_run_measures_every_row(tmp_path: Path) -> None:
    """A run in small measures something for every goal, prints the table and writes it as JSON."""
    figures = tmp_path / "bench.json"
    script = Path(__file__).with_name("run.py")

    run = subprocess.run(
        [sys.executable, script, "--quick", "--json", figures], capture_output=True, text=True, timeout=110, check=False
    )

    assert run.returncode == 0, run.stderr
    rows = json.loads(figures.read_text(encoding="utf-8"))["rows"]
    assert [name for name in _WANTED if not any(name in row["what"] for row in rows)] == []
    assert all(row["measured"] >= 0 and row["what"] in run.stdout for row in rows)
