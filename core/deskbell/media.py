"""Whether a file is what its name and its declared media type say, judged by its first bytes.

Types and endings that are not listed here promise nothing, so nothing can contradict them: whoever shows such a file
treats it as ``application/octet-stream``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: what it is called, and what its content begins with."""

    title: str
    types: frozenset[str]
    endings: frozenset[str]
    beginning: re.Pattern[bytes] | None = None
    """None for text, which is known by being valid UTF-8 without NUL."""

    def fits(self, data: bytes) -> bool:
        """Whether ``data`` can be a file of this kind."""
        return self.beginning.match(data) is not None if self.beginning else _is_text(data)


def _format(title: str, types: str, endings: str, beginning: bytes | None = None) -> Format:
    pattern = None if beginning is None else re.compile(beginning, re.DOTALL)
    return Format(title, frozenset(types.split()), frozenset(endings.split()), pattern)


_BINARY: Final = (
    _format("a PNG image", "image/png image/x-png image/apng", "png apng", rb"\x89PNG\r\n\x1a\n"),
    _format("a JPEG image", "image/jpeg image/jpg image/pjpeg", "jpg jpeg jpe jfif", rb"\xff\xd8\xff"),
    _format("a GIF image", "image/gif", "gif", rb"GIF8[79]a"),
    _format("a WebP image", "image/webp", "webp", rb"RIFF.{4}WEBP"),
    _format("a BMP image", "image/bmp image/x-bmp image/x-ms-bmp", "bmp dib", rb"BM"),
    _format("a TIFF image", "image/tiff", "tif tiff", rb"II[*+]\x00|MM\x00[*+]"),
    _format("an icon", "image/vnd.microsoft.icon image/x-icon", "ico", rb"\x00\x00\x01\x00"),
    _format("an AVIF image", "image/avif", "avif", rb".{4}ftypavi[fs]"),
    _format("a PDF document", "application/pdf application/x-pdf", "pdf", rb"%PDF-"),
    _format(
        "a ZIP archive",
        "application/zip application/x-zip-compressed application/epub+zip application/java-archive",
        "zip epub jar whl apk odt ods odp",
        rb"PK(\x03\x04|\x05\x06|\x07\x08)",
    ),
    _format(
        "an Office document",  # zipped, or encrypted in the older container
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document "
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet "
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "docx xlsx pptx",
        rb"PK\x03\x04|\xd0\xcf\x11\xe0",
    ),
    _format("gzip data", "application/gzip application/x-gzip", "gz tgz", rb"\x1f\x8b"),
    _format("bzip2 data", "application/x-bzip2", "bz2", rb"BZh[1-9]"),
    _format("xz data", "application/x-xz", "xz", rb"\xfd7zXZ\x00"),
    _format("Zstandard data", "application/zstd", "zst", rb"\x28\xb5\x2f\xfd"),
    _format("a 7-Zip archive", "application/x-7z-compressed", "7z", rb"7z\xbc\xaf\x27\x1c"),
    _format(
        "a Windows program",
        "application/vnd.microsoft.portable-executable application/x-msdownload application/x-dosexec",
        "exe dll scr",
        rb"MZ",
    ),
)

_TEXT: Final = _format(
    "text",
    "application/json application/ld+json application/x-ndjson application/jsonl application/xml application/toml "
    "application/javascript application/x-javascript application/yaml application/x-yaml application/sql "
    "application/x-sh image/svg+xml",
    # .log and .ts are not here: logs hold raw bytes, and .ts is also a video.
    "txt text md markdown rst csv tsv json jsonl ndjson xml svg html htm css js mjs cjs tsx jsx py pyi rb rs go c h cc "
    "cpp hpp java kt swift sh bash zsh bat cmd ps1 yaml yml toml ini cfg diff patch sql tex",
)

_BY_TYPE: Final = {name: known for known in (*_BINARY, _TEXT) for name in known.types}
_BY_ENDING: Final = {name: known for known in (*_BINARY, _TEXT) for name in known.endings}


def mismatch(name: str, media_type: str, data: bytes) -> str | None:
    """Why a file is not what it claims to be, in a sentence that says what to do; None if nothing contradicts it."""
    declared, named = _of_type(media_type), _of_ending(name)
    if declared and named and declared is not named:
        return f"{name!r} is named like {named.title} but declared as {media_type}. Make the two agree."
    claimed = declared or named
    if claimed is None or claimed.fits(data):
        return None
    if claimed is _TEXT:
        return f"{name!r} is not text in UTF-8. Encode it so, or name and declare it as what it is."
    return f"{name!r} does not hold {claimed.title}. Name and declare it as what it is."


def _of_type(media_type: str) -> Format | None:
    essence = media_type.partition(";")[0].strip().lower()
    return _TEXT if essence.startswith("text/") else _BY_TYPE.get(essence)


def _of_ending(name: str) -> Format | None:
    _, dot, ending = name.rstrip(". ").rpartition(".")  # as Windows reads names
    return _BY_ENDING.get(ending.lower()) if dot else None


def _is_text(data: bytes) -> bool:
    if b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
