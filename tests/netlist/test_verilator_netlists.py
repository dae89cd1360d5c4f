"""A second simulator of gates: mapped blocks, PEs, lanes and slices under Verilator, bit for bit.

Its cells are Verilog that is made from the library's functions. It shares no code with this
project's own simulator but the reader of the library. All modules of a test are compiled at once,
side by side, which takes most of the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.members import members
from hawx_hw.blocks.registry import FAMILIES
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.netlist.netlist import Netlist
from hawx_hw.synthesis.modules import map_designs
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

CYCLES = 800
SAMPLE = ("exact", "array", "drum", "uroba")
#: A flip-flop with an asynchronous clear, a gated one, and what goes from one clock to the other.
CELLS = """
module cells(input clk, input d, input e, input se, input rn, output a, an, b, c);
  wire gated;
  DFF plain (.CK(clk), .D(d), .Q(a), .QN(an));
  CLKGATETST gate (.CK(clk), .E(e), .SE(se), .GCK(gated));
  // Its input changes with the ungated clock: at an edge it must take the value from before.
  DFF behind (.CK(gated), .D(a), .Q(b), .QN());
  DFFR cleared (.CK(clk), .D(d), .RN(rn), .Q(c), .QN());
endmodule
"""


@dataclass(eq=False)
class Bench:
    """Modules that are simulated together."""

    store: Store
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self.texts: list[str] = []
        self.devices: list[Device] = []
        self.given: list[np.ndarray] = []
        self.seen: list[np.ndarray] = []

    def add(self, device: Device, given: np.ndarray, text: str = "") -> int:
        """Returns the device's number."""
        self.texts.append(text)
        self.devices.append(device)
        self.given.append(given)
        return len(self.devices) - 1

    def run(self, folder: Path) -> None:
        verilog = "\n".join(self.texts)
        verilog += library_verilog(load("generic45").library, verilog)
        self.seen = simulate(folder, verilog, self.devices, self.given)


