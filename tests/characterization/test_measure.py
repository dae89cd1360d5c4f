"""Blocks measured: numbers by hand for a block of a few gates, the store, wrong netlists."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from amaranth.hdl import Module

from hawx_hw.blocks.block import BlockComponent
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.characterization import measure as module
from hawx_hw.characterization.measure import Measurement, measure, synthesize_blocks
from hawx_hw.characterization.operands import Operands, uniform
from hawx_hw.errors import VerificationError
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load


class Single(BlockComponent):
    """Bit 0 of the product is the AND of the operands' bits 0."""

    def __init__(self, wrong: bool):
        self._wrong = wrong
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        bit = self.a[0] | self.b[0] if self._wrong else self.a[0] & self.b[0]
        m.d.comb += self.product.eq(bit)
        return m


@dataclasses.dataclass(frozen=True)
class And(Exact):
    family = "and"
    implementations = ("gate",)
    wrong: int = 0

    def component(self, implementation=None):
        return Single(bool(self.wrong))

    def multiply(self, a, b):
        return a & b & 1


@dataclasses.dataclass(frozen=True)
class Tree(Exact):
    implementations = ("tree",)


@pytest.fixture
def technology():
    return load("generic45")


def test_one_gate_by_hand(technology) -> None:
    # Four steps: the product goes 0, 1, 1, 0; a toggles once, b twice.
    weights = np.array([[0], [1], [1], [1]], dtype=np.int8)
    activations = np.array([[0], [1], [1], [0]], dtype=np.int8)
    block = And()
    ((result,),) = measure(
        [block], synthesize_blocks([block], technology), technology,
        Operands(weights, activations, "by hand"),
    ).values()  # fmt: skip
    assert result.cells >= 1
    gate = technology.library.cells["AND2"]
    ties = result.area - gate.area
    assert ties >= 0
    # 1 + 2 toggles of the inputs over 3 steps; the output drives nothing.
    half = 0.5 * technology.supply**2
    charge = half * (gate.pins["A1"].capacitance, gate.pins["A2"].capacitance)[0]
    least, most = (
        half * f(p.capacitance for p in gate.pins.values() if p.direction == "input")
        for f in (min, max)
    )
    assert 3 * least / 3 <= result.switching_fj <= 3 * most / 3
    assert charge > 0
    # The output toggles twice in three steps, and only it costs energy inside.
    (power,) = gate.pins["ZN"].powers[:1]
    mean = 0.5 * (power.rise.values.mean() + power.fall.values.mean())
    assert result.internal_fj == pytest.approx(2 * mean / 3, rel=1e-6)
    assert result.leakage_nw >= gate.leakage_nw * 0.5


def test_power_and_energy_of_a_clock() -> None:
    result = Measurement("b", "a", 1.0, 1.0, 1, 30.0, 50.0, 4000.0, {})
    # 4000 nW for 2 ns are 8 fJ; 88 fJ 500 million times a second are 44 uW.
    assert result.energy_fj(500.0) == pytest.approx(88.0)
    assert result.power_uw(500.0) == pytest.approx(44.0)
    assert result.power_uw(1e-9) == pytest.approx(4.0)


def test_energies_are_kept(technology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "store.sqlite")
    progress: list[tuple[int, int]] = []
    block, operands = And(), uniform(20, 64)
    mapped = synthesize_blocks([block], technology, store=store)
    ((first,),) = measure(
        [block], mapped, technology, operands, store=store,
        progress=lambda done, total: progress.append((done, total)),
    ).values()  # fmt: skip
    assert progress == [(1, 1)]
    # Each figure can be traced: the keys lead to what it was made from.
    for name, key in first.keys.items():
        (entry,) = store.lookup(key)
        assert entry.kind == ("block energy" if name == "energy" else "module")
    (energy,) = store.lookup(first.keys["energy"])
    assert energy.inputs["operands"] == operands.digest
    assert energy.result["switching_fj"] == first.switching_fj
    monkeypatch.setattr(module, "simulate_block", lambda *_, **__: pytest.fail("simulated again"))
    assert measure([block], mapped, technology, operands, store=store) == {"and(wrong=0)": [first]}
    with pytest.raises(pytest.fail.Exception):
        measure([block], mapped, technology, uniform(21, 64), store=store)


def test_a_netlist_that_computes_something_else_is_found(technology) -> None:
    block = And(wrong=1)
    mapped = synthesize_blocks([block], technology)
    with pytest.raises(VerificationError, match="computes another product than its table"):
        measure([block], mapped, technology, uniform(20, 64))


def test_quiet_operands_cost_leakage_alone(technology) -> None:
    still = np.full((10, 3), 77, dtype=np.int8)
    block = And()
    mapped = synthesize_blocks([block], technology)
    ((result,),) = measure([block], mapped, technology, Operands(still, still, "still")).values()
    assert result.switching_fj == result.internal_fj == 0.0
    assert result.leakage_nw > 0


def test_glitches_cost_energy(technology) -> None:
    block = Tree()
    mapped = synthesize_blocks([block], technology)
    operands = uniform(40, 64)
    settled, timed = (
        module.energies_of(block, mapped[0], technology, operands, glitches=glitches, store=None)[0]
        for glitches in (False, True)
    )
    assert timed["switching_fj"] > 1.05 * settled["switching_fj"]
    assert timed["leakage_nw"] == pytest.approx(settled["leakage_nw"], rel=0.05)


def test_a_block_that_skips_takes_nothing(technology) -> None:
    from hawx_hw.blocks.families.none import Skipped

    block = Skipped()
    mapped = synthesize_blocks([block], technology)
    for glitches in (False, True):
        ((result,),) = measure(
            [block], mapped, technology, uniform(20, 64), glitches=glitches
        ).values()
        assert (result.switching_fj, result.internal_fj) == (0.0, 0.0)
        # What ties the outputs low, where the library has a cell for it.
        assert result.delay_ns == 0 and result.area < technology.library.cells["AND2"].area
