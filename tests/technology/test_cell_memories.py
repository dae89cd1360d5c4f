"""Memories of cells against synthesized ones, which benchmarks/memories.py measures."""

from __future__ import annotations

import pytest

from hawx_hw.technology import load
from hawx_hw.technology.cell_memories import CellMemories

MEMORIES = load("generic45").memories


@pytest.mark.parametrize(
    ("width", "depth", "read", "write"),
    [
        (23, 16, 25.28, 34.81),
        (23, 32, 28.47, 55.01),
        (23, 64, 28.98, 96.19),
        (8, 64, 33.52, 102.42),
    ],
)
def test_reads_and_writes_of_a_ram(width: int, depth: int, read: float, write: float) -> None:
    """FJ a bit, with glitches, under random words, with gated clocks."""
    metrics = MEMORIES.cells("hawx_sdp_ram", width, depth)
    assert metrics.read_energy_fj / width == pytest.approx(read, rel=0.08)
    assert metrics.write_energy_fj / width == pytest.approx(write, rel=0.04)


def test_a_network_s_sums_in_a_wide_one() -> None:
    """50.3 nJ were measured with glitches for 3,951 reads and writes in 8,938 cycles."""
    metrics = MEMORIES.metrics("hawx_sdp_ram", 184, 20)
    assert metrics.source.startswith("flip-flops")
    assert metrics.energy_fj(3951, 3951, 8938) == pytest.approx(50.3e6, rel=0.1)


@pytest.mark.parametrize(
    ("width", "depth", "read", "write"), [(23, 16, 18.64, 23.23), (23, 64, 23.25, 45.71)]
)
def test_reads_and_writes_without_clock_gates(
    width: int, depth: int, read: float, write: float
) -> None:
    """FJ a bit; the clock is in every cycle's."""
    metrics = MEMORIES.gated(False).cells("hawx_sdp_ram", width, depth)
    assert metrics.read_energy_fj / width == pytest.approx(read, rel=0.08)
    assert metrics.write_energy_fj / width == pytest.approx(write, rel=0.04)


@pytest.mark.parametrize(("depth", "idle"), [(8, 83.1), (16, 157.0), (32, 304.7), (64, 600.1)])
def test_the_clock_of_an_idle_ram(depth: int, idle: float) -> None:
    assert MEMORIES.cells("hawx_sdp_ram", 23, depth).clock_fj == pytest.approx(idle, rel=0.01)


def test_the_clock_without_gates() -> None:
    free = MEMORIES.gated(False).cells("hawx_sdp_ram", 23, 16)
    assert free.clock_fj == pytest.approx(23 * 146.09, rel=0.001)


@pytest.mark.parametrize(
    ("width", "depth", "gated", "area", "leakage"),
    [
        (8, 16, True, 904.1, 17081.9),
        (23, 32, True, 4557.6, 84398.3),
        (23, 64, True, 8696.1, 160880.5),
        (184, 20, True, 21480.0, 397191.0),
        (23, 32, False, 5872.2, 111900.0),
        (184, 20, False, 30367.1, 580500.0),
    ],
)
def test_area_and_leakage_of_a_ram(
    width: int, depth: int, gated: bool, area: float, leakage: float
) -> None:
    metrics = MEMORIES.gated(gated).cells("hawx_sdp_ram", width, depth)
    assert metrics.area == pytest.approx(area, rel=0.05)
    assert metrics.leakage_nw == pytest.approx(leakage, rel=0.06)


@pytest.mark.parametrize(
    ("width", "depth", "read", "area"),
    [
        (24, 16, 479.2, 202.96),
        (24, 64, 852.1, 491.83),
        (24, 256, 1914.5, 1368.0),
        (12, 256, 1143.3, 767.1),
        (17, 99, 814.9, 504.1),
        (104, 124, 4060.7, 2774.9),
        (104, 32, 2188.1, 1072.0),
    ],
)
def test_a_rom_of_gates(width: int, depth: int, read: float, area: float) -> None:
    """FJ of a read, with glitches, with the clock of the register at the output; um2."""
    metrics = MEMORIES.cells("hawx_rom", width, depth)
    assert metrics.read_energy_fj == pytest.approx(read, rel=0.08)
    assert metrics.area == pytest.approx(area, rel=0.12)
    assert metrics.write_energy_fj == 0.0
    assert metrics.clock_fj == pytest.approx(9.2, rel=0.01)


def test_energies_scale_with_the_gates() -> None:
    coefficients = MEMORIES.coefficients
    small = CellMemories(MEMORIES.gates, coefficients.gate_bit, coefficients.register_bit).ram(8, 8)
    assert small == MEMORIES.cells("hawx_sp_ram", 8, 8)
    assert "clock gated" in small.source
    assert "clock not gated" in MEMORIES.gated(False).cells("hawx_rom", 8, 8).source


def test_a_ram_of_one_word() -> None:
    assert MEMORIES.cells("hawx_sdp_ram", 8, 1).read_energy_fj > 8 * 9.0
