"""The long run itself must not rot."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

WANTED = ("kills", "50/s", "in a second", "waiters", "open", "rows of history", "memory it leaves", "descriptors")


def test_a_quick_run_does_everything(tmp_path: Path) -> None:
    """A run in small kills the app, loads it in every way, prints the table and writes it as JSON."""
    figures = tmp_path / "soak.json"
    script = Path(__file__).with_name("run.py")

    run = subprocess.run(
        [sys.executable, script, "--quick", "--json", figures], capture_output=True, text=True, timeout=110, check=False
    )

    assert run.returncode == 0, run.stderr
    rows = json.loads(figures.read_text(encoding="utf-8"))["rows"]
    assert [name for name in WANTED if not any(name in row["what"] for row in rows)] == []
    assert all(row["what"] in run.stdout for row in rows)
    counts = [row for row in rows if row["unit"] == "" and row["goal"] == 0]
    assert [row["what"] for row in counts if row["verdict"] != "ok"] == []
