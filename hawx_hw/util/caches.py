"""Files in the user's cache: verified whenever they are read, and never needed.

A cache only saves time. Where there is no folder for it, or none that can be written, or it is
full, everything is made again; where a file in it is damaged, that one is. What is read is the
content of the file and not the file itself, so that nothing changes under the reader's hands.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from hawx_hw.util.files import read_bytes, write_bytes
from hawx_hw.util.locations import cache_folder

__all__ = ["cache_problem", "read_cached", "usable_cache_folder", "write_cached"]

_DIGEST = hashlib.sha256
_SIZE = _DIGEST().digest_size


def read_cached(path: Path | None) -> bytes | None:
    """The content that :func:`write_cached` wrote; None where it is missing or damaged.

    Parameters
    ----------
    path : Path or None
        None where there is no cache.
    """
    if path is None:
        return None
    try:
        if not path.is_file():
            return None
        stored = read_bytes(path)
    except OSError:
        return None
    content, digest = stored[:-_SIZE], stored[-_SIZE:]
    return content if _DIGEST(content).digest() == digest else None


def write_cached(path: Path | None, content: bytes) -> None:
    """Write ``content`` with its digest at its end; nothing where the cache cannot be written."""
    if path is not None:
        with suppress(OSError):
            write_bytes(path, content + _DIGEST(content).digest())


def usable_cache_folder(kind: str) -> Path | None:
    """A folder in the user's cache, made if need be; None where it cannot be written.

    Parameters
    ----------
    kind : str
        One of :data:`~hawx_hw.util.locations.CACHES`.
    """
    folder = cache_folder(kind)
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


def cache_problem() -> str | None:
    """Why nothing can be cached, as a sentence; None where it can."""
    folder = cache_folder()
    if folder is None:
        return "There is no home folder, and so no folder for a cache."
    probe = folder / f".probe-{os.getpid()}"
    try:
        write_bytes(probe, b"\0" * 4096)
        probe.unlink()
    except OSError as error:
        return f"{folder} cannot be written: {error.strerror or error}."
    return None
