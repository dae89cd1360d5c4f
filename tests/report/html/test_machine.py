"""The accelerator: what each layer uses, and where its energy is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hawx_hw.architectures.drawing import LayerUse
from hawx_hw.design.program import ProgramCycles, ProgramLayer
from hawx_hw.errors import UserError
from hawx_hw.power.result import Accesses, LayerPower, MacroPower, PowerResult
from hawx_hw.report.html.machine import (
    MachineContent,
    MachineLayer,
    machine_content,
)
from hawx_hw.report.run_results import RunResults
from tests.report.samples import DRAWING, EMIT, POWER, VERIFY

LAYER = ProgramLayer(name="conv1", total=100, macs=120, causes={}, utilization=0.4)
#: pJ of the layer, by part.
PARTS = {"blocks": 100.0, "PEs without blocks": 30.0, "memories": 40.0, "control": 8.0,
         "clock": 70.0}  # fmt: skip
MACRO = MacroPower(
    path="core/weights/macro", kind="hawx_rom", width=8, depth=99, reads=10, writes=0,
    layers={"conv1": Accesses(reads=10, writes=0)}, read_energy_fj=3_000, write_energy_fj=0,
    clock_fj=100, energy_pj=45.0, memory_models={}, leakage_nw=50_000, source="a model",
)  # fmt: skip


def power(**changes: Any) -> PowerResult:
    (own,) = POWER.layers
    layer = LayerPower(
        **{
            **own.model_dump(),
            "cycles": 100,
            "energy_pj": sum(PARTS.values()),
            "parts": PARTS,
            "blocks": {"hawx_block_exact": 60.0, "hawx_block_drum_k_4": 40.0},
            **changes,
        }
    )
    return POWER.model_copy(update={"layers": (layer,), "memories": (MACRO,)})


def content(folder: Path, measured: PowerResult | None = None) -> MachineContent:
    DRAWING.write(folder)
    emit = EMIT.model_copy(update={"cycles": ProgramCycles(core=100, layers=(LAYER,))})
    made = machine_content(
        RunResults(folder, (), emit=emit, power=measured, verify=VERIFY), "systolic"
    )
    assert made is not None
    return made


def uses(layer: MachineLayer) -> list[tuple[float, ...]]:
    return [layer.uses[number].busy for number in layer.cells]


def test_cells_are_busy_as_the_plan_states(tmp_path: Path) -> None:
    (layer,) = content(tmp_path).layers
    assert (layer.name, layer.cycles, layer.utilization) == ("conv1", 100, 0.4)
    assert uses(layer) == [(0.6,), (0.0, 0.3), (0.0, 0.3)]
    assert layer.blocks == {"exact": 0.75, "drum(k=4)": 0.25}
    assert layer.energy_nj is None and layer.uses[0].energy_nj is None and not layer.units_nj


def test_energy_is_spread_by_multiplications_and_evenly(tmp_path: Path) -> None:
    (layer,) = content(tmp_path, power()).layers
    energies = [layer.uses[number].energy_nj for number in layer.cells]
    # The exact block multiplies in one cell alone, the other one in two cells equally.
    assert energies == [(0.06,), (0.0, 0.02), (0.0, 0.02)]
    assert layer.cell_rest_nj == pytest.approx(0.030 / 3)
    # 10 reads of 3 pJ, 50 uW for 100 cycles of 2 ns; its clock is counted with all clocks.
    assert layer.units_nj == {"control": 0.008, "core/weights": pytest.approx(0.040)}
    # The clock is drawn nowhere; of the memories nothing is left.
    assert layer.elsewhere_nj == {"clock": 0.07}
    drawn = sum(sum(each) for each in energies if each) + 3 * layer.cell_rest_nj
    total = drawn + sum(layer.units_nj.values()) + sum(layer.elsewhere_nj.values())
    assert layer.energy_nj == pytest.approx(total)


def test_blocks_that_do_nothing_share_what_they_take(tmp_path: Path) -> None:
    idle = DRAWING.drawing.model_copy(update={"layers": (LayerUse(layer="conv1"),)})
    result = DRAWING.model_copy(update={"drawing": idle})
    result.write(tmp_path)
    emit = EMIT.model_copy(update={"cycles": ProgramCycles(core=100, layers=(LAYER,))})
    made = machine_content(RunResults(tmp_path, (), emit=emit, power=power()), "systolic")
    assert made is not None
    (layer,) = made.layers
    assert uses(layer) == [(0.0,), (0.0, 0.0), (0.0, 0.0)]
    energies = [layer.uses[number].energy_nj for number in layer.cells]
    assert energies == [(0.02,), (0.02, 0.02), (0.02, 0.02)]


def test_what_no_unit_stands_for_is_named(tmp_path: Path) -> None:
    changed = power(blocks={"hawx_block_other": 100.0}, parts={**PARTS, "memories": 500.0})
    (layer,) = content(tmp_path, changed).layers
    assert layer.elsewhere_nj == {
        "blocks": 0.1,
        "clock": 0.07,
        "memories": pytest.approx(0.46),
    }


def test_nothing_without_an_accelerator(tmp_path: Path) -> None:
    assert machine_content(RunResults(tmp_path, ()), "systolic") is None
    with pytest.raises(UserError, match=r"drawing\.json"):
        machine_content(RunResults(tmp_path, (), emit=EMIT), "systolic")
