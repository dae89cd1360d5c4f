"""Transition times and delays of all nets, for energies and for simulation with delays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.arcs import loads, propagate, timing_arcs
from hawx_hw.netlist.flat import FlatNetlist

__all__ = ["delays", "slews"]

_Floats = NDArray[np.float64]


def slews(flat: FlatNetlist, wires_ff: _Floats | None = None) -> _Floats:
    """Slowest transition of each net over all arcs that end there, in ns.

    Clock, inputs and memory macros change at once: their transition is 0. Nets that never change
    count as if they could: energies of other nets do not depend on whether they do.

    Parameters
    ----------
    flat : FlatNetlist
    wires_ff : ndarray of float, shape (nets,), or None
        Capacitance of each net's wire; None: none has any.

    Returns
    -------
    ndarray of float, shape (nets, 2)
        For the rising and the falling edge.

    Raises
    ------
    ValueError
        The design has a combinational loop.
    """
    _, slew = propagate(timing_arcs(flat), _loads(flat, wires_ff), None)
    return slew[: 2 * flat.nets].reshape(-1, 2)


def delays(flat: FlatNetlist, wires_ff: _Floats | None = None) -> _Floats:
    """Mean delay of the cell that drives a net, over its arcs and both edges, in ns.

    Parameters
    ----------
    flat : FlatNetlist
    wires_ff : ndarray of float, shape (nets,), or None
        Capacitance of each net's wire; None: none has any.

    Returns
    -------
    ndarray of float, shape (nets,)
        At least 0; 0 where no cell drives a net.

    Raises
    ------
    ValueError
        The design has a combinational loop.
    """
    arcs, load = timing_arcs(flat), _loads(flat, wires_ff)
    _, slew = propagate(arcs, load, None)
    target = arcs.targets >> 1
    each = arcs.tables.at(arcs.delays, slew[arcs.sources], load[target])
    sums, counts = (
        np.bincount(target, weights, minlength=flat.nets)
        for weights in (np.maximum(each, 0.0), None)
    )
    return sums / np.maximum(counts, 1)


def _loads(flat: FlatNetlist, wires_ff: _Floats | None) -> _Floats:
    return loads(flat) if wires_ff is None else loads(flat) + wires_ff
