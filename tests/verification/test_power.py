"""Power of a mapped accelerator: consistent with the simulation, with the clock that it allows."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.errors import UserError
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.netlist.arcs import loads
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.netlist.timed import library_delays
from hawx_hw.netlist.wires import wires_of
from hawx_hw.power.model import PowerModel
from hawx_hw.power.result import PowerResult
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load
from hawx_hw.verification.accelerator_job import AROUND, cycles_per_image
from hawx_hw.verification.gate_level import simulate_accelerator
from hawx_hw.verification.power import measure_power

TECHNOLOGY = load("generic45")
Mapped = tuple[FlatNetlist, Plan, Path, np.ndarray]


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory, shared_store: Store) -> Mapped:
    rng = np.random.default_rng(3)
    graph = random_graph(rng, layers=1, max_size=4, max_channels=3)
    made = plan(graph, ArrayShape.complete(2, 2))
    folder = tmp_path_factory.mktemp("accelerator")
    emit_accelerator(made, folder, config_hash=0)
    names = (folder / "rtl" / "filelist.f").read_text().split()
    sources = {name: (folder / "rtl" / name).read_text() for name in names}
    (design,) = map_designs([(sources, TOP)], TECHNOLOGY, store=shared_store)
    return design.flat, made, folder / "mem", random_codes(rng, graph, 3)


def measured(mapped: Mapped, **options: object) -> PowerResult:
    return measure_power(*mapped, TECHNOLOGY, **({"longest_path_ns": 1.0} | options))


def test_the_layers_are_those_of_the_plan(mapped: Mapped) -> None:
    result = measured(mapped)
    _, made, _, images = mapped
    report = made.cycles()
    assert [layer.name for layer in result.layers] == [
        *(layer.name for layer in report.layers),
        AROUND,
    ]
    assert [layer.cycles for layer in result.layers[:-1]] == [each.total for each in report.layers]
    assert result.cycles == cycles_per_image(made)
    assert result.images == len(images)
    assert result.technology.name == "generic45"
    assert "without glitches" in result.method


def test_the_longest_path_limits_the_clock(mapped: Mapped) -> None:
    fast, slow = measured(mapped), measured(mapped, longest_path_ns=8.0)
    assert (fast.clock_mhz, fast.clock) == (TECHNOLOGY.clock_mhz, "set by the technology")
    assert (slow.clock_mhz, slow.clock) == (125.0, "lowered to what the longest path allows")
    assert slow.internal_uw == pytest.approx(fast.internal_uw * 125.0 / fast.clock_mhz)
    requested = measured(mapped, clock_mhz=50.0)
    assert (requested.clock_mhz, requested.clock) == (50.0, "set by the config")


def test_glitches_add_energy(mapped: Mapped) -> None:
    without, with_them = measured(mapped), measured(mapped, glitch_cycles=10**6)
    assert without.glitches is None and without.glitch_uw == 0
    assert with_them.method.startswith("toggles with glitches, ")
    for kind in ("internal", "switching", "clock", "memory", "leakage"):
        assert getattr(with_them, f"{kind}_uw") == getattr(without, f"{kind}_uw")
    glitches = with_them.glitches
    assert glitches is not None
    assert (glitches.cycles, glitches.images) == (with_them.cycles, with_them.images)
    assert glitches.standard_error_pj == 0 < glitches.glitch_pj
    added = with_them.energy_pj - without.energy_pj
    assert glitches.glitch_pj == pytest.approx(added, rel=1e-5)
    assert sum(part.glitch_pj for part in glitches.parts.values()) == pytest.approx(added, rel=1e-5)


def test_all_cycles_timed_are_the_simulation_with_delays(mapped: Mapped) -> None:
    """Its toggles counted as a power report's without glitches are."""
    flat, made, memories, images = mapped
    result = measured(mapped, glitch_cycles=10**6)
    activity = simulate_accelerator(flat, made, memories, images, delays=library_delays(flat))
    model = PowerModel(flat, TECHNOLOGY.supply)
    energy = 0.0
    for groups in activity.timed.values():
        pulses = reduce(add, groups).pulses
        cells = model.energies(pulses)
        each = cells.internal_fj + cells.switching_fj + cells.driven_fj
        energy += float(each.sum()) * pulses.cycles / len(images) / 1000
    memory_clocks = sum(memory.clock_fj for memory in result.memories) * result.cycles / 1000
    kinds = ("internal", "switching", "glitch", "clock")
    power = sum(getattr(result, f"{kind}_uw") for kind in kinds)
    dynamic = power * result.cycles / result.clock_mhz - memory_clocks
    assert dynamic == pytest.approx(energy, rel=1e-6)


@pytest.mark.parametrize("cycles", [20, 32])
def test_a_sample_of_the_cycles_is_near_all(mapped: Mapped, cycles: int) -> None:
    """Within four standard errors."""
    every, sample = (measured(mapped, glitch_cycles=n).glitches for n in (10**6, cycles))
    assert every is not None and sample is not None
    assert sample.cycles == pytest.approx(cycles, abs=2)
    assert sample.settled_pj == every.settled_pj
    assert 0 < sample.standard_error_pj < 0.2 * every.glitch_pj
    assert abs(sample.glitch_pj - every.glitch_pj) <= 4 * sample.standard_error_pj


def test_a_sample_says_so(mapped: Mapped) -> None:
    result = measured(mapped, glitch_cycles=20)
    assert result.glitches is not None
    expected = f"with glitches (estimated from {result.glitches.cycles} cycles with delays)"
    assert expected in result.method


def test_memories_of_flip_flops_have_the_accelerators_clock_gates(mapped: Mapped) -> None:
    gated, free = measured(mapped), measured(mapped, clock_gating=False)
    assert free.clock_uw > 1.1 * gated.clock_uw
    for one, other in zip(gated.memories, free.memories, strict=True):
        assert (one.reads, one.writes) == (other.reads, other.writes)
    assert any(f.clock_fj > 5 * g.clock_fj for f, g in zip(free.memories, gated.memories))


def test_wires_add_what_their_capacitance_takes(mapped: Mapped) -> None:
    flat = mapped[0]
    without = measured(mapped)
    assert without.wires is None and "no wires" in without.method
    for kind in ("estimated", "measured"):
        result = measured(mapped, wires=kind)
        model = TECHNOLOGY.wire_model(kind)
        assert model is not None and result.wires is not None
        capacitance = wires_of(flat, model).capacitance_ff
        assert result.wires.kind == kind
        assert result.wires.capacitance_ff == pytest.approx(capacitance.sum(), rel=1e-5)
        assert result.wires.pins_ff == pytest.approx(loads(flat).sum(), rel=1e-5)
        assert "wires" in result.method and "no wires" not in result.method
        assert result.switching_uw > without.switching_uw
        assert result.clock_uw > without.clock_uw
        # Neither cells nor memories take more: internal energies of generic45 have no load.
        for part in ("internal", "memory", "leakage"):
            assert getattr(result, f"{part}_uw") == pytest.approx(getattr(without, f"{part}_uw"))
    assert measured(mapped, wires="estimated").wires.error is None
    assert measured(mapped, wires="measured").wires.error == TECHNOLOGY.measured_wires.fit.error


def test_wires_that_the_technology_does_not_state_are_refused(mapped: Mapped) -> None:
    bare = replace(TECHNOLOGY, measured_wires=None)
    with pytest.raises(UserError, match="generic45 states no measured_wires"):
        measure_power(*mapped, bare, longest_path_ns=1.0, wires="measured")
