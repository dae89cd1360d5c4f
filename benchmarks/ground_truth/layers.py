"""All assignments of a small space, evaluated by the prefixes that they share."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ground_truth.exhaustive import GroundTruth, Parts

from hawx_hw.assignment.space import Space
from hawx_hw.search.oracle import Oracle

__all__ = ["enumerated"]

#: Assignments between two savings: neighbors in number share all but their last units.
_PART = 512


def enumerated(
    space: Space,
    oracle: Oracle,
    folder: Path,
    *,
    part: int = _PART,
    progress: Callable[[int, int], None] | None = None,
) -> GroundTruth:
    """Evaluate every assignment of a space.

    Parameters
    ----------
    space : Space
    oracle : Oracle
        An :class:`~hawx_hw.search.oracle.EmulatedOracle` runs again only what differs from its last
        assignment, and gets them in an order in which that is little.
    folder : Path
        Of the parts: an interrupted enumeration continues.
    part : int
        Assignments a part, >= 1.
    progress : callable or None
        Called with the assignments that are done, and of how many.
    """
    if part < 1:
        raise ValueError(f"part must be at least 1, not {part!r}")
    parts = Parts(folder, f"{oracle.key} {part}")
    right = np.empty(space.size, dtype=np.int32)
    total = 0.0
    for number, start in enumerate(range(0, space.size, part)):
        numbers = np.arange(start, min(start + part, space.size))
        part_done = parts.get(number)
        if part_done is None:
            before = time.process_time()
            counts = oracle(space.vectors(numbers))
            part_done = counts, time.process_time() - before
            parts.put(number, *part_done)
        right[numbers] = part_done[0]
        total += part_done[1]
        if progress:
            progress(int(numbers[-1]) + 1, space.size)
    return GroundTruth(space, oracle.key, oracle.images, oracle.exact, right, total)
