"""The stage predict: predictions from the plan, or the reason why there are none."""

from pathlib import Path

import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.config.load import load_config
from hawx_hw.pipeline.stages.predict import STAGE
from hawx_hw.prediction.result import PredictResult
from hawx_hw.prediction.storage import shipped_folder
from hawx_hw.technology import load
from hawx_hw.util.code import code

ARRAY = "  slice_columns: 4\n  weight_rows: 4\n  requantizers: 1\n"
SHIPPED = shipped_folder(ARCHITECTURES["systolic"])


def test_predict(project: Path, run) -> None:
    run(project, "predict")
    result = PredictResult.read(project / "build")
    assert result.reason is None
    assert result.technology.name == "generic45"
    prediction = result.prediction
    assert prediction is not None
    assert prediction.area.low < prediction.area.value < prediction.area.high
    assert prediction.technology == "generic45"


def test_another_memory_model_predicts_other_energies(project: Path, run, edit) -> None:
    """Technology of the user's own whose library stays the same."""
    liberty = load("generic45").liberty
    own = project / "own.yaml"
    own.write_text(
        f"name: generic45\nliberty: {liberty}\nmemories: {{model: {{feature_nm: 45}}}}\n"
    )
    edit(project, "name: tiny", "name: tiny\ntechnology: own.yaml")
    # All numbers are given: another memory model could choose others.
    edit(project, "  columns: 4\n", "  columns: 4\n" + ARRAY)
    run(project, "predict")
    before = PredictResult.read(project / "build")
    own.write_text(own.read_text() + "memory_model: scaled\n")
    assert run(project, "predict")[-1].ran
    after = PredictResult.read(project / "build")
    assert (before.technology.memory_model, after.technology.memory_model) == (
        "published",
        "scaled",
    )
    assert before.prediction is not None and after.prediction is not None
    assert before.prediction.area == after.prediction.area
    assert before.prediction.energy_pj.value < after.prediction.energy_pj.value


def test_a_technology_without_predictors_is_no_error(project: Path, run, edit) -> None:
    edit(project, "name: tiny", "name: tiny\ntechnology: osu018")
    run(project, "predict")
    result = PredictResult.read(project / "build")
    assert result.prediction is None
    assert result.reason == "There are no predictors of systolic designs in osu018"


def test_predictors_are_files_of_the_stage_and_no_code(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training again must make predictions anew, and nothing else."""
    config = load_config(project / "tiny.yaml")
    files = STAGE.files(config, project)
    predictors = {"table", "parameters", "blocks"}
    assert {files[key].parent for key in predictors} == {SHIPPED}
    assert set(files) == {"technology", "technology (generic45.yaml)", *predictors}
    names = code("hawx_hw.pipeline.stages.predict")
    assert "architectures/systolic/quantities.py" in str(names)
    assert not any("/data/" in name for name in names if "systolic" in name)
    own = project / "systolic_generic45.json"
    own.write_text("{}")
    monkeypatch.setenv("HAWX_PREDICTORS", str(project))
    assert STAGE.files(config, project)["parameters"] == own
