"""Nets that never change: constants, and what combinational cells make of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.technology.functions import Expression, parse

__all__ = ["constant_nets"]

_Flags = NDArray[np.bool_]
#: For each net of a pin: whether it can be 0, and whether it can be 1.
_Range = tuple[_Flags, _Flags]


def constant_nets(flat: FlatNetlist) -> NDArray[np.int8]:
    """What each net is, as far as constants decide it.

    Outputs of memories and of cells with state are not constant here: a flip-flop whose input never
    changes still takes it in once.

    Returns
    -------
    ndarray of int8, shape (nets,)
        0 or 1, or -1 where the net can be both.
    """
    can_be = np.ones((2, flat.nets), dtype=np.bool_)
    can_be[1, 0] = can_be[0, 1] = False
    functions = [
        (group, group.nets_at(pin), parse(cell.pins[pin].function))
        for group in flat.groups
        for cell in (flat.library.cells[group.kind],)
        if not cell.sequential and cell.clock_gate is None
        for pin in group.pins
        if cell.pins[pin].direction == "output" and cell.pins[pin].function
    ]
    uncertain = -1
    while uncertain != (now := int(can_be.sum())):
        uncertain = now
        for group, output, function in functions:
            values = {
                name: (can_be[0, nets], can_be[1, nets])
                for name in function.names
                for nets in (group.nets_at(name),)
            }
            can_be[0, output], can_be[1, output] = _range(function, values, len(output))
    return np.where(can_be.all(axis=0), -1, can_be[1]).astype(np.int8)


def _range(function: Expression, values: Mapping[str, _Range], count: int) -> _Range:
    """Whether a function can be 0, and 1; names that occur twice count as independent."""
    if function.operator == "name":
        return values[function.text]
    if function.operator == "constant":
        one = np.full(count, function.text == "1")
        return ~one, one
    parts = [_range(part, values, count) for part in function.operands]
    (zero, one), (other_zero, other_one) = parts[0], parts[-1]
    if function.operator == "not":
        return one, zero
    if function.operator == "and":
        return zero | other_zero, one & other_one
    if function.operator == "or":
        return zero & other_zero, one | other_one
    return (
        zero & other_zero | one & other_one,
        zero & other_one | one & other_zero,
    )
