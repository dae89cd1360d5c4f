"""Forecasts of planned designs, beside what describes them."""

from types import SimpleNamespace

import pytest

from hawx_hw.architectures.systolic.features import describe
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.assignment.space import Space
from hawx_hw.blocks import by_name
from hawx_hw.errors import UserError
from hawx_hw.prediction import designs
from hawx_hw.prediction.designs import DesignForecaster
from hawx_hw.prediction.forecast import forecast
from hawx_hw.prediction.shipped import read_kept
from hawx_hw.technology import load
from hawx_hw.verification.accelerator_job import cycles_per_image
from tests.search.small import small_graph

BLOCKS = [by_name(name) for name in ("exact", "precision(w=4,a=4)")]
GRAPH = small_graph()
SPACE = Space.by_layer(GRAPH, BLOCKS)


def planned(block: int):
    return plan(GRAPH, ArrayShape.complete(4, 4), SPACE.assignment(SPACE.uniform(block)), None)


def test_it_is_the_forecast_of_the_description() -> None:
    technology, kept = load("generic45"), read_kept("generic45")
    for clock in (None, 200.0):
        told = DesignForecaster(technology, BLOCKS, clock_mhz=clock)(planned(1))
        description = describe(planned(1), technology, kept.blocks, clock_mhz=clock)
        cycles = cycles_per_image(planned(1))
        assert told == forecast(description, kept.predictors, cycles)
        assert told["clock_mhz"] == (clock or technology.clock_mhz)


def test_smaller_blocks_take_less() -> None:
    forecaster = DesignForecaster(load("generic45"), BLOCKS)
    exact, coarse = forecaster(planned(0)), forecaster(planned(1))
    for figure in ("area", "energy_pj", "power_uw"):
        assert coarse[figure]["value"] < exact[figure]["value"]
    assert coarse["cycles"] == exact["cycles"]


def test_predictors_of_another_library_are_refused(monkeypatch) -> None:
    kept = SimpleNamespace(predictors=SimpleNamespace(library="another"))
    monkeypatch.setattr(designs, "read_kept", lambda technology: kept)
    with pytest.raises(UserError, match="of another library than generic45's"):
        DesignForecaster(load("generic45"), BLOCKS)
