"""Paths as people write them, and whether a file can be written there."""

from __future__ import annotations

import os
from pathlib import Path

from hawx_hw.errors import UserError, shown

__all__ = ["check_output", "user_path"]

#: Bytes that a name may have on the file systems in use, and those that the name of the file
#: has more while it is written.
_NAME_MAX = 255
_ASIDE = 20


def user_path(text: str | Path, where: str | None = None) -> Path:
    """The path that a user wrote, with a ``~`` at its start resolved.

    Parameters
    ----------
    text : str or Path
    where : str or None
        Where it was written, for the error.

    Raises
    ------
    UserError
        There is no such user, or a part of it can be no name of a file.
    """
    path = Path(text)
    try:
        path = path.expanduser()
    except RuntimeError as error:
        raise UserError(
            f"There is no user for the ~ of {shown(str(text))}",
            where=where,
            hint="Write the whole path, or ./ in front of a name that begins with ~.",
        ) from error
    if "\0" in str(path):
        raise UserError(f"A path holds no NUL, as {shown(str(text))} does", where=where)
    try:
        longest = max((len(os.fsencode(part)) for part in path.parts), default=0)
    except UnicodeEncodeError as error:
        raise UserError(f"No file can be named {shown(str(text))}", where=where) from error
    if longest > _NAME_MAX:
        raise UserError(
            f"A name in a path has at most {_NAME_MAX} bytes, not {longest:,}: {shown(str(text))}",
            where=where,
        )
    return path


def check_output(path: Path, where: str, *, suffixes: tuple[str, ...] = ()) -> Path:
    """Refuse now what would fail when a file is written after a long computation.

    Parameters
    ----------
    path : Path
        The file; it, and folders above it, need not exist yet.
    where : str
        The option that names it, for errors.
    suffixes : tuple of str
        What its name must end in one of; empty: anything.

    Returns
    -------
    Path
        See :func:`user_path`.

    Raises
    ------
    UserError
        The name has another ending or is too long, the path is a folder's, or its folder can
        neither be written nor made.
    """
    place = f"{where}: {_short(path)}"
    path = user_path(path, where)
    if suffixes and path.suffix not in suffixes:
        raise UserError(f"The name must end in {' or '.join(suffixes)}", where=place)
    if len(os.fsencode(path.name)) > _NAME_MAX - _ASIDE:
        raise UserError(
            f"The name of a file has at most {_NAME_MAX - _ASIDE} bytes here", where=place
        )
    try:
        if path.is_dir() or not path.name:
            raise UserError("This is a folder", where=place, hint="Name a file.")
        folder = path.parent
        while not folder.exists():
            if folder.is_symlink():
                raise UserError(f"{_short(folder)} is a link to nothing", where=place)
            folder = folder.parent
        if not folder.is_dir():
            raise UserError(f"{_short(folder)} is not a folder", where=place)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise UserError(f"The folder {_short(folder)} cannot be written", where=place)
    except OSError as error:
        raise UserError(f"{error.strerror or error}", where=place) from error
    return path


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 200 else f"{text[:100]}...{text[-100:]}"
