"""The report's parts add up to the whole; power times time is energy; memories by accesses."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.power.model import PowerModel
from hawx_hw.power.report import power_report
from hawx_hw.technology import load

TECHNOLOGY = load("generic45")
PARTS = {"hawx_core": "control", "hawx_pe_exact": "PEs", "hawx_block_exact": "blocks"}


def design() -> FlatNetlist:
    """Two PEs with a block each, below a slice; a memory beside them."""
    ports: dict[str, tuple[str, list[int | str]]] = {
        "clk": ("input", [2]),
        "d": ("input", [3]),
        "q": ("output", [4]),
    }
    flop = Instance("f", "DFF", {"CK": [2], "D": [5], "Q": [4]}, {})
    block = Instance("m", "hawx_block_exact", {"a": [3], "p": [5]}, {})
    gate = Instance("g", "INV", {"A": [3], "ZN": [4]}, {})
    memory = Instance(
        "ram",
        "hawx_sp_ram",
        {
            "clk": [2], "enable": [3], "write": [3], "address": [3, 3, 3, 3], "write_data": [4],
            "read_data": [7],
        },
        {"WIDTH": 1, "DEPTH": 16, "ADDRESS_WIDTH": 4},
    )  # fmt: skip
    modules = {
        "hawx_core": Module("hawx_core", ports, [
            Instance("s", "hawx_array_slice", {"clk": [2], "d": [3], "q": [4]}, {}), memory,
        ]),
        "hawx_array_slice": Module("hawx_array_slice", ports, [
            Instance("p0", "hawx_pe_exact", {"clk": [2], "d": [3], "q": [6]}, {}),
            Instance("p1", "hawx_pe_exact", {"clk": [2], "d": [6], "q": [4]}, {}),
        ]),
        "hawx_pe_exact": Module("hawx_pe_exact", ports, [flop, block]),
        "hawx_block_exact": Module("hawx_block_exact", {"a": ("input", [3]), "p": ("output", [4])},
                                   [gate]),
    }  # fmt: skip
    return flatten(Netlist("hawx_core", modules, TECHNOLOGY.library))


def activity(flat: FlatNetlist, seed: int, cycles: int) -> Activity:
    rng = np.random.default_rng(seed)
    return Activity(
        cycles,
        rng.integers(0, cycles, flat.nets),
        rng.integers(0, cycles, flat.nets),
        {macro.path: (3 * cycles, cycles) for macro in flat.macros},
    )


def report(images: int = 2, clock: float = 250.0):  # type: ignore[no-untyped-def]
    flat = design()
    layers = {"one": activity(flat, 1, 200), "two": activity(flat, 2, 100)}
    model = PowerModel(flat, TECHNOLOGY.supply)
    return flat, layers, power_report(
        model, layers, TECHNOLOGY.memories, part_of=PARTS.get, clock_mhz=clock, images=images
    )  # fmt: skip


def test_parts_and_layers_add_up() -> None:
    _, _, result = report()
    total = result.energy_pj
    assert sum(layer.energy_pj for layer in result.layers) == pytest.approx(total, rel=1e-6)
    for key in ("parts", "modules"):
        entries = getattr(result, key).values()
        assert sum(row.energy_pj for row in entries) == pytest.approx(total, rel=1e-6)
    for layer in result.layers:
        assert sum(layer.parts.values()) == pytest.approx(layer.energy_pj, rel=1e-6)
    # The slice has no part of its own: its instance in the core is of the core's.
    assert set(result.parts) == {"PEs", "blocks", "clock", "control", "memories"}
    # The clock's energy is in a part of its own, and in the modules that it is used in.
    time = result.cycles / 250.0
    assert result.parts["clock"].energy_pj == pytest.approx(result.clock_uw * time, rel=1e-6)
    assert result.parts["PEs"].clock_uw == 0
    clocks = sum(module.clock_uw for module in result.modules.values())
    assert clocks == pytest.approx(result.clock_uw, rel=1e-6)
    assert result.clock_uw > 0
    assert result.blocks == {"hawx_block_exact": result.modules["hawx_block_exact"]}
    pes, own = result.holders["hawx_pe_exact"], result.modules["hawx_pe_exact"]
    inside = result.blocks["hawx_block_exact"].energy_pj
    assert pes.energy_pj == pytest.approx(own.energy_pj + inside, rel=1e-6)
    assert own.instances == result.blocks["hawx_block_exact"].instances == 2


def test_power_times_time_is_energy() -> None:
    _, _, result = report()
    assert result.cycles == 150
    for row, cycles in ((result, 150), *((layer, layer.cycles) for layer in result.layers)):
        names = ("internal", "switching", "clock", "memory", "leakage")
        kinds = sum(getattr(row, f"{name}_uw") for name in names)
        assert row.power_uw == pytest.approx(kinds, rel=1e-6)
        assert row.energy_pj == pytest.approx(row.power_uw * cycles / 250.0, rel=1e-6)


def test_whole_cells_against_the_model() -> None:
    flat, layers, result = report()
    model = PowerModel(flat, TECHNOLOGY.supply)
    dynamic = 0.0
    for part in layers.values():
        cells = model.energies(part)
        each = cells.internal_fj + cells.switching_fj + cells.driven_fj
        dynamic += float(each.sum()) * part.cycles / 2 / 1000
    time = 150 / 250.0
    clock_uw = result.clock_uw - memory_clock() * 250.0 / 1000
    dynamic_uw = result.internal_uw + result.switching_uw + clock_uw
    assert dynamic_uw * time == pytest.approx(dynamic, rel=1e-6)


def memory_clock() -> float:
    """FJ a cycle of the memory, which is made of flip-flops."""
    return TECHNOLOGY.memories.metrics("hawx_sp_ram", 1, 16).clock_fj


def test_memories_by_their_accesses() -> None:
    _, _, result = report()
    metrics = TECHNOLOGY.memories.metrics("hawx_sp_ram", 1, 16)
    (row,) = result.memories
    assert (row.path, row.reads, row.writes) == ("ram", 450.0, 150.0)
    # It is made of flip-flops, whose clock is of the part that the clock is.
    energy = (450 * metrics.read_energy_fj + 150 * metrics.write_energy_fj) / 1000
    assert result.memory_uw * 150 / 250 == pytest.approx(energy, rel=1e-6)
    assert result.parts["memories"].clock_uw == 0 < metrics.clock_fj
    clock_uw = result.modules["hawx_sp_ram"].clock_uw
    assert clock_uw == pytest.approx(metrics.clock_fj * 250 / 1000, rel=1e-6)
    # The row of the memory has both.
    both = energy + metrics.clock_fj * 150 / 1000
    assert row.energy_pj == pytest.approx(both, rel=1e-6)
    assert result.parts["memories"].leakage_uw == pytest.approx(metrics.leakage_nw / 1000)


def test_a_faster_clock_takes_less_leakage_an_image() -> None:
    slow, fast = report(clock=100.0)[2], report(clock=200.0)[2]
    assert fast.leakage_uw == pytest.approx(slow.leakage_uw)
    assert fast.internal_uw == pytest.approx(2 * slow.internal_uw)
    assert fast.energy_pj < slow.energy_pj


def test_arguments() -> None:
    with pytest.raises(ValueError, match=r"^clock_mhz must be positive, not 0\.0$"):
        report(clock=0.0)
    with pytest.raises(ValueError, match=r"^cycles must be a multiple of 3, not 200$"):
        report(images=3)


def test_an_unknown_module_is_of_the_part_it_stands_in() -> None:
    helper = Module("helper", {"a": ("input", [2])}, [Instance("g", "INV", {"A": [2]}, {})])

    def holding(name: str, *kinds: str) -> Module:
        contained = [Instance(f"u_{kind}", kind, {"a": [2]}, {}) for kind in kinds]
        return Module(name, {"a": ("input", [2])}, contained)

    modules = [holding("top", "hawx_pe_x", "helper"), holding("hawx_pe_x", "helper"), helper]
    flat = flatten(Netlist("top", {m.name: m for m in modules}, TECHNOLOGY.library))
    zeros = np.zeros(flat.nets, dtype=np.int64)
    result = power_report(
        PowerModel(flat, TECHNOLOGY.supply),
        {"idle": Activity(1, zeros, zeros)},
        TECHNOLOGY.memories,
        part_of={"hawx_pe_x": "PEs"}.get,
        clock_mhz=1.0,
        images=1,
    )
    leakage = {part: entry.leakage_uw for part, entry in result.parts.items()}
    inverter = result.leakage_uw / 2
    expected = {"PEs": pytest.approx(inverter), "shell": pytest.approx(inverter), "clock": 0}
    assert leakage == expected
