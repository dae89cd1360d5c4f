"""Other sizes of a design's accelerator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES, architecture_of
from hawx_hw.design.design import Design
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.prediction.alternatives import Alternative, alternatives
from hawx_hw.prediction.prediction import Interval, Prediction
from tests.architectures.serial import Serial
from tests.architectures.serial import graph as serial_graph

GRAPH = random_graph(np.random.default_rng(4), layers=4, max_size=8, max_channels=9)


class Planned:
    """In place of predictors: what was planned, and its multipliers as the cycles."""

    def __init__(self) -> None:
        self.plans: list[Any] = []

    def __call__(self, plan: Any) -> Prediction:
        self.plans.append(plan)
        none = Interval(0.0, 0.0, 0.0)
        return Prediction(
            technology="none", designs=0, area=none, memory_area=0.0, longest_path_ns=none,
            fmax_mhz=none, clock_mhz=1.0, cycles=plan.multipliers, latency_us=1.0, power_uw=none,
            energy_pj=none, outside=(),
        )  # fmt: skip


def others(architecture: str, **keys: Any) -> tuple[Design, list[Alternative], Planned]:
    accelerator = ARCHITECTURES[architecture].config.model_validate(keys)
    design, predictor = Design(accelerator, {}), Planned()
    plan = design.plan(GRAPH)
    return design, list(alternatives(design, GRAPH, plan, predictor, Path())), predictor  # type: ignore[arg-type]


def changes(made: list[Alternative]) -> list[dict[str, int]]:
    return [each.changed for each in made]


ARRAY = {"rows": 4, "columns": 4, "slice_columns": 4, "weight_rows": 2, "requantizers": 1}


def test_each_number_is_doubled_and_halved_and_sizes_are_exchanged() -> None:
    _, made, _ = others("systolic", **ARRAY)
    assert changes(made) == [
        {"rows": 8},
        {"rows": 2},
        {"columns": 8},
        {"columns": 2, "slice_columns": 2},
        {"slice_columns": 2},
        {"weight_rows": 4},
        {"weight_rows": 1},
        {"requantizers": 2},
        {"rows": 8, "columns": 2, "slice_columns": 2},
        {"rows": 2, "columns": 8},
    ]
    assert [each.size for each in made[-2:]] == ["8 x 2", "2 x 8"]


@pytest.mark.parametrize(
    ("architecture", "keys"),
    [
        ("systolic", ARRAY),
        ("simt", {"lanes": 4, "cluster": 4, "word": 2, "warps": 2, "registers": 4}),
    ],
)
def test_what_is_predicted_is_what_a_config_with_these_numbers_gives(
    architecture: str, keys: dict[str, int]
) -> None:
    design, made, predictor = others(architecture, **keys)
    assert len(made) >= 8
    for each in made:
        accelerator = type(design.accelerator).model_validate(
            {**design.accelerator.hardware(), **each.changed}
        )
        assert accelerator.size == each.size
        plan = architecture_of(accelerator).plan(GRAPH, accelerator, {})
        assert plan.multipliers == each.multipliers == each.prediction.cycles
        cycles = plan.cycles().core
        assert cycles in [one.cycles().core for one in predictor.plans]
    assert len({str(each.changed) for each in made}) == len(made)


def test_a_map_of_blocks_that_is_given_is_left_to_each_size() -> None:
    _, made, predictor = others("systolic", **ARRAY, pe_blocks=[{"blocks": ["exact"]}])
    assert len(made) == 10 == len(predictor.plans)


def test_an_architecture_without_numbers_has_no_other_sizes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(ARCHITECTURES, "serial", Serial())
    graph = serial_graph()
    design = Design(Serial().config(), {})
    assert alternatives(design, graph, design.plan(graph), Planned(), Path()) == ()  # type: ignore[arg-type]
