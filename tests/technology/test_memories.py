"""The memory model against the published macros that it follows, and at its edges."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest

from hawx_hw.technology import load
from hawx_hw.technology.gates import Gates
from hawx_hw.technology.memories import MemoryModel
from hawx_hw.technology.memory_models import MEMORY_MODELS, MemoryCoefficients
from hawx_hw.util.macros import MACROS

GATES = Gates(5.4432, 7.2576, 48.9888, 0.0630032, 0.0812456, 0.510516, 6.2, 20.0)
MODEL = MemoryModel(MemoryCoefficients(), GATES, {}, "of the test")

#: Kind, width, depth, area in um2, read and write in pJ, leakage in nW: of IHP's open kit.
PUBLISHED = [
    ("hawx_sp_ram", 8, 1024, 49419.2448, 15.5961, 19.9179, 99.0077),
    ("hawx_sp_ram", 64, 512, 150102.4032, 68.8967, 80.0160, 396.0310),
    ("hawx_sdp_ram", 16, 1024, 402.61 * 385.37, 26.4863, 32.9180, 318.9007),
]


@pytest.mark.parametrize(("kind", "width", "depth", "area", "read", "write", "leakage"), PUBLISHED)
def test_the_model_follows_the_macros_that_it_was_fitted_to(
    kind: str, width: int, depth: int, area: float, read: float, write: float, leakage: float
) -> None:
    result = MODEL.metrics(kind, width, depth)
    assert result.area == pytest.approx(area, rel=0.001)
    # The two-port macro's energies were not part of the fit.
    assert result.read_energy_fj == pytest.approx(1000 * read, rel=0.025)
    assert result.write_energy_fj == pytest.approx(1000 * write, rel=0.005)
    assert result.leakage_nw == pytest.approx(leakage, rel=0.002)
    assert result.source == "memory array, of the test"


@pytest.mark.parametrize("kind", MACROS)
def test_metrics_grow_with_width_and_depth(kind: str) -> None:
    shapes = [(8, 4), (8, 16), (8, 64), (8, 1024), (8, 16384), (64, 16384)]
    result = [MODEL.metrics(kind, *shape) for shape in shapes]
    areas = [metrics.area for metrics in result]
    assert areas == sorted(areas)
    # Flip-flops leak more than the cells of an array.
    leakages = [f.leakage_nw for f in result if f.source.startswith("memory array")]
    assert len(leakages) >= 2
    assert leakages == sorted(leakages)
    assert all(metrics.write_energy_fj > 0 for metrics in result) == (kind != "hawx_rom")


def test_small_memories_are_cells_and_large_ones_arrays() -> None:
    ram, rom = MODEL.metrics("hawx_sdp_ram", 8, 16), MODEL.metrics("hawx_rom", 12, 20)
    assert ram.source.startswith("flip-flops, clock gated, measured in generic45")
    assert rom.source.startswith("gates, clock gated, measured in generic45")
    # 128 bits and a word of flip-flops, and NANDs for each bit, for each word, and for the output.
    nands = 128 * 1.24 + 16 * 8.74 + 8 * 1.5
    assert ram.area == pytest.approx(136 * 48.9888 + nands * 7.2576)
    assert rom.area == pytest.approx(12 * 48.9888 + (240 * 0.224 + 20 * 1.06) * 7.2576)
    assert rom.area < MODEL.metrics("hawx_sp_ram", 12, 20).area
    assert MODEL.metrics("hawx_rom", 64, 8192).source.startswith("memory array")


def test_stated_macros_count_for_their_shape_alone() -> None:
    technology = load("generic45")
    macro = MODEL.metrics("hawx_sp_ram", 8, 1024)
    stated = dataclasses.replace(macro, area=1.0, source="stated")
    model = dataclasses.replace(technology.memories, stated={("hawx_sp_ram", 8, 1024): stated})
    assert model.metrics("hawx_sp_ram", 8, 1024) is stated
    assert model.metrics("hawx_sp_ram", 8, 1025).area > 1000
    assert model.metrics("hawx_sdp_ram", 8, 1024).area > 1000


@pytest.mark.parametrize("name", MEMORY_MODELS)
@pytest.mark.parametrize("kind", MACROS)
@pytest.mark.parametrize("construction", ["array", "cells"])
def test_energies_grow_with_width_and_depth(name: str, kind: str, construction: str) -> None:
    """Arrays and cells each by themselves; where cells give way to an array, energy may fall."""
    make = getattr(load("generic45").memory_models[name], construction)  # type: ignore[index]
    widths, depths = (1, 8, 17, 64, 192), (1, 2, 16, 32, 33, 128, 1000, 1024, 1025, 4096, 20000)
    for row in ([make(kind, width, depth) for width in widths] for depth in depths):
        assert all(a.read_energy_fj < b.read_energy_fj for a, b in pairwise(row))
    for column in ([make(kind, width, depth) for depth in depths] for width in widths):
        assert all(a.read_energy_fj < b.read_energy_fj for a, b in pairwise(column))
        written = kind != "hawx_rom"
        assert all((a.write_energy_fj < b.write_energy_fj) == written for a, b in pairwise(column))


def test_clocks_that_are_not_gated_clock_all_flip_flops_always() -> None:
    model = load("generic45").memories
    gated, free = (each.metrics("hawx_sdp_ram", 23, 16) for each in (model, model.gated(False)))
    pin = model.gates.flip_flop_clock_fj
    assert free.clock_fj == pytest.approx(23 * 17 * pin)
    assert 0 < gated.clock_fj < 0.06 * free.clock_fj
    # A gated read clocks the register at the output, a write one word; without gates it is idle.
    gates = dataclasses.replace(model.gates, flip_flop_clock_fj=2 * pin)
    doubled = dataclasses.replace(model, gates=gates)
    for each, more in ((model, 23 * pin), (model.gated(False), 0.0)):
        own = each.metrics("hawx_sdp_ram", 23, 16)
        other = doubled.gated(each.clock_gating).metrics("hawx_sdp_ram", 23, 16)
        assert other.read_energy_fj - own.read_energy_fj == pytest.approx(more)
        assert other.write_energy_fj - own.write_energy_fj == pytest.approx(more)
    # A clock gate for each word takes less than a multiplexer for each bit.
    assert gated.area < free.area
    assert model.metrics("hawx_sdp_ram", 64, 1024) == model.gated(False).metrics(
        "hawx_sdp_ram", 64, 1024
    )
    assert model.metrics("hawx_sdp_ram", 64, 1024).clock_fj == 0.0


def test_a_second_port_and_a_rom_have_factors_of_their_own() -> None:
    changed = dataclasses.replace(
        MODEL.coefficients, second_port_read=2.0, second_port_write=3.0, rom_read=0.5
    )
    model = dataclasses.replace(MODEL, coefficients=changed)
    one, two, rom = (
        model.array(kind, 64, 1024) for kind in ("hawx_sp_ram", "hawx_sdp_ram", "hawx_rom")
    )
    assert two.read_energy_fj == pytest.approx(2 * one.read_energy_fj)
    assert two.write_energy_fj == pytest.approx(3 * one.write_energy_fj)
    assert (rom.read_energy_fj, rom.write_energy_fj) == (pytest.approx(one.read_energy_fj / 2), 0)


def test_wrong_macros_are_refused() -> None:
    with pytest.raises(ValueError, match=r"kind must be one of hawx_rom, .*, not 'ram'"):
        MODEL.metrics("ram", 8, 8)
    with pytest.raises(ValueError, match="depth must be at least 1, not 0"):
        MODEL.metrics("hawx_rom", 8, 0)


def test_sources_say_what_is_assumed() -> None:
    models = load("generic45").memory_models
    assert [models[name].source for name in MEMORY_MODELS] == [
        "memory model published",
        "memory model cacti",
        "memory model scaled, scaled to 45 nm and 1.1 V (assumed)",
    ]


def test_clocks_are_not_gated_where_the_library_has_no_clock_gate() -> None:
    technology = load("generic45")
    cells = technology.library.cells
    gateless = {name: cell for name, cell in cells.items() if cell.clock_gate is None}
    library = dataclasses.replace(technology.library, cells=gateless)
    other = dataclasses.replace(technology)
    vars(other)["library"] = library  # as if it had been read
    free = technology.memories.gated(False)
    assert technology.memories.clock_gating and not free.clock_gating
    assert other.memories == free
    assert other.memories.gated(True) == free
