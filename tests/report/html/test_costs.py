"""Bars of cycles and energy add up to the measured numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.power.result import MacroPower
from hawx_hw.report.html.costs import bars, memory_use
from hawx_hw.report.run_results import RunResults
from tests.report.samples import POWER, VERIFY


def memory(path: str, energies: tuple[float, float, float]) -> MacroPower:
    models = dict(zip(("published", "cacti", "scaled"), energies, strict=True))
    return MacroPower(
        path=path, kind="hawx_rom", width=8, depth=16, reads=1.0, writes=0.0, layers={},
        read_energy_fj=1.0, write_energy_fj=0.0, clock_fj=0.0, energy_pj=energies[0],
        memory_models=models, leakage_nw=0.0, source="gates",
    )  # fmt: skip


MEMORIES = (
    memory("core/weights_0_0/macro", (50_000.0, 10_000.0, 100_000.0)),
    memory("core/weights_1_0/macro", (70_000.0, 20_000.0, 250_000.0)),
    memory("core/program/macro", (30_000.0, 10_000.0, 50_000.0)),
)


def results(**power: object) -> RunResults:
    return RunResults(Path(), (), verify=VERIFY, power=POWER.model_copy(update=power))


def test_nothing_without_results() -> None:
    assert list(bars(RunResults(Path(), ()))) == []


def test_cycles_and_energy_by_layer() -> None:
    cycles, energy, _ = bars(results())
    assert sum(part[0] for part in cycles.parts.values()) == 8906
    assert list(cycles.parts) == ["useful", "fill, drain", "other"]
    assert sum(part[0] for part in energy.parts.values()) == pytest.approx(200.0)
    # What counts comes first.
    assert list(energy.parts) == ["memories", "blocks"]


def test_all_parts_under_each_memory_model() -> None:
    *_, models = bars(results())
    assert models.bars == ("published", "cacti", "scaled")
    totals = [sum(part[model] for part in models.parts.values()) for model in range(3)]
    assert totals == [200.0, 90.0, 450.0]
    assert {"multipliers", "clock", "memories"} <= models.parts.keys()


def test_memory_by_memory_under_each_model() -> None:
    *_, memories, _ = bars(results(memories=MEMORIES))
    assert memories.bars == ("published", "cacti", "scaled")
    assert memories.parts == {"weights": (120.0, 30.0, 350.0), "program": (30.0, 10.0, 50.0)}


@pytest.mark.parametrize(
    ("path", "use"),
    [
        ("core/weights_7_0/macro", "weights"),
        ("core/slice_0/accumulators_1/macro", "accumulators"),
        ("shell/result_streamer/memory/macro", "result streamer"),
        ("core/registers/warp_1/macro", "registers"),
        ("core/multiply_engine/weight_feed/buffer/macro", "weight feed"),
        ("macro", "macro"),
    ],
)
def test_what_a_memory_is_for(path: str, use: str) -> None:
    assert memory_use(path) == use
