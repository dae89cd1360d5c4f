"""The clock of a design: its port, and the nets behind clock gates.

A clock gate (a latch and an AND) passes a pulse of the clock where its enable was 1 before the
rising edge. So what a gated clock drives changes with the edges after cycles at whose end the
enable was 1, and the gated clock toggles twice for each of these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.flat import FlatNetlist

__all__ = ["Clock", "find_clock"]

_Integers = NDArray[np.int64]
#: The constant net that is 1: the enable of what is always clocked.
_ALWAYS = 1


@dataclass(frozen=True, eq=False)
class Clock:
    """The nets that carry the clock.

    Parameters
    ----------
    port : str
        Its name.
    root : int
        The net of the port; -1 where the design has none.
    gated : ndarray of int64, shape (clock gates,)
        The nets behind clock gates.
    enables : ndarray of int64, shape (clock gates,)
        The enable of each.
    """

    port: str
    root: int
    gated: _Integers
    enables: _Integers

    def enables_of(self, nets: _Integers) -> _Integers:
        """The net that must be 1 for a pulse on each of some clock nets; the constant 1 for the
        root.

        Raises
        ------
        ValueError
            A net is not one of this clock.
        """
        enables = np.where(nets == self.root, _ALWAYS, -1)
        if len(self.gated):
            order = np.argsort(self.gated)
            at = np.clip(np.searchsorted(self.gated[order], nets), 0, len(order) - 1)
            match = self.gated[order][at] == nets
            enables = np.where(match, self.enables[order][at], enables)
        if np.any(enables < 0):
            raise ValueError(
                f"All flip-flops must be clocked by the port {self.port!r} itself, or by a clock "
                "gate behind it"
            )
        return enables


def find_clock(flat: FlatNetlist, port: str) -> Clock:
    """The clock that enters at a port.

    Raises
    ------
    ValueError
        A clock gate is not clocked by the port itself, or its test input is not the constant 0.
    """
    nets = flat.ports.get(port)
    root = int(nets[1][0]) if nets else -1
    gated, enables = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for group in flat.groups:
        gate = flat.library.cells[group.kind].clock_gate
        if gate is None:
            continue
        if np.any(group.nets_at(gate.clock) != root):
            raise ValueError(f"All clock gates must be clocked by the port {port!r} itself")
        if gate.test and np.any(group.nets_at(gate.test) != 0):
            raise ValueError(f"The test input of {group.kind} must be tied to 0")
        gated.append(group.nets_at(gate.output))
        enables.append(group.nets_at(gate.enable))
    return Clock(port, root, np.concatenate(gated), np.concatenate(enables))
