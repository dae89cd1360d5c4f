"""Where data lies: the user's data folder, one beside the repository, the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cache_folder", "data_folders"]

_REPOSITORY = Path(__file__).resolve().parents[2]


def data_folders() -> list[Path]:
    """Folders to look for data in, in order; they need not exist.

    ``HAWX_DATA``, then ``../shared/data`` seen from the repository, then :func:`cache_folder`.
    """
    given = os.environ.get("HAWX_DATA")
    folders = [Path(given).expanduser()] if given else []
    folders.append(_REPOSITORY.parent / "shared" / "data")
    cache = cache_folder()
    return [*folders, cache] if cache else folders


def cache_folder() -> Path | None:
    """``$HAWX_CACHE``, ``$XDG_CACHE_HOME/hawx_hw`` or ``~/.cache/hawx_hw``; None without a home."""
    own = os.environ.get("HAWX_CACHE")
    if own:
        return Path(own).expanduser().absolute()
    given = os.environ.get("XDG_CACHE_HOME")
    # The XDG specification says that relative paths are to be ignored.
    if given and Path(given).is_absolute():
        return Path(given) / "hawx_hw"
    try:
        return Path.home() / ".cache" / "hawx_hw"
    except RuntimeError:
        return None
