"""The stage accelerator: what the config leaves out, chosen for the network."""

from pathlib import Path

import pytest

from hawx_hw.design.design import Design
from hawx_hw.design.program import EmitResult
from hawx_hw.errors import UserError
from hawx_hw.prediction.choice_result import AcceleratorResult

SHAPE = "  rows: 4\n  columns: 4\n"


def ran(outcomes) -> list[str]:
    return [outcome.stage for outcome in outcomes if outcome.ran]


def test_multipliers_alone_are_enough(project: Path, run, edit) -> None:
    edit(project, SHAPE, "  multipliers: 6\n")
    run(project, "emit")
    choice = AcceleratorResult.read(project / "build").accelerator
    assert choice.chosen[:2] == ("rows", "columns")
    assert (choice.basis, choice.reason) == ("predicted", None)
    design = Design.load(project / "build" / "design.json")
    assert design.accelerator.hardware() == choice.accelerator
    emitted = EmitResult.read(project / "build")
    chosen = choice.considered[0]
    assert emitted.title == f"{chosen.size} systolic, 6 PEs"
    assert chosen.product <= 1.01 * min(each.product for each in choice.considered)


def test_a_unit_of_lanes_is_completed_in_the_same_way(project: Path, run, edit) -> None:
    edit(project, SHAPE, "  architecture: simt\n  multipliers: 8\n  registers: 4\n  warps: 2\n")
    run(project, "accelerator")
    choice = AcceleratorResult.read(project / "build").accelerator
    assert choice.chosen == ("cluster", "word", "requantizers")
    assert {"lanes": 8, "warps": 2, "registers": 4}.items() <= choice.accelerator.items()
    assert choice.considered[0].size == "8 lanes, 2 warps"
    assert choice.considered[0].product <= 1.01 * min(each.product for each in choice.considered)


def test_variants_of_a_search_are_completed_too(project: Path, run, edit) -> None:
    variants = (
        "search:\n  blocks: ['precision(w=4,a=4)']\n  variants: [{multipliers: 9}, {rows: 2}]"
    )
    edit(project, SHAPE, "  columns: 4\n")
    edit(project, "verify:", f"{variants}\nverify:")
    run(project, "accelerator")
    result = AcceleratorResult.read(project / "build")
    assert result.variants is not None
    sizes = [(each.accelerator["rows"], each.accelerator["columns"]) for each in result.variants]
    assert sizes == [(2, 4), (2, 4)]
    assert (result.accelerator.accelerator["rows"], result.accelerator.candidates) == (8, 30)


def test_without_predictors_the_memories_decide(project: Path, run, edit) -> None:
    edit(project, "name: tiny", "name: tiny\ntechnology: osu018")
    run(project, "accelerator")
    choice = AcceleratorResult.read(project / "build").accelerator
    assert choice.basis == "memories"
    assert choice.reason == "There are no predictors of systolic designs in osu018"


def test_it_runs_again_where_its_settings_change(project: Path, run, edit) -> None:
    assert ran(run(project, "accelerator")) == []
    edit(project, "  columns: 4\n", "  columns: 4\n  requantizers: 4\n")
    assert ran(run(project, "accelerator")) == ["accelerator"]
    choice = AcceleratorResult.read(project / "build").accelerator
    assert choice.chosen == ("weight_rows",)
    # The Verilog depends on neither.
    edit(project, "  rows: 4\n", "  rows: 4\n  clock_mhz: 80\n  clock_gating: false\n")
    assert ran(run(project, "accelerator")) == []


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("  multipliers: 0\n", r"yaml:8: accelerator.multipliers: must be greater than or equal"),
        ("  multipliers: 9\n  rows: 10\n", r"yaml:8: accelerator.multipliers: No array of about 9"),
        ("  multipliers: 9\n  rows: 4\n  columns: 3\n", r"accelerator.multipliers: 4 rows and 3"),
        ("  multipliers: many\n", r"yaml:8: accelerator.multipliers: must be a valid integer"),
        ("  architecture: simt\n  multipliers: 9\n  lanes: 10\n", r"yaml:9: .*multipliers: 10 lan"),
        ("  architecture: simt\n  cluster: 3\n", r"yaml:9: accelerator.cluster: cluster must div"),
        ("  architecture: simt\n  rows: 3\n", r"yaml:9: accelerator.rows: There is no such key"),
    ],
)
def test_bad_numbers_are_refused_before_any_stage(
    new_project: Path, run, edit, shape: str, message: str
) -> None:
    edit(new_project, SHAPE, shape)
    with pytest.raises(UserError, match=message):
        run(new_project, "emit")
    assert not (new_project / "build" / "quantized.npz").exists()
