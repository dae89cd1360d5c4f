"""The accelerator."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.design.program import ProgramCycles, ProgramLayer
from hawx_hw.report.html.machine import machine_content
from hawx_hw.report.run_results import RunResults
from tests.report.samples import EMIT, POWER, VERIFY

LAYER = ProgramLayer(name="conv1", total=100, macs=1600, causes={}, utilization=0.5)


def results(**extra: object) -> RunResults:
    emit = EMIT.model_copy(update={"cycles": ProgramCycles(core=100, layers=(LAYER,))})
    emit = type(emit).model_validate({**emit.model_dump(), **extra})
    return RunResults(Path(), (), emit=emit, power=POWER, verify=VERIFY)


def test_cells_lie_where_the_architecture_states() -> None:
    content = machine_content(results(pe_blocks=[[[0], [0, 1]], [[1], []]]), "systolic")
    assert content is not None
    assert content.map.cells == (((0,), (0, 1)), ((1,), ()))
    assert content.map.blocks == ("exact", "drum(k=4)")
    [layer] = content.layers
    assert (layer.cycles, layer.utilization, layer.energy_nj) == (100, 0.5, 200.0)
    assert layer.blocks == {"exact": 0.75, "drum(k=4)": 0.25}


def test_lanes_are_in_lines_of_sixteen() -> None:
    content = machine_content(results(lane_blocks=[[0]] * 20), "simt")
    assert content is not None
    assert [len(line) for line in content.map.cells] == [16, 4]
    other = machine_content(results(), "other")
    assert other is not None
    assert sum(map(len, other.map.cells)) == EMIT.multipliers


def test_nothing_without_an_accelerator() -> None:
    assert machine_content(RunResults(Path(), ()), "systolic") is None
