"""Scratch folders: all under one folder of ours, and none outlives its process for long.

Every scratch folder has a lock, which the system ends with the process, however that dies. A folder
whose lock nobody holds was left by a process that was killed; it is removed by the next process
that asks for a scratch folder. A folder without our lock, or with anything beside it that is not
ours, is never touched. Process numbers, which the system reuses, play no part.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from hawx_hw.errors import UserError
from hawx_hw.util.locations import cache_folder
from hawx_hw.util.plain_paths import is_plain

__all__ = ["SCRATCH", "remove_abandoned", "scratch_folder", "scratch_root"]

#: Name of a folder of scratch folders within a folder of results.
SCRATCH = ".scratch"
_LOCK = "lock"
_CONTENT = "files"
#: Where the user's own folders cannot be used.
_SYSTEM = ("/tmp", "/var/tmp")  # noqa: S108 (one folder of this user alone in them)
#: Bytes.
_PROBE = 1 << 16
#: Of a scratch folder: its use, and what makes it unique.
_NAME = re.compile(r".+-[a-z0-9_]{8}")


@contextmanager
def scratch_folder(prefix: str, root: Path | None = None) -> Iterator[Path]:
    """Make an empty folder, which is removed at the end; after a kill, on the next start.

    Parameters
    ----------
    prefix : str
        Its use, as part of its name.
    root : Path or None
        The folder that holds it, created if need be, where results must be renamed into a place on
        the same file system. Scratch folders in it that were left by a process that was killed are
        removed; whatever else it holds stays. If left out: ``scratch`` in the user's cache, or in
        the system's temporary folder where there is no cache that can be written; a plain path
        (:mod:`hawx_hw.util.plain_paths`).

    Raises
    ------
    UserError
        There is no folder that can be written.
    """
    from filelock import FileLock

    if root is None:
        root = scratch_root()
    else:
        root = root.absolute()
        _make(root)
    _sweep(root)
    # The gate is closed while folders are made and swept: none is seen without its lock.
    with FileLock(root / _LOCK):
        folder = Path(tempfile.mkdtemp(dir=root, prefix=f"{prefix}-"))
        # Entered and left in different threads where the caller's generator wanders.
        lock = FileLock(folder / _LOCK, thread_local=False)
        lock.acquire()
    try:
        content = folder / _CONTENT
        content.mkdir()
        yield content
    finally:
        lock.release()
        _remove(folder)


def remove_abandoned(root: Path | None = None) -> None:
    """Remove scratch folders of processes that were killed; the first call in a process does it.

    Parameters
    ----------
    root : Path or None
        The folder that holds them; if left out, that of :func:`scratch_folder`.
    """
    # A folder that is missing, or cannot be used, holds none of ours.
    with suppress(OSError, UserError):
        root = (scratch_root() if root is None else root).absolute()
        if root.is_dir() and not root.is_symlink():
            _sweep(root)


def scratch_root() -> Path:
    """The folder that holds scratch folders: the first that can be used.

    Raises
    ------
    UserError
        There is none.
    """
    roots = list(_roots())
    for root in roots:
        if _is_usable(root, given=root == cache_folder("scratch")):
            return root.resolve()
    raise UserError(
        "There is no folder for scratch files: none that can be written, has space, and a path of "
        "ASCII letters, digits and _ . + - alone.",
        where=str(roots[0]),
        hint="Set HAWX_CACHE or TMPDIR to one.",
    )


def _roots() -> Iterator[Path]:
    """Where scratch folders may lie, in order of preference."""
    cached = cache_folder("scratch")
    if cached is not None:
        yield cached
    # Of this user alone: others may write into the system's temporary folders.
    name = f"hawx_hw-{os.getuid()}"
    with suppress(OSError):  # none that can be written
        yield Path(tempfile.gettempdir()) / name
    for folder in _SYSTEM:
        yield Path(folder) / name


def _is_usable(root: Path, *, given: bool) -> bool:
    """Whether the folder has a plain path and can be written by this user.

    ``given``: its owner is who named it. Of another folder others may have made a link.
    """
    try:
        if not is_plain(root.resolve()) or (root.is_symlink() and not given):
            return False
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if root.stat().st_uid != os.getuid():
            return False
        # The file system may be full, or of a kind that permissions say nothing about.
        with tempfile.TemporaryFile(dir=root, buffering=0) as probe:
            return probe.write(bytes(_PROBE)) == _PROBE
    except OSError:
        return False


def _make(root: Path) -> None:
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        usable = root.stat().st_uid == os.getuid() and os.access(root, os.W_OK | os.X_OK)
    except OSError:
        usable = False
    if not usable:
        raise UserError(
            "The folder cannot be written.", where=str(root), hint="Change its owner or its mode."
        )


@cache
def _sweep(root: Path) -> None:
    """Remove the scratch folders of processes that have died; once in a process."""
    from filelock import FileLock, Timeout

    with FileLock(root / _LOCK):
        for folder in root.iterdir():
            # In use, or gone meanwhile.
            with suppress(Timeout, OSError):
                if _is_scratch(folder):
                    with FileLock(folder / _LOCK, blocking=False):
                        _remove(folder)
                elif _NAME.fullmatch(folder.name) and not folder.is_symlink():
                    # Killed before it had its lock, or when it was all but removed: only an empty
                    # folder can be removed so.
                    folder.rmdir()


def _is_scratch(folder: Path) -> bool:
    """Whether a folder holds our lock, and nothing that is not ours."""
    if folder.is_symlink() or not (folder / _LOCK).is_file():
        return False
    return {path.name for path in folder.iterdir()} <= {_LOCK, _CONTENT}


def _remove(folder: Path) -> None:
    # The lock goes last: what is left where the process is killed here is then removed later.
    shutil.rmtree(folder / _CONTENT, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
