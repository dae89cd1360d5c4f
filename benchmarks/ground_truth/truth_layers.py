"""The truth about a space small enough to run all of it, by the prefixes that assignments share."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ground_truth.truth import Parts, Truth

from hawx_hw.assignment.space import Space
from hawx_hw.search.oracle import Oracle

__all__ = ["enumerate_truth"]

#: Assignments between two savings: neighbors in number share all but their last units.
_PART = 512


def enumerate_truth(
    space: Space,
    oracle: Oracle,
    folder: Path,
    *,
    part: int = _PART,
    progress: Callable[[int, int], None] | None = None,
) -> Truth:
    """Ask an oracle for every assignment of a space.

    Parameters
    ----------
    space : Space
    oracle : Oracle
        An :class:`~hawx_hw.search.oracle.EmulatedOracle` runs again only what differs from its last
        assignment, and is asked in an order in which that is little.
    folder : Path
        Keeps parts: an interrupted enumeration continues.
    part : int
        Assignments a part, >= 1.
    progress : callable or None
        Told the assignments that are done, and of how many.
    """
    if part < 1:
        raise ValueError(f"part must be at least 1, not {part!r}")
    parts = Parts(folder, f"{oracle.key} {part}")
    right = np.empty(space.size, dtype=np.int32)
    total = 0.0
    for number, start in enumerate(range(0, space.size, part)):
        numbers = np.arange(start, min(start + part, space.size))
        found = parts.get(number)
        if found is None:
            before = time.process_time()
            counts = oracle(space.vectors(numbers))
            found = counts, time.process_time() - before
            parts.put(number, *found)
        right[numbers] = found[0]
        total += found[1]
        if progress:
            progress(int(numbers[-1]) + 1, space.size)
    return Truth(space, oracle.key, oracle.images, oracle.exact, right, total)
