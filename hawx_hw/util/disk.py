"""Room on file systems: tools fail in many ways where there is none, and few of them state it."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from hawx_hw.errors import UserError

__all__ = ["FullError", "check_space"]

#: Bytes that are left on a file system that is full: parts of files, too few for the next one.
_LEFT = 1 << 20
_REPORTED = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT))


class FullError(UserError):
    """There is no room for files."""

    def __init__(self, folder: Path):
        super().__init__(
            "There is no space left on the device.",
            where=str(folder),
            hint="Make room, or choose other folders with --build, HAWX_CACHE and TMPDIR.",
        )


def check_space(*folders: Path | None, log: str = "") -> None:
    """Raise FullError if a tool that worked in these folders ran out of room.

    Parameters
    ----------
    folders : Path or None
        None, and what does not exist, counts as not full.
    log : str
        What the tool wrote, in English.
    """
    existing = [folder for folder in folders if folder is not None and folder.is_dir()]
    for folder in existing:
        if shutil.disk_usage(folder).free < _LEFT:
            raise FullError(folder)
    if any(text in log for text in _REPORTED):
        raise FullError(existing[0] if existing else Path.cwd())
