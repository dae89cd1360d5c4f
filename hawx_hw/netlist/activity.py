"""What happened on the nets of a design: the result of a gate-level simulation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Activity", "TimedActivity"]


@dataclass(frozen=True, eq=False)
class Activity:
    """Toggles of every net, over some cycles of one or several copies of the design.

    Parameters
    ----------
    cycles : int
        Clock cycles, those of all copies together.
    toggles : ndarray of int64, shape (nets,)
        Changes of each net in these cycles. The clock is not counted, but where it is gated.
    ones : ndarray of int64, shape (nets,)
        Cycles at whose end a net was 1; in [0, ``cycles``].
    accesses : dict of str to (int, int)
        Reads and writes of each memory macro, by its path.
    """

    cycles: int
    toggles: NDArray[np.int64]
    ones: NDArray[np.int64]
    accesses: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __add__(self, other: Activity) -> Activity:
        """Both together.

        Raises
        ------
        ValueError
            They are of different designs.
        """
        if self.toggles.shape != other.toggles.shape:
            raise ValueError(f"nets must be {len(self.toggles)}, not {len(other.toggles)}")
        zero = (0, 0)
        accesses = {}
        for path in dict.fromkeys((*self.accesses, *other.accesses)):
            (r, w), (reads, writes) = self.accesses.get(path, zero), other.accesses.get(path, zero)
            accesses[path] = r + reads, w + writes
        return Activity(
            self.cycles + other.cycles,
            self.toggles + other.toggles,
            self.ones + other.ones,
            accesses,
        )


@dataclass(frozen=True, eq=False)
class TimedActivity:
    """What the same cycles are without and with the pulses between settled states (glitches).

    Parameters
    ----------
    settled, pulses : Activity
        They differ in ``toggles`` alone, of which ``pulses`` has the more; clocks have no pulses.
    """

    settled: Activity
    pulses: Activity

    def __add__(self, other: TimedActivity) -> TimedActivity:
        """Both together.

        Raises
        ------
        ValueError
            They are of different designs.
        """
        return TimedActivity(self.settled + other.settled, self.pulses + other.pulses)
