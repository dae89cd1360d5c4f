"""Files that are never seen half-written: write aside in the same folder, then rename.

What is written aside is locked meanwhile. The system ends the lock with the process, however that
dies: what is aside and not locked was left by a process that was killed.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import json
import os
import re
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = [
    "FileSet",
    "open_file",
    "read_bytes",
    "read_text",
    "remove_unfinished",
    "sha256_file",
    "sha256_of",
    "write_bytes",
    "write_json",
    "write_text",
]


#: A name of what is written aside.
_ASIDE = re.compile(r"\.(?P<of>.+)\.[a-z0-9_]{8}\.part", re.DOTALL)


def write_bytes(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` at once; its folder is created if need be.

    What a killed process left of the same file is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_of(path)
    handle, aside = _locked_aside(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            # mkstemp makes private files; these are ordinary ones.
            aside.chmod(0o644)
            aside.replace(path)
    except BaseException as error:
        aside.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            # Of the file, not of the one aside, or of none, as where there is no room.
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def remove_unfinished(folder: Path) -> None:
    """Remove what killed processes left of the files that they were writing into a folder.

    Folders below it count, links to folders do not.
    """
    for place, _, names in os.walk(folder):
        for name in filter(_ASIDE.fullmatch, names):
            _remove_abandoned(Path(place, name))


def _remove_of(path: Path) -> None:
    with suppress(OSError):
        for other in path.parent.iterdir():
            match = _ASIDE.fullmatch(other.name)
            if match and match["of"] == path.name:
                _remove_abandoned(other)


def _remove_abandoned(path: Path) -> None:
    """Remove a file that was written aside, unless a process still writes it."""
    # In use, gone meanwhile, no file, or not to be locked here.
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(handle)


def _locked_aside(path: Path) -> tuple[int, Path]:
    """A new file beside ``path``, open and locked."""
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        # Another process may have taken it for abandoned before it was locked.
        if os.fstat(handle).st_nlink:
            return handle, Path(name)
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in UTF-8 at once."""
    write_bytes(path, text.encode())


def write_json(path: Path, content: Any, *, compact: bool = False) -> None:
    """Replace ``path`` by ``content`` as JSON with sorted keys at once.

    It is indented, for people to read, or without a blank where it is ``compact``.
    """
    style: dict[str, Any] = {"separators": (",", ":")} if compact else {"indent": 2}
    write_text(path, json.dumps(content, sort_keys=True, **style) + "\n")


def open_file(path: Path) -> io.BufferedReader:
    """Open a file to read it.

    Raises
    ------
    OSError
        There is no such file, or it is a folder, a device, or a pipe, for whose writer a read would
        wait without end.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            kind = "pipe" if stat.S_ISFIFO(mode) else "device"
            raise OSError(errno.EINVAL, f"It is a {kind} and not a file", str(path))
    except BaseException:
        os.close(handle)
        raise
    return io.BufferedReader(io.FileIO(handle))


def read_bytes(path: Path) -> bytes:
    """The content of a file; errors as for :func:`open_file`."""
    with open_file(path) as file:
        return file.read()


def read_text(path: Path, *, errors: str = "strict") -> str:
    """The content of a text file in UTF-8, with any line ends as newlines.

    Raises
    ------
    OSError
        As for :func:`open_file`; or it is not UTF-8, which is the system's kind of error too: the
        message names the file.
    """
    with io.TextIOWrapper(open_file(path), encoding="utf-8", errors=errors) as file:
        try:
            return file.read()
        except UnicodeDecodeError as error:
            what = f"It is no text in UTF-8: {error.reason}"
            raise OSError(errno.EILSEQ, what, str(path)) from error


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal; errors as for :func:`open_file`."""
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class FileSet:
    """Files of a folder that count as one.

    Parameters
    ----------
    root : Path
    names : tuple of str
        Their paths below ``root``, sorted.
    mentioned : tuple of str
        Paths of files that count by their names alone.
    """

    root: Path
    names: tuple[str, ...]
    mentioned: tuple[str, ...] = ()

    def __str__(self) -> str:
        return str(self.root)


def sha256_of(files: Path | FileSet) -> str:
    """SHA-256 of a file, or of the names and contents of several; errors as for
    :func:`open_file`.
    """
    if isinstance(files, Path):
        return sha256_file(files)
    state = hashlib.sha256()
    for name in files.names:
        state.update(f"{name}\0{sha256_file(files.root / name)}\0".encode())
    state.update("\0".join(files.mentioned).encode())
    return state.hexdigest()
