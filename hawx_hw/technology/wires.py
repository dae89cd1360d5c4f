"""An estimate of wires before there is a layout: length by fan-out, capacitance and resistance.

Place and route decides how long a wire is. Before it, a *wire load model* states the mean length of
wires by the number of pins that they lead to, as measured in layouts of some size; synthesis has
long been done with such tables (liberty's ``wire_load``). :class:`WireModel` is such a table, of
a library; :class:`MeasuredWireModel` was fitted to layouts of this project's own designs, and goes
by the size of the module around a wire, too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hawx_hw.util.files import read_text

__all__ = [
    "FITTED_LENGTHS",
    "STEINER",
    "LengthFit",
    "MeasuredWireModel",
    "WireModel",
    "measured_lengths",
    "wire_delays",
]

#: Length of a rectilinear Steiner tree of n random points on an area A, over ``sqrt(n * A)``; for
#: large n.
STEINER = 0.76
#: The fit, which ``benchmarks/wire_loads.py --write`` writes.
FITTED_LENGTHS = Path(__file__).parent / "data" / "wire_lengths.json"

_Floats = NDArray[np.float64]


def wire_delays(
    lengths_um: ArrayLike,
    fan_out: ArrayLike,
    pins_ff: ArrayLike,
    *,
    capacitance_ff_um: float,
    resistance_ohm_um: float,
) -> _Floats:
    """Delays of wires to so many pins of that capacitance in all, in ns.

    Each pin has a branch of its own of that share of the wire: liberty's ``balanced_tree``,
    ``R / n * (C / n + pin)``. One line of all of the wire would be wrong by far for resets and
    other nets of many pins, which place and route takes apart with buffers.
    """
    pins = np.maximum(np.asarray(fan_out, dtype=np.int64), 1)
    length = np.asarray(lengths_um)
    resistance = resistance_ohm_um * length / pins
    capacitance = (capacitance_ff_um * length + np.asarray(pins_ff)) / pins
    # Ohm times fF are 1e-6 ns.
    return 1e-6 * resistance * capacitance


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

    @property
    def lengths_source(self) -> str:
        """Where the lengths come from."""
        return self.source

    @property
    def error(self) -> float | None:
        """Nobody has measured the error of a library's table."""
        return None

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
        """Delays of wires to so many pins of that capacitance in all; see :func:`wire_delays`."""
        return wire_delays(
            self.lengths(fan_out),
            fan_out,
            pins_ff,
            capacitance_ff_um=self.capacitance_ff_um,
            resistance_ohm_um=self.resistance_ohm_um,
        )


@dataclass(frozen=True)
class LengthFit:
    """Mean length of a wire in routed layouts, in pitches of a cell.

    ``scale * fan_out ** by_fan_out * cells ** by_cells``, and at most the length of a Steiner tree
    of as many pins anywhere in the module, which nets of many pins would exceed otherwise. A pitch
    is the square root of the mean area of a cell, so that layouts in other technologies have the
    same lengths.

    Parameters
    ----------
    scale, by_fan_out, by_cells : float
    cells : tuple of int
        Cells of the smallest and of the largest layout that it was fitted to.
    layouts : int
        How many these were.
    error : float
        Mean deviation of the wires of a layout, in all, that it was not fitted to, as a share.
    source : str
    """

    scale: float
    by_fan_out: float
    by_cells: float
    cells: tuple[int, int]
    layouts: int
    error: float
    source: str

    def pitches(self, fan_out: ArrayLike, cells: ArrayLike) -> _Floats:
        """Lengths of wires to so many pins in modules of so many cells; 0 for no pins."""
        pins = np.asarray(fan_out, dtype=np.float64)
        size = np.asarray(cells, dtype=np.float64) ** self.by_cells
        length = self.scale * np.maximum(pins, 1.0) ** self.by_fan_out * size
        tree = STEINER * np.sqrt((pins + 1) * np.asarray(cells, dtype=np.float64))
        return np.where(pins > 0, np.minimum(length, tree), 0.0)


@dataclass(frozen=True)
class MeasuredWireModel:
    """A wire load model that was fitted to layouts of this project's designs.

    Parameters
    ----------
    capacitance_ff_um : float
        In fF/um.
    resistance_ohm_um : float
        In ohm/um.
    fit : LengthFit
    source : str
        Where capacitance and resistance come from.
    """

    capacitance_ff_um: float
    resistance_ohm_um: float
    fit: LengthFit
    source: str

    @property
    def lengths_source(self) -> str:
        """Where the lengths come from."""
        return self.fit.source

    @property
    def error(self) -> float | None:
        """Mean deviation of the wires of a layout, in all, that was not fitted to, as a share."""
        return self.fit.error

    def lengths(self, fan_out: ArrayLike, cells: ArrayLike, cell_area_um2: ArrayLike) -> _Floats:
        """Lengths of wires to so many pins, in um; 0 for none.

        Parameters
        ----------
        fan_out : array_like of int
        cells : array_like of int
            Cells of the module around each.
        cell_area_um2 : array_like of float
            Mean area of these.
        """
        return np.sqrt(np.asarray(cell_area_um2)) * self.fit.pitches(fan_out, cells)


@cache
def measured_lengths() -> LengthFit:
    """The fit to layouts that is part of this package."""
    content = json.loads(read_text(FITTED_LENGTHS))
    return LengthFit(**{**content, "cells": tuple(content["cells"])})
