# amaranth: UnusedElaboratable=no
"""Lanes take their own weights, bytes and blocks; a module for each kind of lane."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import Value

from hawx_hw.architectures.simt.gateware.cluster import Cluster
from hawx_hw.architectures.simt.gateware.request import Kind
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.gateware.block_bank import CellBlocks
from hawx_hw.gateware.hierarchy import Emission
from hawx_hw.gateware.simulation import simulate
from tests.architectures.simt.gateware.engines import values_of, word_of
from tests.synthetic_blocks import Biased, Wide

CELLS = (
    CellBlocks((Exact(),), (0, 0, 0)),
    CellBlocks((Exact(), Biased()), (0, 1, 0)),
    CellBlocks((Exact(), Biased()), (1, 1, 0)),
    CellBlocks((Exact(), Wide()), (1, 0, 0)),
)


@pytest.mark.parametrize("block_register", [False, True])
def test_each_lane_has_its_own(block_register: bool) -> None:
    unit = Unit(lanes=4, cluster=4, word=2, block_register=block_register)
    cluster = Cluster(unit, CELLS)
    control = cluster.control
    rng = random.Random(1)

    async def drive(ctx: Any) -> None:
        for select in (0, 2, 1):
            for own in (0, 1):
                weights = [rng.randint(-128, 127) for _ in range(4)]
                codes = [rng.randint(-128, 127) for _ in range(2)]
                shared = rng.randint(-128, 127)
                registers = [rng.randint(-1000, 1000) for _ in range(4)]
                mask = rng.randrange(1, 15)
                ctx.set(cluster.weights, word_of(weights, 8))
                ctx.set(cluster.codes, word_of(codes, 8))
                ctx.set(cluster.code, shared)
                ctx.set(cluster.registers, word_of(registers, unit.register_bits))
                for name in ("operands", "products", "sums"):
                    ctx.set(getattr(cluster, name), mask)
                ctx.set(control.own, own)
                ctx.set(control.select, select)
                for name in ("tap", "weighs", "choose"):
                    ctx.set(control[name], 1)
                if block_register:
                    await ctx.tick()
                for name in ("tap", "weighs", "choose"):
                    ctx.set(control[name], int(not block_register))
                ctx.set(control.product, 1)
                ctx.set(control.sum.begins, 1)
                ctx.set(control.sum.kind, Kind.ADD)
                await ctx.tick()
                for name in ("tap", "weighs", "choose", "product"):
                    ctx.set(control[name], 0)
                ctx.set(Value.cast(control.sum), 0)
                await ctx.tick()
                expected = []
                for lane, cell in enumerate(CELLS):
                    table = cell.blocks[cell.choices[select]].raw_table
                    activation = codes[lane % 2] if own else shared
                    product = int(table[weights[lane] + 128, activation + 128])
                    expected.append(registers[lane] + (product if mask >> lane & 1 else 0))
                totals = ctx.get(cluster.totals)
                assert values_of(totals, unit.register_bits, 4) == expected

    simulate(cluster, drive)


def test_lanes_with_the_same_blocks_are_one_module() -> None:
    emission = Emission()
    emission.define("cluster", Cluster(Unit(lanes=4, cluster=4, word=2), CELLS[:3]))
    lanes = [name for name in emission.modules if name.startswith("hawx_lane_")]
    assert lanes == ["hawx_lane_exact", f"hawx_lane_exact__{Biased().identifier}"]
