"""What happened on the nets of a design: the result of a gate-level simulation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Activity"]


@dataclass(frozen=True, eq=False)
class Activity:
    """Toggles of every net, over some cycles of one or several images side by side.

    Parameters
    ----------
    cycles : int
        Clock cycles that were simulated.
    lanes : int
        Copies of the design that ran side by side, each with an image of its own.
    toggles : ndarray of int64, shape (nets,)
        Changes of each net in all cycles of all lanes. The clock is not counted.
    ones : ndarray of int64, shape (nets,)
        Cycles, of all lanes, at whose end a net was 1; in [0, ``cycles * lanes``].
    accesses : dict of str to (int, int)
        Reads and writes of each memory macro, by its path, of all lanes.
    """

    cycles: int
    lanes: int
    toggles: NDArray[np.int64]
    ones: NDArray[np.int64]
    accesses: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def lane_cycles(self) -> int:
        """Cycles times lanes: what the counts are to be divided by for a mean."""
        return self.cycles * self.lanes

    def __add__(self, other: Activity) -> Activity:
        """Both, one after the other (as many lanes) or side by side (as many cycles).

        Raises
        ------
        ValueError
            They differ in lanes and cycles, or in nets.
        """
        if self.toggles.shape != other.toggles.shape:
            raise ValueError(f"nets must be {len(self.toggles)}, not {len(other.toggles)}")
        if self.lanes == other.lanes:
            cycles, lanes = self.cycles + other.cycles, self.lanes
        elif self.cycles == other.cycles:
            cycles, lanes = self.cycles, self.lanes + other.lanes
        else:
            raise ValueError("lanes or cycles must agree")
        paths = dict.fromkeys((*self.accesses, *other.accesses))
        zero = (0, 0)
        accesses = {}
        for path in paths:
            (r, w), (reads, writes) = self.accesses.get(path, zero), other.accesses.get(path, zero)
            accesses[path] = r + reads, w + writes
        return Activity(
            cycles, lanes, self.toggles + other.toggles, self.ones + other.ones, accesses
        )
