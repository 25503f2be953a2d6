"""What fuzzing has found stays mended."""

from __future__ import annotations

from pathlib import Path

import pytest

import request_decoder

CORPUS = sorted(Path(__file__).with_name("corpus").iterdir())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_is_taken_or_refused_in_words(path: Path) -> None:
    """Each kept input goes through the decoder without a mistake."""
    request_decoder.take(path.read_bytes())
