"""Predictions of planned designs are those of the plans' features."""

from types import SimpleNamespace

import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.assignment.space import Space
from hawx_hw.blocks import by_name
from hawx_hw.errors import UserError
from hawx_hw.prediction import designs
from hawx_hw.prediction.description import DesignDescription
from hawx_hw.prediction.designs import DesignPredictor
from hawx_hw.prediction.predict import predict
from hawx_hw.prediction.storage import load_predictors
from hawx_hw.technology import load
from hawx_hw.verification.accelerator_job import cycles_per_image
from tests.search.small import small_graph

SYSTOLIC = ARCHITECTURES["systolic"]
BLOCKS = [by_name(name) for name in ("exact", "precision(w=4,a=4)")]
GRAPH = small_graph()
SPACE = Space.by_layer(GRAPH, BLOCKS)


def planned(block: int):
    return plan(GRAPH, ArrayShape.complete(4, 4), SPACE.assignment(SPACE.uniform(block)), None)


def test_it_is_the_prediction_of_the_description() -> None:
    technology, trained = load("generic45"), load_predictors(SYSTOLIC, "generic45")
    for clock in (None, 200.0):
        prediction = DesignPredictor(SYSTOLIC, technology, BLOCKS, clock_mhz=clock)(planned(1))
        values = planned(1).features(technology, trained.blocks, clock_mhz=clock)
        description = DesignDescription(SYSTOLIC, technology.name, values)
        assert prediction == predict(description, trained.predictors, cycles_per_image(planned(1)))
        assert prediction.clock_mhz == (clock or technology.clock_mhz)


def test_smaller_blocks_take_less() -> None:
    predictor = DesignPredictor(SYSTOLIC, load("generic45"), BLOCKS)
    exact, coarse = predictor(planned(0)), predictor(planned(1))
    for metric in ("area", "energy_pj", "power_uw"):
        assert getattr(coarse, metric).value < getattr(exact, metric).value
    assert coarse.cycles == exact.cycles


def test_predictors_of_another_library_are_refused(monkeypatch) -> None:
    trained = SimpleNamespace(predictors=SimpleNamespace(library="another"))
    monkeypatch.setattr(designs, "load_predictors", lambda architecture, technology: trained)
    with pytest.raises(UserError, match="of another library than generic45's"):
        DesignPredictor(SYSTOLIC, load("generic45"), BLOCKS)
