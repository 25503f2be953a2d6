"""Files that are what they claim to be, and files that are not."""

from __future__ import annotations

import re
import zlib

import pytest

from deskbell.media import _BINARY, Format, mismatch

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20
PDF = b"%PDF-1.7\n"
ZIP = b"PK\x03\x04" + b"\0" * 20

BEGINNINGS = {
    "png": PNG,
    "jpg": JPEG,
    "gif": b"GIF89a\1\0",
    "webp": b"RIFF\x0a\0\0\nWEBPVP8 ",
    "bmp": b"BM\x1a\0\0\0",
    "tif": b"II*\0",
    "ico": b"\0\0\1\0",
    "avif": b"\0\0\0\nftypavif",
    "pdf": PDF,
    "zip": ZIP,
    "gz": b"\x1f\x8b\x08",
    "bz2": b"BZh9",
    "xz": b"\xfd7zXZ\0",
    "zst": b"\x28\xb5\x2f\xfd",
    "7z": b"7z\xbc\xaf\x27\x1c",
    "exe": b"MZ\x90\0",
    "docx": b"\xd0\xcf\x11\xe0",
}


@pytest.mark.parametrize("known", _BINARY, ids=lambda known: known.title)
def test_every_known_format_is_told_by_its_first_bytes(known: Format) -> None:
    """Each format takes the sample of its own and no other; an Office document may be a ZIP archive."""
    fitting = {ending for ending, data in BEGINNINGS.items() if known.fits(data)}
    own = fitting - {"zip"} if "docx" in known.endings else fitting

    assert len(own) == 1
    assert own <= known.endings


@pytest.mark.parametrize(
    ("name", "media_type", "data"),
    [
        ("a.png", "image/png", PNG),
        ("A.PNG", "IMAGE/PNG", PNG),
        ("a.png", "application/octet-stream", PNG),
        ("a", "image/png", PNG),
        ("a.PNG. ", "image/png", PNG),
        ("a.png", "image/png; q=1", PNG),
        ("a.jpeg", "image/jpeg", JPEG),
        ("a.pdf", "application/pdf", PDF),
        ("a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ZIP),
        ("a.txt", "text/plain", b"abc"),
        ("a.txt", "text/plain; charset=utf-8", "Grüße 🔔".encode()),
        ("a.csv", "text/plain", b"a,b"),
        ("a.svg", "image/svg+xml", b"<svg/>"),
        ("a.json", "application/json", b"{}"),
        ("a.bin", "application/octet-stream", PNG),
        ("a.log", "application/octet-stream", b"\xff\0"),
        ("a.ts", "video/mp2t", b"G\0\xff"),
        ("png", "application/x-own", b"\0"),
        ("a", "b", b"\0"),
    ],
)
def test_what_nothing_contradicts_is_taken(name: str, media_type: str, data: bytes) -> None:
    """Name, media type and content that agree, or promise nothing."""
    assert mismatch(name, media_type, data) is None


@pytest.mark.parametrize(
    ("name", "media_type", "data", "words"),
    [
        ("a.png", "image/png", JPEG, "'a.png' does not hold a PNG image. Name and declare it as what it is."),
        ("a.png", "image/png", PNG[:7], "does not hold a PNG image"),
        ("a.png", "image/png", b" " + PNG, "does not hold a PNG image"),
        ("a.png", "application/octet-stream", b"x", "does not hold a PNG image"),
        ("a", "image/png", b"<script>", "does not hold a PNG image"),
        (
            "a.png",
            "image/jpeg",
            JPEG,
            "'a.png' is named like a PNG image but declared as image/jpeg. Make the two agree.",
        ),
        ("a.png ", "image/jpeg", JPEG, "Make the two agree"),
        ("a.exe", "image/png", PNG, "named like a Windows program"),
        ("a.pdf.exe", "application/pdf", PDF, "named like a Windows program"),
        ("a.txt", "image/png", PNG, "named like text"),
        ("a.png", "text/html", b"<b>", "named like a PNG image but declared as text/html"),
        ("a.gif", "image/gif", b"GIF90a", "does not hold a GIF image"),
        ("a.webp", "image/webp", b"RIFF\0\0\0\0WAVE", "does not hold a WebP image"),
        ("a.docx", "application/octet-stream", b"MZ", "does not hold an Office document"),
        ("a.txt", "text/plain", b"a\0b", "'a.txt' is not text in UTF-8. Encode it so"),
        ("a.txt", "text/plain", b"\xff\xfea\0", "not text in UTF-8"),
        ("a.txt", "text/plain; charset=latin-1", "Grüße".encode("latin-1"), "not text in UTF-8"),
        ("a.md", "application/octet-stream", b"\x7fELF\0", "not text in UTF-8"),
        ("a.json", "application/json", zlib.compress(b"{}"), "not text in UTF-8"),
    ],
)
def test_a_contradiction_is_told(name: str, media_type: str, data: bytes, words: str) -> None:
    """What does not agree is said in a sentence that says what to do."""
    told = mismatch(name, media_type, data)

    assert told is not None
    assert re.search(re.escape(words), told)
