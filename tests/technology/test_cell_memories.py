"""Memories of cells against synthesized ones, which benchmarks/memories.py measures."""

from __future__ import annotations

import pytest

from hawx_hw.technology import load
from hawx_hw.technology.cell_memories import CellMemories

MEMORIES = load("generic45").memories


@pytest.mark.parametrize(("depth", "data"), [(16, 60.0), (32, 120.0), (64, 198.0)])
def test_a_ram_of_flip_flops_under_real_sums(depth: int, data: float) -> None:
    """FJ a bit of a read and a write; 17 fJ of it are the gated clock."""
    metrics = MEMORIES.cells("hawx_sdp_ram", 23, depth)
    both = (metrics.read_energy_fj + metrics.write_energy_fj) / 23
    assert both == pytest.approx(data + 17.2, rel=0.1)


@pytest.mark.parametrize(
    ("depth", "read", "write"), [(16, 54.8, 26.1), (32, 104.4, 38.3), (64, 195.6, 61.6)]
)
def test_reads_and_writes_of_a_ram(depth: int, read: float, write: float) -> None:
    """FJ a bit, under smooth numbers of 11 bits, with gated clocks."""
    metrics = MEMORIES.cells("hawx_sdp_ram", 23, depth)
    assert metrics.read_energy_fj / 23 == pytest.approx(read, rel=0.13)
    assert metrics.write_energy_fj / 23 == pytest.approx(write, rel=0.03)


def test_a_wide_one() -> None:
    metrics = MEMORIES.metrics("hawx_sdp_ram", 184, 20)
    assert metrics.read_energy_fj + metrics.write_energy_fj == pytest.approx(17e3, rel=0.03)


@pytest.mark.parametrize(("depth", "idle"), [(8, 83.1), (16, 157.0), (32, 304.7), (64, 600.1)])
def test_the_clock_of_an_idle_ram(depth: int, idle: float) -> None:
    assert MEMORIES.cells("hawx_sdp_ram", 23, depth).clock_fj == pytest.approx(idle, rel=0.01)


def test_the_clock_without_gates() -> None:
    free = MEMORIES.gated(False).cells("hawx_sdp_ram", 23, 16)
    assert free.clock_fj == pytest.approx(23 * 146.09, rel=0.001)


@pytest.mark.parametrize(
    ("width", "depth", "area"), [(8, 16, 945.4), (23, 32, 5055.1), (23, 64, 10051.1)]
)
def test_the_area_of_a_ram(width: int, depth: int, area: float) -> None:
    assert MEMORIES.cells("hawx_sdp_ram", width, depth).area == pytest.approx(area, rel=0.05)


@pytest.mark.parametrize(
    ("width", "depth", "read"), [(24, 16, 19.27), (24, 64, 33.42), (24, 256, 72.83)]
)
def test_a_rom_of_gates(width: int, depth: int, read: float) -> None:
    """FJ a bit of a read, with the clock of the register at the output."""
    metrics = MEMORIES.cells("hawx_rom", width, depth)
    assert metrics.read_energy_fj / width == pytest.approx(read, rel=0.1)
    assert metrics.write_energy_fj == 0.0
    assert metrics.clock_fj == pytest.approx(9.2, rel=0.01)


def test_energies_scale_with_the_gates() -> None:
    coefficients = MEMORIES.coefficients
    small = CellMemories(MEMORIES.gates, coefficients.gate_bit, coefficients.register_bit).ram(8, 8)
    assert small == MEMORIES.cells("hawx_sp_ram", 8, 8)
    assert "clock gated" in small.source
    assert "clock not gated" in MEMORIES.gated(False).cells("hawx_rom", 8, 8).source
