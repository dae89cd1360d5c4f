"""The idx format of MNIST: a magic number, the lengths of the axes, then the bytes."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

from hawx_hw.errors import UserError
from hawx_hw.util.files import read_bytes

__all__ = ["DamagedError", "decompress", "parse", "read_content"]

_UINT8 = 0x08


class DamagedError(Exception):
    """Compressed bytes are cut short or altered."""


def decompress(packed: bytes) -> bytes:
    """The content of gzip-compressed bytes.

    Raises
    ------
    DamagedError
    """
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as error:
        # gzip.BadGzipFile is an OSError.
        raise DamagedError(f"the .gz is damaged: {error}") from error


def read_content(path: Path) -> bytes:
    """The bytes of a file, decompressed where it ends in ``.gz``; UserError where it is damaged."""
    try:
        content = read_bytes(path)
        return decompress(content) if path.suffix == ".gz" else content
    except (OSError, DamagedError) as error:
        raise UserError(
            f"The file cannot be read: {error}.",
            where=str(path),
            hint="Remove it, so that it is fetched again, or put an undamaged one there.",
        ) from error


def parse(content: bytes, where: str) -> np.ndarray:
    """The array of an idx file of unsigned bytes.

    Parameters
    ----------
    content : bytes
        The whole file, decompressed.
    where : str
        Names the file in errors.

    Returns
    -------
    ndarray of uint8
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UINT8 or content[3] < 1:
        raise UserError("The file is not an idx file of unsigned bytes.", where=where)
    axes = content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise UserError("The idx file ends within its header.", where=where)
    shape = struct.unpack(f">{axes}I", content[4:start])
    size = 1
    for length in shape:
        size *= length
    if len(content) - start != size:
        raise UserError(
            f"The idx file announces {size} bytes ({shape}) but holds {len(content) - start}.",
            where=where,
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
