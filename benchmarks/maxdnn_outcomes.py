"""Which images are right under every assignment of a small space, part by part on disk."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ground_truth.exhaustive import GroundTruth, read_arrays

from hawx_hw.assignment.space import Space
from hawx_hw.search.bound import Paired
from hawx_hw.util.files import write_bytes

__all__ = ["Outcomes", "enumerated"]


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Outcomes of some images under every assignment of a space.

    Parameters
    ----------
    space : Space
    key : str
        Hash of all that they depend on.
    right : ndarray of bool
        ``(size, images)``, by the number of the vector.
    exact : ndarray of bool
        ``(images,)``: of the network with exact blocks, which the space need not contain.
    seconds : float
    """

    space: Space
    key: str
    right: np.ndarray
    exact: np.ndarray
    seconds: float

    def ground_truth(self) -> GroundTruth:
        """The counts."""
        counts = self.right.sum(axis=1).astype(np.int32)
        images, exact = len(self.exact), int(self.exact.sum())
        return GroundTruth(self.space, self.key, images, exact, counts, self.seconds)

    def paired(self, vector: np.ndarray) -> Paired:
        """On how many images a vector differs from the exact network."""
        (right,) = self.right[self.space.numbers(vector)]
        lost, gained = int((self.exact & ~right).sum()), int((~self.exact & right).sum())
        return Paired(len(right), lost, gained)


def enumerated(
    space: Space,
    key: str,
    exact: np.ndarray,
    evaluate: Callable[[np.ndarray], np.ndarray],
    folder: Path,
    *,
    part: int,
    stored: bool = False,
) -> Outcomes | None:
    """Outcomes under every assignment; an interrupted enumeration continues.

    Parameters
    ----------
    space : Space
    key : str
        Parts of another key are computed again.
    exact : ndarray of bool
        ``(images,)``: of the exact network.
    evaluate : callable
        Takes numbers of vectors, int64 ``(n,)``, consecutive, and returns bool ``(n, images)``.
    folder : Path
        Of the parts.
    part : int
        Assignments between two savings, >= 1.
    stored : bool
        Compute nothing.

    Returns
    -------
    Outcomes or None
        None where a part is missing and ``stored`` is set.
    """
    if part < 1:
        raise ValueError(f"part must be at least 1, not {part!r}")
    right = np.empty((space.size, len(exact)), dtype=bool)
    total = 0.0
    for start in range(0, space.size, part):
        numbers = np.arange(start, min(start + part, space.size))
        path = folder / f"part-{start // part:05d}.npz"
        arrays = read_arrays(path)
        if arrays is None or str(arrays["key"]) != f"{key} {part}":
            if stored:
                return None
            before = time.perf_counter()
            outcomes = evaluate(numbers)
            seconds = time.perf_counter() - before
            arrays = {
                "key": np.array(f"{key} {part}"),
                "right": np.packbits(outcomes, axis=1),
                "seconds": np.array(seconds),
            }
            content = io.BytesIO()
            np.savez(content, allow_pickle=False, **arrays)
            folder.mkdir(parents=True, exist_ok=True)
            write_bytes(path, content.getvalue())
            print(
                f"  {numbers[-1] + 1:,} of {space.size:,} assignments: {seconds:.0f} s",
                file=sys.stderr,
                flush=True,
            )
        right[numbers] = np.unpackbits(arrays["right"], axis=1, count=len(exact)).astype(bool)
        total += float(arrays["seconds"])
    return Outcomes(space, key, right, exact, total)
