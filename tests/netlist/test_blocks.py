"""Operands through the gates of a block."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks import Block, by_name
from hawx_hw.errors import VerificationError
from hawx_hw.gateware.block_verilog import implementation_verilog, registered
from hawx_hw.netlist.blocks import simulate_block
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.timed import library_delays
from hawx_hw.synthesis.modules import map_designs, synthesize_module
from hawx_hw.technology import load


def mapped(block: Block) -> FlatNetlist:
    (design,) = implementation_verilog([(block, block.implementations[0])])
    return flatten(synthesize_module(design.files, design.top, load("generic45")).netlist)


@pytest.fixture(scope="module")
def drum() -> FlatNetlist:
    return mapped(by_name("drum(k=4)"))


def operands(cycles: int, lanes: int) -> tuple[np.ndarray, np.ndarray]:
    weights, activations = np.random.default_rng(0).integers(-128, 128, (2, cycles, lanes))
    return weights.astype(np.int8), activations.astype(np.int8)


def test_the_first_pair_is_not_counted(drum: FlatNetlist) -> None:
    weights, activations = operands(50, 3)
    result = simulate_block(drum, by_name("drum(k=4)"), weights, activations)
    assert result.cycles == 49 * 3
    nets = drum.ports["a"][1]
    codes = weights.astype(np.int64) & 0xFF
    changes = codes[1:] ^ codes[:-1]
    expected = [int((changes >> bit & 1).sum()) for bit in range(8)]
    assert result.toggles[nets].tolist() == expected
    assert result.ones[nets].tolist() == [int((codes[1:] >> bit & 1).sum()) for bit in range(8)]


def test_still_operands_toggle_nothing(drum: FlatNetlist) -> None:
    weights, activations = operands(2, 5)
    still = np.repeat(weights[:1], 9, axis=0), np.repeat(activations[:1], 9, axis=0)
    assert simulate_block(drum, by_name("drum(k=4)"), *still).toggles.sum() == 0


def test_another_table_is_found(drum: FlatNetlist) -> None:
    with pytest.raises(VerificationError, match="computes another product than its table"):
        simulate_block(drum, by_name("drum(k=5)"), *operands(50, 3))


def test_unsigned_blocks_are_compared_as_built() -> None:
    name = "udrum(k=3)"
    block = by_name(name)
    result = simulate_block(mapped(block), block, *operands(40, 2))
    assert result.cycles == 78


def test_a_register_after_the_block_delays_the_products_that_are_checked() -> None:
    block = by_name("drum(k=4)")
    (design,) = implementation_verilog([(block, block.implementations[0])])
    alone = flatten(synthesize_module(design.files, design.top, load("generic45")).netlist)
    design = registered(design)
    (mapped_design,) = map_designs([(design.files, design.top)], load("generic45"))
    whole = mapped_design.flat
    weights, activations = operands(50, 3)
    result = simulate_block(whole, block, weights, activations)
    assert result.cycles == 49 * 3
    # The block itself does what it does alone: its inputs, and what the register takes.
    expected = simulate_block(alone, block, weights, activations)
    for port in ("a", "b"):
        nets, own = (flat.ports[port][1] for flat in (whole, alone))
        assert result.toggles[nets].tolist() == expected.toggles[own].tolist()
    flops = [group for group in whole.groups if "D" in group.pins]
    taken = sum(int(result.toggles[group.nets_at("D")].sum()) for group in flops)
    assert taken == int(expected.toggles[alone.ports["product"][1]].sum())
    with pytest.raises(VerificationError, match="computes another product than its table"):
        simulate_block(whole, by_name("drum(k=5)"), weights, activations)


@pytest.mark.parametrize("shape", [(1, 2), (3,)])
def test_shapes(drum: FlatNetlist, shape: tuple[int, ...]) -> None:
    codes = np.zeros(shape, dtype=np.int8)
    with pytest.raises(ValueError, match="at least two cycles"):
        simulate_block(drum, by_name("drum(k=4)"), codes, codes)


def test_glitches_come_on_top(drum: FlatNetlist) -> None:
    """The products, and where nets end, are the same; in between they change more often."""
    block, (weights, activations) = by_name("drum(k=4)"), operands(60, 4)
    quiet = simulate_block(drum, block, weights, activations)
    delays = library_delays(drum)
    timed = simulate_block(drum, block, weights, activations, delays=delays)
    assert np.array_equal(timed.ones, quiet.ones)
    assert np.all(timed.toggles >= quiet.toggles)
    assert np.all((timed.toggles - quiet.toggles) % 2 == 0)
    swallowing_none = library_delays(drum, inertial=False)
    more = simulate_block(drum, block, weights, activations, delays=swallowing_none)
    assert more.toggles.sum() > timed.toggles.sum() > quiet.toggles.sum()
