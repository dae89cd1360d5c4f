"""Accesses by layer, and the energy of an image under other memory models."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hawx_hw.netlist.activity import Activity
from hawx_hw.power.memories import by_memory_model, macro_powers
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


def metrics(name: str) -> list[Any]:
    model = TECHNOLOGY.memory_models[name]  # type: ignore[index]
    return [model.metrics(m.kind, m.parameters["WIDTH"], m.parameters["DEPTH"]) for m in MACROS]


def test_accesses_by_layer() -> None:
    ram, flops = macro_powers(MACROS, metrics("published"), LAYERS, 2)
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


def test_an_image_under_each_model() -> None:
    used = TECHNOLOGY.memories
    own = sum(each.energy_pj for each in macro_powers(MACROS, metrics("published"), LAYERS, 2))
    result = by_memory_model(TECHNOLOGY.memory_models, used, MACROS, LAYERS, 2, own + 1000.0)
    assert list(result) == ["published", "cacti", "scaled"]
    for name, each in result.items():
        powers = macro_powers(MACROS, metrics(name), LAYERS, 2)
        assert each.memories_pj == pytest.approx(sum(p.energy_pj for p in powers), rel=1e-6)
        assert each.energy_pj == pytest.approx(1000.0 + each.memories_pj, rel=1e-6)
    assert result["published"].energy_pj == pytest.approx(own + 1000.0, rel=1e-6)
    assert result["cacti"].energy_pj < result["published"].energy_pj < result["scaled"].energy_pj


def test_other_models_have_gated_clocks_where_the_used_one_has() -> None:
    free = TECHNOLOGY.memories.gated(False)
    result = by_memory_model(TECHNOLOGY.memory_models, free, MACROS, LAYERS, 2, 5000.0)
    assert result["published"].energy_pj == pytest.approx(5000.0)
