# amaranth: UnusedElaboratable=no
"""Lanes hold what selections give them; a register is read, added to and written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.gateware.lane_array import LaneArray, cells_of
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.plan import plan
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.gateware.simulation import simulate
from hawx_hw.graph.graph import Conv2d
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.synthesis.store import Store
from hawx_hw.verification.gate_level import simulate_accelerator
from tests.architectures.simt.gateware.engines import values_of, word_of
from tests.verification.test_gate_level import synthesized


def test_cells_hold_what_a_selection_gives_them() -> None:
    blocks = tuple(by_name(name) for name in ("exact", "drum(3)", "udrum(4)"))
    cells = cells_of(LaneBlocks(blocks, np.array([[2, 0], [0, 0], [2, 0]])))
    assert [cell.blocks for cell in cells] == [(blocks[0], blocks[2]), (blocks[0],)]
    assert [cell.choices for cell in cells] == [(1, 0, 1), (0, 0, 0)]


@pytest.mark.parametrize("clears", [False, True])
@pytest.mark.parametrize("block_register", [False, True])
def test_a_tap(block_register: bool, clears: bool) -> None:
    """Two clusters with a window each; lane 1 is masked."""
    unit = Unit(lanes=4, cluster=2, block_register=block_register)
    lanes = LaneBlocks.uniform((by_name("exact"),), 4)
    dut = LaneArray(unit, lanes, 2)
    weights, codes, registers = [3, -4, 5, -128], [7, -9], [100, 200, -300, 400]
    log: list[tuple[int, str]] = []

    async def testbench(ctx: Any) -> None:
        for name in ("valid", "begins", "ends"):
            ctx.set(dut.tap[name], 1)
        ctx.set(dut.tap.clears, clears)
        ctx.set(dut.tap.warp, 1)
        ctx.set(dut.tap.register, 6)
        ctx.set(dut.operands.weighs, 1)
        ctx.set(dut.lanes, 0b1101)
        ctx.set(dut.weights, word_of(weights, 8))
        for window, code in zip(dut.codes, codes, strict=True):
            ctx.set(window.code, code)
        for cycle in range(6):
            await ctx.delay(0)
            if ctx.get(dut.reads.enable):
                assert (ctx.get(dut.reads.warp), ctx.get(dut.reads.register)) == (1, 6)
                log.append((cycle, "read"))
            if ctx.get(dut.writes.enable):
                assert (ctx.get(dut.writes.warp), ctx.get(dut.writes.register)) == (1, 6)
                log.append((cycle, "write"))
                got = values_of(ctx.get(dut.writes.data), unit.register_bits, 4)
                begin = [0 if clears and lane != 1 else registers[lane] for lane in range(4)]
                products = [3 * 7, 0, 5 * -9, -128 * -9]
                assert got == [a + b for a, b in zip(begin, products, strict=True)]
            await ctx.tick()
            ctx.set(dut.reads.data, word_of(registers, unit.register_bits))
            for name in ("valid", "begins", "ends"):
                ctx.set(dut.tap[name], 0)
            ctx.set(dut.operands.weighs, 0)

    simulate(dut, testbench)
    latency = LaneArray.latency(block_register)
    # Lane 1 needs its register, whatever the others do.
    assert log == [(latency - 3, "read"), (latency - 1, "write")]


def test_a_register_that_all_lanes_begin_anew_is_not_read() -> None:
    unit = Unit(lanes=2)
    dut = LaneArray(unit, LaneBlocks.uniform((by_name("exact"),), 2), 1)

    async def testbench(ctx: Any) -> None:
        for name in ("valid", "begins", "clears"):
            ctx.set(dut.tap[name], 1)
        for lanes in (0b01, 0b11):
            ctx.set(dut.lanes, lanes)
            await ctx.delay(0)
            assert ctx.get(dut.reads.enable) == (lanes != 0b11)

    simulate(dut, testbench)


def test_blocks_and_lanes_that_do_not_count_hold_still_in_gates(
    tmp_path: Path, shared_store: Store
) -> None:
    """Three convolutions on four lanes: blocks A, B, B; the first two have three filters."""
    graph = random_graph(
        np.random.default_rng(2),
        layers=3,
        kinds=("conv",),
        output="map",
        max_size=5,
        max_channels=4,
    )
    convolutions = [node for node in graph.nodes if isinstance(node, Conv2d)]
    assert [len(node.weight) for node in convolutions] == [3, 3, 4]
    blocks = [by_name(name) for name in ("exact", "drum(4)", "drum(4)")]
    assignment = {
        node.name: LayerBlocks.uniform(block, node.weight.shape)
        for node, block in zip(convolutions, blocks, strict=True)
    }
    config = SimtConfig.model_validate(
        {"lanes": 4, "lane_blocks": [{"blocks": ["exact", "drum(4)"]}]}
    )
    made = plan(graph, config, assignment)
    _, netlist, memories = synthesized(made, tmp_path, shared_store)
    gates = flatten(netlist)
    images = random_codes(np.random.default_rng(0), graph, 8)
    activity = simulate_accelerator(gates, made, memories, images)
    layers = [activity.layers[layer.name].toggles for layer in made.cycles().layers]
    toggles = np.array([
        [[_toggles(gates, layer, lane, block) for block in ("exact", "drum")] for lane in range(4)]
        for layer in layers
    ])  # fmt: skip
    exact, drum = toggles[..., 0], toggles[..., 1]
    # Lanes beyond the filters, and blocks before anything has selected them.
    assert exact[0, :3].min() > 0 and exact[0, 3] == 0
    assert not drum[0].any()
    assert drum[1, :3].min() > 0 and drum[1, 3] == 0
    # The layer before the last one had already left the other block.
    assert not exact[2].any() and drum[2].min() > 0


def _toggles(gates: FlatNetlist, toggles: np.ndarray, lane: int, block: str) -> int:
    """What the outputs of the cells of a lane's block toggle."""
    inside = np.array(
        [
            f"/lane_{lane}/" in f"/{path}" and kind.startswith(f"hawx_block_{block}")
            for path, kind in zip(gates.paths, gates.kinds, strict=True)
        ]
    )
    assert inside.any()
    total = 0
    for group in gates.groups:
        own = inside[group.instances]
        for index, pin in enumerate(group.pins):
            if gates.library.cells[group.kind].pins[pin].direction == "output":
                total += int(toggles[group.nets[own, index]].sum())
    return total
