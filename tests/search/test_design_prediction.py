"""Metrics of assignments on accelerators, some of which cannot run them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.assignment.space import Space
from hawx_hw.errors import UserError
from hawx_hw.search.design_prediction import DesignPrediction
from tests.search.small import BLOCKS, small_graph

GRAPH = small_graph()
SPACE = Space.by_layer(GRAPH, BLOCKS)
MIXED = np.array([0, 1, 0, 2])


class Limited(AcceleratorConfig):
    """Runs assignments of at most so many blocks."""

    kinds: int


class Fake:
    """Plans are what they were made of."""

    def plan(self, graph, accelerator, assignment, base):
        digests = {block.digest for layer in assignment.values() for block in layer.blocks}
        if len(digests) > accelerator.kinds:
            raise UserError(f"more than {accelerator.kinds} blocks")
        return SimpleNamespace(graph=graph, kinds=accelerator.kinds, digests=digests, base=base)


class Predictor:
    """The energy is 1000 times what an accelerator may hold."""

    def __init__(self):
        self.plans = []

    def __call__(self, plan):
        self.plans.append(plan)

        def value(number):
            return SimpleNamespace(value=number)

        return SimpleNamespace(
            energy_pj=value(1000.0 * plan.kinds),
            power_uw=value(2000.0),
            area=value(3.0),
            latency_us=4.0,
            longest_path_ns=value(5.0),
            cycles=6,
        )


@pytest.fixture(autouse=True)
def architecture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARCHITECTURES, "fake", Fake())


def prediction(*kinds: int, predictor: Predictor | None = None) -> DesignPrediction:
    accelerators = [Limited(architecture="fake", kinds=count) for count in kinds]

    def change(vector: np.ndarray) -> tuple[int, ...]:
        return tuple(vector.tolist())

    return DesignPrediction(SPACE, change, accelerators, predictor or Predictor(), Path("base"))


def test_metrics_have_the_units_of_their_names() -> None:
    assert prediction(3)(MIXED, 0) == {
        "energy_nj": 3.0,
        "power_mw": 2.0,
        "area_um2": 3.0,
        "latency_us": 4.0,
        "longest_path_ns": 5.0,
        "cycles": 6,
    }


def test_each_accelerator_runs_the_compensated_graph_of_the_assignment() -> None:
    predictor = Predictor()
    designs = prediction(3, 4, predictor=predictor)
    assert [designs(MIXED, n)["energy_nj"] for n in range(2)] == [3.0, 4.0]
    assert [plan.graph for plan in predictor.plans] == [(0, 1, 0, 2)] * 2
    assert predictor.plans[0].digests == {block.digest for block in BLOCKS}
    assert predictor.plans[0].base == Path("base")


def test_an_accelerator_that_cannot_run_an_assignment_predicts_nothing() -> None:
    designs = prediction(1, 3)
    assert designs(MIXED, 0) is None
    assert designs(MIXED, 1) is not None
    assert designs(SPACE.uniform(2), 0) is not None


def test_some_accelerator_must_run_exact_blocks() -> None:
    prediction(0, 1)
    with pytest.raises(UserError, match="more than 0 blocks"):
        prediction(0, 0)
