"""Decoded images in the user's cache, by a key of all that they depend on.

The cache has a limited size: the files that were not written or read for longest make room. As all
caches it only saves time (:mod:`hawx_hw.util.caches`).
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hawx_hw.util.caches import read_cached, usable_cache_folder, write_cached

__all__ = ["LARGEST", "LIMIT", "CachedArray", "read_array", "write_array"]

_KIND = "images"
#: Bytes of all files, and of the largest array that is cached.
LIMIT = 4 << 30
LARGEST = 1 << 30


@dataclass(frozen=True, eq=False)
class CachedArray:
    """What :func:`write_array` wrote.

    Parameters
    ----------
    array : ndarray of uint8
    notes : tuple of str
    """

    array: np.ndarray
    notes: tuple[str, ...]


def read_array(key: str) -> CachedArray | None:
    """The array of a key; None where it is not cached, or damaged.

    Parameters
    ----------
    key : str
        A name of a file.
    """
    folder = usable_cache_folder(_KIND)
    content = None if folder is None else read_cached(folder / key)
    if folder is None or content is None:
        return None
    end = content.index(b"\n")
    described = json.loads(content[:end])
    # A copy: torch takes no array that must not be written.
    array = (
        np.frombuffer(content, dtype=np.uint8, offset=end + 1).reshape(described["shape"]).copy()
    )
    with suppress(OSError):
        os.utime(folder / key)
    return CachedArray(array, tuple(described["notes"]))


def write_array(key: str, array: np.ndarray, notes: tuple[str, ...]) -> None:
    """Cache an array of uint8, unless it is larger than :data:`LARGEST`; make room for it."""
    folder = usable_cache_folder(_KIND)
    if folder is None or array.nbytes > LARGEST:
        return
    _make_room(folder, LIMIT - array.nbytes)
    head = json.dumps({"shape": array.shape, "notes": notes}).encode()
    write_cached(folder / key, b"".join((head, b"\n", np.ascontiguousarray(array).data)))


def _make_room(folder: Path, limit: int) -> None:
    """Remove the oldest files until the others have no more bytes."""
    with suppress(OSError):
        files = [(path, path.stat()) for path in folder.iterdir() if path.is_file()]
        files.sort(key=lambda each: each[1].st_mtime_ns)
        total = sum(status.st_size for _, status in files)
        for path, status in files:
            if total <= limit:
                return
            path.unlink(missing_ok=True)
            total -= status.st_size
