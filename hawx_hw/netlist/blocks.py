"""A single block under a stream of operands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hawx_hw.errors import VerificationError
from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.netlist.timed import Delays

if TYPE_CHECKING:
    from hawx_hw.blocks.block import Block

__all__ = ["simulate_block"]

_STEPS = 4096


def simulate_block(
    flat: FlatNetlist,
    block: Block,
    weights: NDArray[np.int8],
    activations: NDArray[np.int8],
    *,
    delays: Delays | None = None,
) -> Activity:
    """Operands through the gates of a block, a pair a cycle; the products are checked.

    Parameters
    ----------
    flat : FlatNetlist
        The block's mapped netlist: inputs ``a`` (weight) and ``b`` (activation), output
        ``product``; with an input ``clk`` a register follows the block.
    block : Block
    weights, activations : ndarray of int8, shape (cycles, lanes)
        A lane is one multiplier of the hardware, or an independent stream. The first pair sets the
        block up and is not counted.
    delays : Delays or None
        Delays of the cells, to count glitches; without them only settled states count.

    Raises
    ------
    VerificationError
        The netlist computes another product than the block's table holds.
    ValueError
        The shapes differ, or there are fewer than two cycles.
    """
    if weights.shape != activations.shape or weights.ndim != 2 or len(weights) < 2:
        raise ValueError(
            "weights and activations must be (cycles, lanes) with at least two cycles, not "
            f"{weights.shape} and {activations.shape}"
        )
    simulator = GateSimulator(flat, weights.shape[1], delays=delays)
    record = None if delays is None else 0
    table = block.raw_table
    bits = len(flat.ports["product"][1])
    late = int("clk" in flat.ports)
    simulator.set("a", weights[0])
    simulator.set("b", activations[0])
    simulator.step()
    simulator.take()
    for first in range(1, len(weights), _STEPS):
        part = slice(first, first + _STEPS)
        a, b = weights[part], activations[part]
        observed = simulator.run({"a": a, "b": b}, ["product"], record=record)["product"]
        of = slice(first - late, first - late + len(a))
        expected = table[weights[of].astype(np.int64) + 128, activations[of].astype(np.int64) + 128]
        wrong = np.argwhere(observed != (expected.astype(np.int64) & ((1 << bits) - 1)))
        if len(wrong):
            cycle, lane = wrong[0]
            raise VerificationError(
                f"The netlist of {block.name} computes another product than its table for "
                f"{weights[of][cycle, lane]} and {activations[of][cycle, lane]}."
            )
    if delays is None:
        return simulator.take()
    (timed,) = simulator.take_timed()
    return timed.pulses
