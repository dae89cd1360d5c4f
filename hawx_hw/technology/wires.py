"""An estimate of wires before there is a layout: length by fan-out, capacitance and resistance.

Place and route decides how long a wire is. Before it, a *wire load model* states the mean length of
wires by the number of pins that they lead to, as measured in layouts of some size; synthesis has
long been done with such tables (liberty's ``wire_load``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["WireModel"]

_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WireModel:
    """A wire load model.

    Parameters
    ----------
    capacitance_ff_um : float
        In fF/um.
    resistance_ohm_um : float
        In ohm/um.
    lengths_um : tuple of float
        Length in um of a wire from its driver to one pin, to two, and so on.
    further_um : float
        What each pin beyond those adds, in um.
    source : str
        Where the numbers come from.
    """

    capacitance_ff_um: float
    resistance_ohm_um: float
    lengths_um: tuple[float, ...]
    further_um: float
    source: str

    def lengths(self, fan_out: ArrayLike) -> _Floats:
        """Lengths of wires to so many pins, in um; 0 for none."""
        pins = np.asarray(fan_out, dtype=np.int64)
        stated = len(self.lengths_um)
        table = np.array([0.0, *self.lengths_um])
        return table[np.minimum(pins, stated)] + self.further_um * np.maximum(pins - stated, 0)

    def capacitances(self, fan_out: ArrayLike) -> _Floats:
        """Capacitances of wires to so many pins, in fF."""
        return self.capacitance_ff_um * self.lengths(fan_out)

    def delays(self, fan_out: ArrayLike, pins_ff: ArrayLike) -> _Floats:
        """Delays of wires to so many pins of that capacitance in all, in ns.

        Each pin has a branch of its own of that share of the wire: liberty's ``balanced_tree``,
        ``R / n * (C / n + pin)``. One line of all of the wire would be wrong by far for resets and
        other nets of many pins, which place and route takes apart with buffers.
        """
        pins = np.maximum(np.asarray(fan_out, dtype=np.int64), 1)
        resistance = self.resistance_ohm_um * self.lengths(fan_out) / pins
        capacitance = (self.capacitances(fan_out) + np.asarray(pins_ff)) / pins
        # Ohm times fF are 1e-6 ns.
        return 1e-6 * resistance * capacitance
