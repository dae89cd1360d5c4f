"""What a device has of the cells that synthesis chooses, and what a design has too many of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Supply", "shortages"]


@dataclass(frozen=True)
class Supply:
    """How many cells of some kinds a device has.

    Parameters
    ----------
    title : str
        In messages, such as ``"block RAMs"``.
    available : int
    kinds : mapping of str to int
        How many a cell takes, by a regular expression that the whole name of its kind matches.
    """

    title: str
    available: int
    kinds: Mapping[str, int]


def shortages(counts: Mapping[str, int], supplies: Sequence[Supply]) -> list[str]:
    """What a design needs more of than there is, in words with numbers.

    Only cells that place and route can make no fewer of: what it merges must not be among the
    kinds.

    Parameters
    ----------
    counts : mapping of str to int
        Cells of the synthesized design by their kinds.
    supplies : sequence of Supply
    """
    lacking = []
    for supply in supplies:
        needed = sum(
            each * count
            for pattern, each in supply.kinds.items()
            for kind, count in counts.items()
            if re.fullmatch(pattern, kind)
        )
        if needed > supply.available:
            lacking.append(
                f"it needs {needed:,} {supply.title} of {supply.available:,}, "
                f"{needed - supply.available:,} too many"
            )
    return lacking
