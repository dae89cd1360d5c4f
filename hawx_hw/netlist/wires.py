"""The wires of a flat design, by a wire load model: before there is a layout of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.arcs import fan_outs
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.netlist.surroundings import surroundings
from hawx_hw.technology.wires import MeasuredWireModel, WireModel, wire_delays

__all__ = ["Wires", "wires_of"]

_Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Wires:
    """The wires of a design.

    Parameters
    ----------
    model : WireModel or MeasuredWireModel
    fan_out : ndarray of int64, shape (nets,)
    length_um : ndarray of float, shape (nets,)
        0 for nets that lead nowhere, and for constants.
    """

    model: WireModel | MeasuredWireModel
    fan_out: NDArray[np.int64]
    length_um: _Floats

    @property
    def capacitance_ff(self) -> _Floats:
        """Capacitance of each net's wire."""
        return self.model.capacitance_ff_um * self.length_um

    def delays(self, pins_ff: _Floats) -> _Floats:
        """Delay of each net's wire, in ns.

        Parameters
        ----------
        pins_ff : ndarray of float, shape (nets,)
            Capacitance of the pins on each net.
        """
        return wire_delays(
            self.length_um,
            self.fan_out,
            pins_ff,
            capacitance_ff_um=self.model.capacitance_ff_um,
            resistance_ohm_um=self.model.resistance_ohm_um,
        )


def wires_of(flat: FlatNetlist, model: WireModel | MeasuredWireModel) -> Wires:
    """The wires of a design by a model; areas of cells are taken to be in um2."""
    pins = fan_outs(flat)
    if isinstance(model, WireModel):
        return Wires(model, pins, model.lengths(pins))
    around = surroundings(flat)
    return Wires(model, pins, model.lengths(pins, around.cells, around.cell_area))
