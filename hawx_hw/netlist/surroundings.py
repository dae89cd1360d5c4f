"""The module around each net: the smallest instance that holds all of what the net leads to.

Wires are longer in a larger module. Place and route sees one design, but what belongs together is
placed together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.flat import FlatNetlist

__all__ = ["Surroundings", "surroundings"]

_Floats = NDArray[np.float64]
_Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The module around each net.

    Parameters
    ----------
    instance : ndarray of int64, shape (nets,)
        Of :attr:`FlatNetlist.paths`; 0, the whole design, for nets of its ports and for those that
        lead nowhere.
    cells : ndarray of int64, shape (nets,)
        Standard cells in it, with all that it instantiates; at least 1. Memory macros do not count.
    cell_area : ndarray of float, shape (nets,)
        Mean area of these, in the library's unit; 0 where there are none.
    """

    instance: _Integers
    cells: _Integers
    cell_area: _Floats


def surroundings(flat: FlatNetlist) -> Surroundings:
    """The module around each net of a design."""
    parents, ends = _tree(flat.paths)
    first = np.full(flat.nets, len(flat.paths), dtype=np.int64)
    last = np.full(flat.nets, -1, dtype=np.int64)

    def reach(nets: _Integers, instances: _Integers | int) -> None:
        np.minimum.at(first, nets, instances)
        np.maximum.at(last, nets, instances)

    counts, areas = (np.zeros(len(flat.paths)) for _ in range(2))
    for group in flat.groups:
        for pin in group.pins:
            reach(group.nets_at(pin), group.instances)
        np.add.at(counts, group.instances, 1)
        np.add.at(areas, group.instances, flat.library.cells[group.kind].area)
    for macro in flat.macros:
        for nets in macro.pins.values():
            reach(nets, macro.instance)
    for _, nets in flat.ports.values():
        reach(nets, 0)
    around = np.where(last < 0, 0, first)
    while np.any(short := ends[around] <= last):
        around[short] = parents[around[short]]
    cells = _within(counts, ends)[around]
    return Surroundings(
        around,
        np.maximum(1, np.rint(cells)).astype(np.int64),
        _within(areas, ends)[around] / np.maximum(cells, 1),
    )


def _tree(paths: list[str]) -> tuple[_Integers, _Integers]:
    """For each instance its parent, and one behind the last instance in it.

    Instances stand in the order in which they are placed: an instance, then all that is in it.
    """
    parents = np.zeros(len(paths), dtype=np.int64)
    ends = np.full(len(paths), len(paths), dtype=np.int64)
    open_instances: list[int] = []
    for number, path in enumerate(paths):
        while open_instances and not path.startswith(paths[open_instances[-1]]):
            ends[open_instances.pop()] = number
        parents[number] = open_instances[-1] if open_instances else 0
        open_instances.append(number)
    return parents, ends


def _within(values: _Floats, ends: _Integers) -> _Floats:
    """Sums over each instance with all that is in it."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return sums[ends] - sums[np.arange(len(values))]
