import json
from dataclasses import replace

import pytest

from hawx_hw.config.search import SearchConfig
from hawx_hw.report.chosen import chosen_design
from hawx_hw.search.bound import Paired
from hawx_hw.search.result import AccuracyInterval, DropEstimate
from tests.search.small import design_point, search_result

EXACT = design_point((0, 0), 0.0, {"energy_nj": 100.0}, [])
CHOSEN = design_point((1, 2), 0.25, {"energy_nj": 75.0}, ["a", "b"])


def test_the_chosen_design_comes_first() -> None:
    result = search_result((EXACT, CHOSEN), uniform=(EXACT,))
    chosen = chosen_design(result, 1)
    assert (chosen.index, chosen.objective, chosen.images) == (1, "energy_nj", result.images)
    assert [design.what for design in chosen.designs] == ["chosen", "exact blocks"]
    assert [design.metrics["energy_nj"] for design in chosen.designs] == [75.0, 100.0]
    assert chosen.accuracy == CHOSEN.accuracy


def test_as_json() -> None:
    point = replace(CHOSEN, predicted_accuracy=AccuracyInterval(0.9, 0.8, 0.95))
    content = chosen_design(search_result((point,), uniform=(EXACT,)), 0).as_dict()
    assert json.loads(json.dumps(content))["predicted_accuracy"] == {
        "value": 0.9,
        "low": 0.8,
        "high": 0.95,
    }
    first = content["designs"][0]
    assert (first["what"], first["accuracy_drop"], first["energy_nj"]) == ("chosen", 0.25, 75.0)


def test_the_bound_is_that_of_the_constraints() -> None:
    exact = replace(EXACT, selection=Paired(5000, 0, 0))
    estimate = DropEstimate(0.12, -0.05, 0.3)
    point = replace(CHOSEN, selection=Paired(5000, 6, 1), estimate=estimate)
    result = search_result((exact, point), uniform=(exact,), select_images=5000)
    search = SearchConfig.model_validate({"constraints": {"accuracy_drop": 0.5}})
    chosen = chosen_design(result, 1, search)
    assert chosen.bound is not None and chosen.bound.holds
    assert (chosen.bound.drop, chosen.bound.finalists) == (pytest.approx(0.1), 1)
    first, second = chosen.designs
    # Designs are compared by what is likely on new images, corrected for the choice of the best.
    assert (first.accuracy_drop, first.interval) == (0.12, (-0.05, 0.3))
    assert second.interval is None
    assert chosen.bound.estimated == 0.12
    content = json.loads(json.dumps(chosen.as_dict()))["bound"]
    assert (content["images"], content["holds"], content["most"]) == (5000, True, 0.5)
    # A point that was given by its number is held against all others.
    numbered = chosen_design(result, 1, search.model_copy(update={"index": 1}))
    assert numbered.bound is not None and numbered.bound.drop == chosen.bound.drop
    assert numbered.numbered and not chosen.numbered
    assert chosen_design(result, 1).bound is None
