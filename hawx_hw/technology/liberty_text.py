"""The text of a liberty file: packed or not, in the encodings that kits come in."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from hawx_hw.errors import UserError
from hawx_hw.util.files import read_bytes

__all__ = ["SUFFIXES", "is_liberty", "read_text", "read_unpacked"]

#: How names of liberty files end.
SUFFIXES = (".lib", ".lib.gz")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def is_liberty(path: Path) -> bool:
    """Whether a name is that of a liberty file."""
    return path.name.endswith(SUFFIXES)


def read_unpacked(path: Path) -> bytes:
    """The bytes of a liberty file, unpacked where its name ends in ``.gz``.

    Raises
    ------
    UserError
        The file cannot be read, or is a damaged archive.
    """
    try:
        content = read_bytes(path)
    except OSError as error:
        raise UserError(f"The liberty file cannot be read: {error}", where=str(path)) from error
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(
            f"The liberty file is damaged: {error}", where=str(path), hint="Fetch it again."
        ) from error


def read_text(path: Path) -> str:
    """The text of a liberty file.

    It is UTF-8 or UTF-16 with a byte order mark, otherwise UTF-8, otherwise Latin-1: what is not
    ASCII stands in comments only.

    Raises
    ------
    UserError
        As :func:`read_unpacked`, and where the file is empty.
    """
    text = _decoded(read_unpacked(path))
    if not text.strip():
        raise UserError("The liberty file is empty.", where=str(path), hint="Fetch it again.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(content: bytes) -> str:
    if content.startswith(_UTF16):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")
