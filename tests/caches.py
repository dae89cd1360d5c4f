"""Caches of a test's own."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.util.locations import cache_folder

__all__ = ["share_tools"]


def share_tools(cache: Path) -> None:
    """Link into a cache what the user's holds of compiled tools: parts of Verilator, Yosys, C code.

    They are the same for all designs, and take seconds to compile.

    Parameters
    ----------
    cache : Path
        A folder that will be the cache; the variable ``HAWX_CACHE`` does not name it yet.
    """
    for kind in ("verilator", "yosys", "kernels"):
        shared = cache_folder(kind)
        if shared is not None:
            shared.mkdir(parents=True, exist_ok=True)
            (cache / kind).symlink_to(shared)
