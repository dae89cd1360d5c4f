"""The memory model against the published macros that it follows, and at its edges."""

from __future__ import annotations

import dataclasses

import pytest

from hawx_hw.technology import load
from hawx_hw.technology.gates import Gates
from hawx_hw.technology.memories import MemoryCoefficients, MemoryModel, scaled
from hawx_hw.util.macros import MACROS

GATES = Gates(5.4432, 7.2576, 48.9888, 0.0630032, 0.0812456, 0.510516, 6.2, 24.8)
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
    assert (ram.source, rom.source) == ("flip-flops, assumed", "gates, assumed")
    # 128 bits and a word of flip-flops, three NANDs a bit; 240 bits of 0.35 NANDs and a word.
    assert ram.area == pytest.approx(136 * 48.9888 + 128 * 3 * 7.2576)
    assert rom.area == pytest.approx(12 * 48.9888 + 240 * 0.35 * 7.2576)
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


def test_scaling() -> None:
    half = scaled(65.0, 0.6, 0.0630032)
    assert half.cell_um2 == pytest.approx(2.9 / 4)
    assert half.read_column_pj == pytest.approx(0.04471 / 8)
    assert half.bit_leakage_nw == pytest.approx(0.012086)
    assert half.second_port_area == MemoryCoefficients().second_port_area
    assert scaled(130.0, 1.2, 0.0630032) == MemoryCoefficients()
    assert scaled(130.0, 1.2, 0.1260064).bit_leakage_nw == pytest.approx(0.024172)


@pytest.mark.parametrize(("values", "name"), [((0.0, 1.0), "feature_nm"), ((45.0, -1.0), "supply")])
def test_wrong_scaling_is_refused(values: tuple[float, float], name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be positive, not "):
        scaled(*values, 1.0)


def test_wrong_macros_are_refused() -> None:
    with pytest.raises(ValueError, match=r"kind must be one of hawx_rom, .*, not 'ram'"):
        MODEL.metrics("ram", 8, 8)
    with pytest.raises(ValueError, match="depth must be at least 1, not 0"):
        MODEL.metrics("hawx_rom", 8, 0)


def test_sources_say_what_is_assumed() -> None:
    assert load("generic45").memories.source == "scaled from 130 nm (assumed)"
