"""A second simulator of gates: mapped blocks, PEs, lanes and slices under Verilator, bit for bit.

Its cells are Verilog that is made from the library's functions. It shares no code with this
project's own simulator but the reader of the library.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.members import members
from hawx_hw.blocks.registry import FAMILIES
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.synthesis.modules import Mapped, map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load
from tests.flows.builds import small_build
from tests.netlist.verilator_bench import (
    Device,
    device_of,
    gate_simulation,
    library_verilog,
    simulate,
)

#: Kinds of modules that hold blocks, and of those that hold these, by architecture.
PARTS = {
    "systolic": ("hawx_pe_", "hawx_array_slice"),
    "simt": ("hawx_lane_", "hawx_cluster"),
}
CYCLES = 1500
SAMPLE = ("exact", "array", "precision", "drum", "mitchell", "compressor", "kulkarni", "uroba")


def blocks_of(families: Sequence[str]) -> list[Block]:
    """The middle member of each family."""
    each = [[block for block in members() if block.family == family] for family in families]
    return [some[len(some) // 2] for some in each if some]


def random_bits(rng: np.random.Generator, cycles: int, width: int) -> np.ndarray:
    return rng.integers(0, 2, (cycles, width)).astype(np.uint8)


def mapped_modules(build_sources: dict[str, str], top: str, store: Store) -> Mapped:
    (mapped,) = map_designs([(build_sources, top)], load("generic45"), jobs=2, store=store)
    return mapped


@pytest.mark.parametrize(
    "families", [SAMPLE, pytest.param(tuple(FAMILIES), marks=pytest.mark.slow)]
)
def test_blocks(tmp_path: Path, shared_store: Store, families: tuple[str, ...]) -> None:
    """Products are those of the tables, of the gates here, and of the gates there."""
    blocks = blocks_of(families)
    assert len(blocks) >= len(SAMPLE)
    written = implementation_verilog([(block, block.implementations[0]) for block in blocks])
    designs = [(each.files, each.top) for each in written]
    technology = load("generic45")
    mapped = map_designs(designs, technology, jobs=2, store=shared_store)
    devices = [device_of(each.netlist, one.top) for each, one in zip(mapped, written, strict=True)]
    rng = np.random.default_rng(3)
    given, operands = [], []
    for block in blocks:
        codes = (block.weights, block.activations)
        operands.append([rng.integers(each.start, each.stop, 600) for each in codes])
    for device, pair in zip(devices, operands, strict=True):
        assert device.inputs == {"a": 8, "b": 8}
        words = dict(zip("ab", pair, strict=True))
        given.append(np.hstack([
            (words[name].reshape(-1, 1) >> np.arange(width) & 1).astype(np.uint8)
            for name, width in device.inputs.items()
        ]))  # fmt: skip
    verilog = "\n".join(each.verilog for each in mapped)
    verilog += library_verilog(technology.library, verilog)
    seen = simulate(tmp_path, verilog, devices, given)
    for each, device, block, bits, stimulus, (a, b) in zip(
        mapped, devices, blocks, seen, given, operands, strict=True
    ):
        expected = block.raw_table[a + 128, b + 128].astype(np.int64)
        products = (bits.astype(np.int64) << np.arange(device.seen)).sum(axis=1)
        assert np.array_equal(products, expected & ((1 << device.seen) - 1)), block.name
        assert np.array_equal(bits, gate_simulation(each.netlist, device, stimulus)), block.name


@pytest.mark.parametrize("architecture", ["systolic", "simt"])
def test_units_and_what_holds_them(tmp_path: Path, shared_store: Store, architecture: str) -> None:
    """With random inputs in every cycle: resets, loads and enables among them."""
    build = small_build(tmp_path / "accelerator", architecture=architecture)
    sources = {path.name: path.read_text() for path in build.sources}
    unit, holder = PARTS[architecture]
    mapped = mapped_modules(sources, holder, shared_store)
    netlist = mapped.netlist
    (first, *_) = [name for name in sorted(netlist.order) if name.startswith(unit)]
    devices = [device_of(netlist, name) for name in (first, holder)]
    rng = np.random.default_rng(4)
    given = []
    for device in devices:
        bits = random_bits(rng, CYCLES, device.given)
        # A reset now and then.
        bits[:, _columns(device, "rst")] &= rng.random((CYCLES, 1)) < 0.05
        given.append(bits)
    verilog = mapped.verilog + library_verilog(netlist.library, mapped.verilog)
    for device, stimulus, seen in zip(
        devices, given, simulate(tmp_path, verilog, devices, given), strict=True
    ):
        expected = gate_simulation(netlist, device, stimulus)
        different = np.argwhere(seen != expected)
        assert not len(different), (device.module, different[0])
        # Most outputs do something.
        assert np.mean(seen.min(axis=0) != seen.max(axis=0)) > 0.5


def _columns(device: Device, name: str) -> list[int]:
    """Where the bits of a port are among those of the inputs; nothing where there is none."""
    place = 0
    for port, width in device.inputs.items():
        if port == name:
            return list(range(place, place + width))
        place += width
    return []
