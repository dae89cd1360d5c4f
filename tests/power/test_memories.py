"""Accesses by layer, and the energy of an image under other memory models."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hawx_hw.netlist.activity import Activity
from hawx_hw.power.memories import by_memory_model, macro_powers
from hawx_hw.power.result import MacroPower
from hawx_hw.technology import load

TECHNOLOGY = load("generic45")
MACROS: Any = [
    SimpleNamespace(path="ram", kind="hawx_sp_ram", parameters={"WIDTH": 64, "DEPTH": 1024}),
    SimpleNamespace(path="flops", kind="hawx_sdp_ram", parameters={"WIDTH": 8, "DEPTH": 4}),
]
NONE = np.zeros(0, dtype=np.int64)
LAYERS = {
    "one": Activity(100, NONE, NONE, {"ram": (40, 10), "flops": (2, 4)}),
    "two": Activity(60, NONE, NONE, {"ram": (6, 0)}),
}


def powers(name: str = "published", gated: bool = True) -> tuple[MacroPower, ...]:
    used = TECHNOLOGY.memory_models[name].gated(gated)
    return macro_powers(MACROS, used, TECHNOLOGY.memory_models, LAYERS, 2)


def test_accesses_by_layer() -> None:
    ram, flops = powers()
    assert {name: (each.reads, each.writes) for name, each in ram.layers.items()} == {
        "one": (20.0, 5.0), "two": (3.0, 0.0),
    }  # fmt: skip
    assert (ram.reads, ram.writes, ram.clock_fj) == (23.0, 5.0, 0.0)
    assert ram.energy_pj == pytest.approx(
        (23 * ram.read_energy_fj + 5 * ram.write_energy_fj) / 1000, rel=1e-6
    )
    # The clock of flip-flops counts in layers without accesses too.
    assert flops.clock_fj > 0
    accesses = flops.read_energy_fj + 2 * flops.write_energy_fj
    assert flops.energy_pj == pytest.approx((accesses + 80 * flops.clock_fj) / 1000, rel=1e-6)
    assert "memory model published" in ram.source


def test_a_memory_under_each_model() -> None:
    for name in TECHNOLOGY.memory_models:
        for memory, own in zip(powers(), powers(name), strict=True):
            assert memory.memory_models[name] == own.energy_pj


def test_an_image_under_each_model() -> None:
    own = sum(each.energy_pj for each in powers())
    result = by_memory_model(powers(), TECHNOLOGY.memory_models, own + 1000.0)
    assert list(result) == ["published", "cacti", "scaled"]
    for name, each in result.items():
        energy = sum(memory.energy_pj for memory in powers(name))
        assert each.memories_pj == pytest.approx(energy, rel=1e-6)
        assert each.energy_pj == pytest.approx(1000.0 + energy, rel=1e-6)
    assert result["published"].energy_pj == pytest.approx(own + 1000.0, rel=1e-6)
    assert result["cacti"].energy_pj < result["published"].energy_pj < result["scaled"].energy_pj


def test_other_models_have_gated_clocks_where_the_used_one_has() -> None:
    gated, free = powers()[1], powers(gated=False)[1]
    assert free.energy_pj > 2 * gated.energy_pj
    assert set(free.memory_models.values()) == {free.energy_pj}
