"""The files that predictions are made from."""

from pathlib import Path
from types import SimpleNamespace

from hawx_hw.architectures.registry import ARCHITECTURES, DEFAULT
from hawx_hw.pipeline.predictors import predictor_inputs
from hawx_hw.pipeline.technology import technology_files


def test_technology_and_predictors() -> None:
    accelerator = ARCHITECTURES[DEFAULT].config(architecture=DEFAULT)
    config = SimpleNamespace(technology="generic45", accelerator=accelerator)
    files = predictor_inputs(config, Path())
    technology = technology_files(config, Path())
    assert technology.items() < files.items()
    assert files.keys() - technology.keys() == {"table", "parameters", "blocks"}
    without = SimpleNamespace(technology="osu018", accelerator=accelerator)
    assert predictor_inputs(without, Path()) == technology_files(without, Path())
