"""The cluster: a window and the lanes that share its activation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.lane import Lane, LaneControl
from hawx_hw.architectures.simt.gateware.names import LANE
from hawx_hw.architectures.simt.gateware.request import kinds_of
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.block_bank import CellBlocks
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width

__all__ = ["Cluster", "ClusterControl"]


class ClusterControl(data.StructLayout):
    """What the lanes do with their operands; each member a cycle of its own, as in :class:`Lane`.

    Members
    -------
    tap, weighs : 1
        Operands of a tap are there; they have a new weight.
    own : 1
        Each lane takes its own byte of the word; only where some instruction does so.
    choose : 1
        The selection counts from these operands on.
    select
    moves : 1
        Only where codes are added.
    product : 1
    sum : LaneControl
        A cycle before the lanes need it: each cluster has a register of its own, since one would
        have to drive all lanes.
    """

    def __init__(self, unit: Unit, selections: int):
        super().__init__(
            {
                "tap": 1,
                "weighs": 1,
                "choose": 1,
                "select": index_width(selections),
                "product": 1,
                "sum": LaneControl(kinds_of(unit)),
                **({"own": 1} if unit.takes_own else {}),
                **({"moves": 1} if unit.adds_codes else {}),
            }
        )


class Cluster(wiring.Component):
    """Lanes that share an activation.

    **Latency**: as :class:`Lane`.

    Parameters
    ----------
    unit : Unit
    cells : sequence of CellBlocks
        Of the lanes.
    implementations : mapping of str to str
        How each block is built, by its digest; the usual way where it is left out.

    Attributes
    ----------
    control : In(ClusterControl)
    operands, products, sums : In(len(cells))
        Lanes that take part: in the cycle of the operands, in that of ``control.product``, and in
        the one after ``control.sum``. Without a tap there are none in the last one.
    weights : In(8 * len(cells))
    code : In(signed(8))
    codes : In(8 * word)
    registers, totals : In(bits * len(cells)), Out(bits * len(cells))
    """

    def __init__(
        self,
        unit: Unit,
        cells: Sequence[CellBlocks],
        implementations: Mapping[str, str] | None = None,
    ):
        self._unit = unit
        self._cells = tuple(cells)
        self._implementations = dict(implementations or {})
        count = len(self._cells)
        super().__init__(
            {
                "control": In(ClusterControl(unit, len(self._cells[0].choices))),
                "operands": In(count),
                "products": In(count),
                "sums": In(count),
                "weights": In(8 * count),
                "code": In(signed(8)),
                "codes": In(8 * unit.word),
                "registers": In(unit.register_bits * count),
                "totals": Out(unit.register_bits * count),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit, control = self._unit, self.control
        bits = unit.register_bits
        totals = []
        summing = Signal(LaneControl(kinds_of(unit)), name="sum_now", reset_less=True)
        m.d.sync += summing.eq(control.sum)
        for number, cell in enumerate(self._cells):
            lane: Any = place(
                m,
                platform,
                f"lane_{number}",
                f"{LANE}{cell.identifier}",
                partial(
                    Lane,
                    cell.blocks,
                    bits,
                    block_register=unit.block_register,
                    kinds=kinds_of(unit),
                    moves=unit.adds_codes,
                    implementations=self._implementations,
                ),
            )
            byte = number % unit.word
            activation: Value = self.code
            if unit.takes_own:
                own = self.codes[8 * byte : 8 * byte + 8].as_signed()
                activation = Mux(control.own, own, activation)
            m.d.comb += [
                lane.weight.eq(self.weights[8 * number : 8 * number + 8].as_signed()),
                lane.take_weight.eq(control.weighs & self.operands[number]),
                lane.activation.eq(activation),
                lane.take_activation.eq(control.tap & self.operands[number]),
                lane.control.eq(summing),
                lane.takes_part.eq(self.sums[number]),
                lane.before.eq(self.registers[bits * number : bits * (number + 1)].as_signed()),
            ]
            if unit.adds_codes:
                m.d.comb += lane.moves.eq(control.moves)
            if unit.block_register:
                m.d.comb += lane.product.eq(control.product & self.products[number])
            if len(cell.blocks) > 1:
                choice = cell.decode(m, control.select, f"choice_{number}")
                m.d.comb += [lane.choose.eq(control.choose), lane.select.eq(choice)]
            totals.append(lane.total)
        m.d.comb += self.totals.eq(Cat(totals))
        return m
