"""search.json: what is written comes back, and nothing else is read."""

import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES, DEFAULT
from hawx_hw.assignment.space import Space
from hawx_hw.assignment.storage import from_json
from hawx_hw.errors import UserError
from hawx_hw.search.bound import Paired
from hawx_hw.search.evaluator import Price
from hawx_hw.search.result import (
    AccuracyCurve,
    AccuracyInterval,
    DropEstimate,
    ExhaustiveFront,
    PredictedPoints,
    Race,
    SearchResult,
    load_result,
    points_of,
    save_result,
    stored_assignment,
)
from hawx_hw.util.results import Header
from tests.search.small import BLOCKS, design_point, search_result, small_graph

HEADER = Header(stage="search", config="abc", versions={"numpy": "2"})


def result() -> SearchResult:
    kind = ARCHITECTURES[DEFAULT].config
    accelerators = tuple(kind(architecture=DEFAULT, clock_mhz=None) for _ in range(2))
    point = design_point(
        (0, 2, 1),
        0.1 + 0.2,
        {"energy_nj": 1 / 3, "cycles": 8906},
        ["drum(k=4)"],
        accelerator=1,
        predicted_accuracy=AccuracyInterval(0.9, 0.8, 0.95),
        test_accuracy=0.94,
        selection=Paired(285, 2, 1),
        race=Paired(4000, 30, 20),
        estimate=DropEstimate(0.31, 0.1, 0.5),
    )
    return search_result(
        (point,),
        behind=(design_point((2, 2, 2), 0.5, {"energy_nj": 1.0}, ["drum(k=4)"]),),
        uniform=(design_point((0, 0, 0), 0.0, {"energy_nj": 2.0}),),
        accelerators=accelerators,
        race=Race(started=9, finished=4, images=4000, runs=12345),
        low_fidelity=(Price(85, 50, 4.25, 0.7),),
        predicted=PredictedPoints((0.5,), (7.0,)),
        granularity="filter",
        memory_model="published",
        test_images=355,
        exact_test_accuracy=0.99,
        accuracy_curve=AccuracyCurve(
            3, (0.0, 1.5), (0.1, 2.0), ((0.0, 0.1, 0.0, 0.2), (1.5, 1.9, 1.0, 3.0)), 0.1, 2
        ),
        exhaustive=ExhaustiveFront(9, (0.0, 1.0), (8.0, 4.5)),
    )


def test_a_result_comes_back_from_its_file(tmp_path: Path) -> None:
    save_result(result(), tmp_path, HEADER)
    assert load_result(tmp_path) == result()
    content = json.loads((tmp_path / "search.json").read_text())
    assert (content["schema"], content["stage"], content["versions"]) == (
        8,
        "search",
        {"numpy": "2"},
    )
    # An accelerator as in design.json: without what only synthesis reads.
    assert content["search"]["accelerators"] == [a.hardware() for a in result().accelerators]


def test_a_result_of_another_schema_or_with_damaged_keys_is_refused(tmp_path: Path) -> None:
    save_result(result(), tmp_path)
    path = tmp_path / "search.json"
    text = path.read_text()
    path.write_text(text.replace('"schema": 8', '"schema": 5'))
    with pytest.raises(UserError, match="must be of schema 8, not 5"):
        load_result(tmp_path)
    path.write_text(text.replace('"hypervolume": 1.0', '"hypervolume": "much"'))
    with pytest.raises(UserError, match=r"Key 'search.hypervolume' is damaged"):
        load_result(tmp_path)
    path.write_text("{}")
    with pytest.raises(UserError, match=r"hawx run CONFIG --until search"):
        load_result(tmp_path)


def test_nothing_searched_is_no_result(tmp_path: Path) -> None:
    save_result(None, tmp_path)
    assert json.loads((tmp_path / "search.json").read_text()) == {"schema": 8, "search": None}
    with pytest.raises(UserError, match="Nothing was searched"):
        load_result(tmp_path)


def test_a_point_shows_its_blocks_and_the_size_of_its_accelerator() -> None:
    (point,), (exact,) = result().front, result().uniform
    assert (point.blocks, point.exact) == (("drum(k=4)",), False)
    assert (exact.blocks, exact.exact) == (("exact",), True)
    assert result().size_of(point) == result().accelerators[1].size
    assert result().size_of(exact) == ""


def test_designs_are_numbered_from_the_front_on() -> None:
    (point,), (other,) = result().front, result().behind
    assert result().designs == (point, other)


def test_the_best_that_is_known_of_a_drop() -> None:
    (point,) = result().front
    assert (point.estimated_drop, point.unseen_drop) == (0.31, pytest.approx(100 / 285))
    (other,) = result().behind
    assert other.estimated_drop == other.unseen_drop == other.accuracy_drop


def test_points_are_pairs_of_accuracy_drop_and_objective() -> None:
    assert points_of(result()).tolist() == [[0.31, 1 / 3]]
    assert points_of(search_result(())).shape == (0, 2)


def test_layers_that_are_exact_are_not_stored() -> None:
    space = Space.by_layer(small_graph(), BLOCKS)
    stored = stored_assignment(space.assignment(np.array([0, 1, 0, 2])))
    assert list(stored["layers"]) == ["b", "d"]
    restored = from_json(stored)
    assert restored["b"].blocks[0].digest == BLOCKS[1].digest


def test_predictions_are_rounded_to_what_they_are_worth() -> None:
    points = PredictedPoints.rounded(np.array([1.23456789]), np.array([1234567.89]))
    assert points == PredictedPoints((1.2346,), (1234570.0,))
