"""Paths for tools that take only plain ones.

Make, Verilator and others read a space, ``$``, ``#``, a quote and the like in a path as something
else than a letter, and none has a way to write them that all of its parts obey. Such tools work in
a scratch folder, which has a plain path, and see other folders through links in it.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

__all__ = ["is_plain", "original_paths", "plain_path"]

_PLAIN = re.compile(r"/|/?[A-Za-z0-9_.+][A-Za-z0-9_./+-]*")


def is_plain(path: Path) -> bool:
    """Whether every tool takes this path for what it is."""
    return _PLAIN.fullmatch(str(path)) is not None


def plain_path(path: Path, folder: Path) -> Path:
    """A plain path to ``path``: itself, or through a link to its folder.

    Parameters
    ----------
    path : Path
        Its name is plain.
    folder : Path
        Gets the link; has a plain path.
    """
    path = path.absolute()
    if is_plain(path):
        return path
    link = folder / f"link-{hashlib.sha256(os.fsencode(path.parent)).hexdigest()[:12]}"
    with suppress(FileExistsError):
        link.symlink_to(path.parent)
    return link / path.name


def original_paths(text: str, folder: Path) -> str:
    """``text``, such as a tool's messages, with paths themselves for the links in ``folder``."""
    for link in folder.glob("link-*"):
        if link.is_symlink():
            text = text.replace(str(link), str(link.readlink()))
    return text