def blocks_of(families: Sequence[str]) -> list[Block]:
    """The middle member of each family."""
    each = [[block for block in members() if block.family == family] for family in families]
    return [some[len(some) // 2] for some in each if some]


def bits_of(values: np.ndarray, width: int) -> np.ndarray:
    return (values.reshape(-1, 1) >> np.arange(width) & 1).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks on a bench; products are those of the tables, and of the gates here and there."""

    bench: Bench
    blocks: list[Block]
    netlists: list[Netlist]
    operands: list[list[np.ndarray]]
    numbers: list[int]

    def check(self) -> None:
        for block, netlist, (a, b), number in zip(
            self.blocks, self.netlists, self.operands, self.numbers, strict=True
        ):
            device, seen = self.bench.devices[number], self.bench.seen[number]
            products = (seen.astype(np.int64) << np.arange(device.seen)).sum(axis=1)
            expected = block.raw_table[a + 128, b + 128].astype(np.int64)
            assert np.array_equal(products, expected & ((1 << device.seen) - 1)), block.name
            own = gate_simulation(netlist, device, self.bench.given[number])
            assert np.array_equal(seen, own), block.name


def add_blocks(bench: Bench, families: Sequence[str]) -> Blocks:
    blocks = blocks_of(families)
    assert len(blocks) == len(families)
    written = implementation_verilog([(block, block.implementations[0]) for block in blocks])
    mapped = map_designs(
        [(each.files, each.top) for each in written],
        load("generic45"),
        jobs=2,
        store=bench.store,
    )
    operands, numbers = [], []
    for block, one, each in zip(blocks, written, mapped, strict=True):
        device = device_of(each.netlist, one.top)
        assert device.inputs == {"a": 8, "b": 8}
        codes = (block.weights, block.activations)
        pair = [bench.rng.integers(each.start, each.stop, CYCLES) for each in codes]
        words = dict(zip("ab", pair, strict=True))
        given = np.hstack([bits_of(words[name], 8) for name in device.inputs])
        operands.append(pair)
        numbers.append(bench.add(device, given, each.verilog))
    return Blocks(bench, blocks, [each.netlist for each in mapped], operands, numbers)


@dataclass(frozen=True, eq=False)
class Units:
    """Modules of an accelerator on a bench, with random inputs: resets and enables among them."""

    bench: Bench
    netlist: Netlist
    numbers: list[int]

    def check(self) -> None:
        for number in self.numbers:
            device, seen = self.bench.devices[number], self.bench.seen[number]
            own = gate_simulation(self.netlist, device, self.bench.given[number])
            different = np.argwhere(seen != own)
            assert not len(different), (device.module, different[0])
            # Most outputs do something.
            assert np.mean(seen.min(axis=0) != seen.max(axis=0)) > 0.5, device.module


def add_units(bench: Bench, folder: Path, architecture: str, kinds: Sequence[str]) -> Units:
    """One module of each kind, by the beginning of its name; the last one holds the others."""
    build = small_build(folder, architecture=architecture)
    sources = {path.name: path.read_text() for path in build.sources}
    top = next(name[:-2] for name in sorted(sources) if name.startswith(kinds[-1]))
    (mapped,) = map_designs(
        [(sources, top)], load("generic45"), clock_gating=True, jobs=2, store=bench.store
    )
    numbers = []
    for kind in kinds:
        module = next(name for name in sorted(mapped.netlist.order) if name.startswith(kind))
        device = device_of(mapped.netlist, module)
        given = bench.rng.integers(0, 2, (CYCLES, device.given)).astype(np.uint8)
        # A reset now and then.
        given[:, _columns(device, "rst")] &= bench.rng.random((CYCLES, 1)) < 0.05
        numbers.append(bench.add(device, given, "" if numbers else mapped.verilog))
    return Units(bench, mapped.netlist, numbers)


def _columns(device: Device, name: str) -> list[int]:
    """Where the bits of a port are among those of the inputs; nothing where there is none."""
    place = 0
    for port, width in device.inputs.items():
        if port == name:
            return list(range(place, place + width))
        place += width
    return []


def add_cells(bench: Bench) -> int:
    given = bench.rng.integers(0, 2, (CYCLES, 4)).astype(np.uint8)
    inputs = dict.fromkeys(("d", "e", "se", "rn"), 1)
    device = Device("cells", inputs, dict.fromkeys(("a", "an", "b", "c"), 1))
    return bench.add(device, given, CELLS)


def check_cells(given: np.ndarray, seen: np.ndarray) -> None:
    """An edge takes what was there before it; a clear acts at once."""
    a = b = c = 0
    before = np.zeros(4, dtype=int)
    for word, (d, e, se, rn) in zip(seen.tolist(), given.astype(int), strict=True):
        old_d, old_e, old_se, old_rn = before
        a, b = old_d, (a if old_e | old_se else b)
        c = old_d & old_rn & rn
        assert word == [a, 1 - a, b, c]
        before = np.array([d, e, se, rn])
    assert 0.1 < seen[:, 2].mean() < 0.9


def test_cells_blocks_units_and_a_slice(tmp_path: Path, shared_store: Store) -> None:
    bench = Bench(shared_store, np.random.default_rng(3))
    cells = add_cells(bench)
    blocks = add_blocks(bench, SAMPLE)
    array = add_units(bench, tmp_path / "systolic", "systolic", ["hawx_pe_", "hawx_array_slice"])
    lanes = add_units(bench, tmp_path / "simt", "simt", ["hawx_lane_"])
    bench.run(tmp_path)
    check_cells(bench.given[cells], bench.seen[cells])
    blocks.check()
    array.check()
    lanes.check()


@pytest.mark.slow
def test_every_family_of_blocks(tmp_path: Path, shared_store: Store) -> None:
    bench = Bench(shared_store, np.random.default_rng(4))
    blocks = add_blocks(bench, tuple(FAMILIES))
    bench.run(tmp_path)
    blocks.check()


@pytest.mark.slow
def test_a_cluster_of_lanes(tmp_path: Path, shared_store: Store) -> None:
    bench = Bench(shared_store, np.random.default_rng(5))
    lanes = add_units(bench, tmp_path / "simt", "simt", ["hawx_lane_", "hawx_cluster"])
    bench.run(tmp_path)
    lanes.check()
