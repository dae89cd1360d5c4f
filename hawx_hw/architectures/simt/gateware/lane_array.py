"""The lanes in their clusters, and the taps on their way through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.activation_feed import CodePort
from hawx_hw.architectures.simt.gateware.cluster import Cluster
from hawx_hw.architectures.simt.gateware.lane import Lane
from hawx_hw.architectures.simt.gateware.names import CLUSTER
from hawx_hw.architectures.simt.gateware.register_file import RegisterReads, RegisterWrites
from hawx_hw.architectures.simt.gateware.request import Kind, kinds_of
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.block_bank import CellBlocks
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width

__all__ = ["LaneArray", "OperandLayout", "TapLayout", "cells_of"]


def cells_of(lanes: LaneBlocks) -> list[CellBlocks]:
    """What each lane holds, and which of it each selection chooses."""
    cells = []
    for lane in range(lanes.choice.shape[1]):
        own = lanes.of_lane(lane)
        choices = tuple(own.index(index) for index in lanes.choice[:, lane].tolist())
        cells.append(CellBlocks(tuple(lanes.blocks[index] for index in own), choices))
    return cells


class TapLayout(data.StructLayout):
    """A tap on its way through the lanes.

    Members
    -------
    valid : 1
    begins, ends : 1
        The sum begins with its register, or anew with ``clears``; after this tap it is written.
    clears : 1
    moves : 1
        Codes are added, not products.
    kind : Kind
    warp, register
        The vector register.
    """

    def __init__(self, unit: Unit):
        super().__init__(
            {
                "valid": 1,
                "begins": 1,
                "ends": 1,
                "clears": 1,
                "moves": 1,
                "kind": Kind,
                "warp": index_width(unit.warps),
                "register": index_width(unit.registers),
            }
        )


class OperandLayout(data.StructLayout):
    """How the lanes take the operands of a tap.

    Members
    -------
    weighs : 1
        They have a new weight.
    own : 1
        Each lane takes its own byte of the word.
    choose, select
        The selection of blocks counts from these operands on.
    """

    def __init__(self, selections: int):
        super().__init__({"weighs": 1, "own": 1, "choose": 1, "select": index_width(selections)})


class LaneArray(wiring.Component):
    """All lanes, and what a tap needs from its operands to the write of its register.

    ::

        operands | blocks | (register) add | write
           0         1          (2) 2         3 (4)    cycles after the tap

    **Latency**: to the write of a register :meth:`latency`.

    Parameters
    ----------
    unit : Unit
    lanes : LaneBlocks
    windows : int
        Activation windows, which the clusters share evenly.
    implementations : mapping of str to str
        How each block is built, by its digest; the usual way where it is left out.

    Attributes
    ----------
    tap : In(TapLayout)
    operands : In(OperandLayout)
    lanes : In(lanes)
        Lanes that take part in the tap: all, where the unit has no predicates.
    codes : In(CodePort), one for each window
        With the tap.
    weights : In(8 * lanes)
        With the tap.
    reads : Out(RegisterReads)
    writes : Out(RegisterWrites)
    """

    @staticmethod
    def latency(block_register: bool) -> int:
        """Cycles from a tap to the write of its register."""
        return 2 + Lane.operand_latency(block_register)

    def __init__(
        self,
        unit: Unit,
        lanes: LaneBlocks,
        windows: int,
        implementations: Mapping[str, str] | None = None,
    ):
        self._unit, self._lanes, self._windows = unit, lanes, windows
        self._implementations = dict(implementations or {})
        super().__init__(
            {
                "tap": In(TapLayout(unit)),
                "operands": In(OperandLayout(lanes.selections)),
                "lanes": In(unit.lanes),
                "codes": In(CodePort(unit)).array(windows),
                "weights": In(8 * unit.lanes),
                "reads": Out(RegisterReads(unit)),
                "writes": Out(RegisterWrites(unit)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit = self._unit
        count = self.latency(unit.block_register)
        stages = [self.tap]
        stages += [Signal(TapLayout(unit), name=f"tap_{number}") for number in range(1, count)]
        masks = [self.lanes]
        masks += [
            Signal(unit.lanes, name=f"lanes_{number}", reset_less=True)
            for number in range(1, count - 1)
        ]
        m.d.sync += [after.eq(before) for before, after in pairwise(stages)]
        if unit.masks:
            taking = self.tap.valid.replicate(unit.lanes)
            m.d.sync += masks[1].eq(self.lanes & taking)
            m.d.sync += [after.eq(before) for before, after in pairwise(masks[1:])]
        else:  # all lanes take part in every tap
            masks[0] = Const(1, 1).replicate(unit.lanes)
            masks[1:] = [stage.valid.replicate(unit.lanes) for stage in stages[1:-1]]
        totals = self._clusters(m, platform, stages, masks)
        self._registers(m, stages, masks, totals)
        return m

    def _clusters(self, m: Module, platform: Any, stages: list[Any], masks: list[Any]) -> list[Any]:
        """The clusters; returns their sums."""
        unit, operands, tap = self._unit, self.operands, self.tap
        add = len(stages) - 2
        before = stages[add - 1]
        count, bits = unit.cluster, unit.register_bits
        cells = cells_of(self._lanes)
        parts = [tuple(cells[n * count : (n + 1) * count]) for n in range(unit.clusters)]
        kinds = _kinds(parts)
        totals = []
        for number in range(unit.clusters):
            window = self.codes[number * self._windows // unit.clusters]
            own_lanes = slice(number * count, (number + 1) * count)
            kind = f"{CLUSTER}_{kinds[number]}" if max(kinds) else CLUSTER
            cluster: Any = place(
                m, platform, f"cluster_{number}", kind,
                partial(Cluster, unit, parts[number], self._implementations),
            )  # fmt: skip
            control = cluster.control
            m.d.comb += [
                control.tap.eq(tap.valid),
                control.weighs.eq(operands.weighs),
                control.choose.eq(operands.choose),
                control.select.eq(operands.select),
                control.product.eq(stages[1].valid),
                control.sum.begins.eq(before.begins),
                control.sum.clears.eq(before.clears),
                cluster.operands.eq(masks[0][own_lanes]),
                cluster.products.eq(masks[1][own_lanes]),
                cluster.sums.eq(masks[add][own_lanes]),
                cluster.weights.eq(self.weights[8 * own_lanes.start : 8 * own_lanes.stop]),
                cluster.code.eq(window.code),
                cluster.codes.eq(window.codes),
                cluster.registers.eq(
                    self.reads.data[bits * own_lanes.start : bits * own_lanes.stop]
                ),
            ]
            if unit.takes_own:
                m.d.comb += control.own.eq(operands.own)
            if unit.adds_codes:
                m.d.comb += control.moves.eq(stages[1].moves)
            if len(kinds_of(unit)) > 1:
                m.d.comb += control.sum.kind.eq(before.kind)
            totals.append(cluster.totals)
        return totals

    def _registers(self, m: Module, stages: list[Any], masks: list[Any], totals: list[Any]) -> None:
        """Read the register of a run's first tap, and write it after the last one."""
        before, after = stages[-3], stages[-1]
        # A register that all lanes begin anew need not be read.
        unread = before.clears & (masks[-2].all() if self._unit.masks else 1)
        m.d.comb += [
            self.reads.enable.eq(before.valid & before.begins & ~unread),
            self.reads.warp.eq(before.warp),
            self.reads.register.eq(before.register),
            self.writes.enable.eq(after.valid & after.ends),
            self.writes.warp.eq(after.warp),
            self.writes.register.eq(after.register),
            self.writes.data.eq(Cat(totals)),
        ]


def _kinds(parts: Sequence[object]) -> list[int]:
    """The number of each one's kind: equal ones have the same."""
    kinds = list(dict.fromkeys(parts))
    return [kinds.index(part) for part in parts]
