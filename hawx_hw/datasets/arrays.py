"""Reads arrays of an ``.npz`` archive: no pickles, no more than memory takes, one error."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import numpy as np

from hawx_hw.errors import UserError, shown
from hawx_hw.util.files import open_file

__all__ = ["BYTES_MAX", "array_keys", "read_arrays"]

#: Bytes of the arrays that are read of one archive, uncompressed.
BYTES_MAX = 8 << 30
_Result = TypeVar("_Result")


def array_keys(path: Path) -> tuple[str, ...]:
    """The keys of an archive, in its order.

    Raises
    ------
    UserError
        The file is missing or damaged.
    """
    return _in_archive(path, lambda archive: tuple(archive.files))


def read_arrays(
    path: Path, required: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, np.ndarray]:
    """Arrays of an ``.npz`` file by key; pickled objects are refused.

    Raises
    ------
    UserError
        The file is missing or damaged, a required key is missing, or the arrays have more than
        :data:`BYTES_MAX` bytes.
    """
    where, required, optional = str(path), tuple(required), tuple(optional)

    def read(archive: np.lib.npyio.NpzFile) -> tuple[dict[str, np.ndarray], list[str]]:
        keys = [key for key in dict.fromkeys((*required, *optional)) if key in archive.files]
        _check_size(archive, keys, where)
        return {key: archive[key] for key in keys}, archive.files

    arrays, keys = _in_archive(path, read)
    for key, array in arrays.items():
        # numpy returns what is no array as bytes.
        if not isinstance(array, np.ndarray):
            raise UserError(
                f"What the archive holds as {shown(key)} is no array.",
                where=where,
                hint="Write it with numpy.savez_compressed(path, x=..., y=...).",
            )
    for key in required:
        if key not in arrays:
            there = ", ".join(sorted(keys)[:20]) or "none"
            raise UserError(f"The archive has no array {key!r}; it has {there}.", where=where)
    return arrays


def _in_archive(path: Path, read: Callable[[np.lib.npyio.NpzFile], _Result]) -> _Result:
    """What ``read`` makes of the open archive; whatever numpy raises becomes one error."""
    where = str(path)
    try:
        file = open_file(path)
    except FileNotFoundError as error:
        raise UserError("There is no such file.", where=where) from error
    except OSError as error:
        what = f"The file cannot be read: {error.strerror or error}."
        raise UserError(what, where=where) from error
    try:
        with file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.lib.npyio.NpzFile):
                return read(archive)
    except UserError:
        raise
    except Exception as error:  # numpy and zipfile raise a dozen types on damaged archives
        raise UserError(
            f"The archive cannot be read: {str(error).partition(chr(10))[0][:200].rstrip('.')}.",
            where=where,
            hint="Write it anew with numpy.savez_compressed; arrays of Python objects are refused.",
        ) from error
    raise UserError(
        "The file is not an .npz archive.",
        where=where,
        hint="Write it with numpy.savez_compressed(path, x=..., y=...).",
    )


def _check_size(archive: np.lib.npyio.NpzFile, keys: Iterable[str], where: str) -> None:
    """Refuse arrays too large to unpack; zipfile reads no more bytes than a member declares."""
    there = {member.filename: member for member in _members(archive)}
    sizes = (there.get(f"{key}.npy", there.get(key)) for key in keys)
    size = sum(member.file_size for member in sizes if member is not None)
    if size > BYTES_MAX:
        raise UserError(
            f"The arrays have {size / 2**30:,.1f} GiB when unpacked, more than "
            f"{BYTES_MAX >> 30} GiB.",
            where=where,
            hint="Store fewer images, or smaller ones, as uint8.",
        )


def _members(archive: np.lib.npyio.NpzFile) -> list[zipfile.ZipInfo]:
    zipped = archive.zip
    return [] if zipped is None else zipped.infolist()
