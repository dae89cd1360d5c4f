"""The arrays that a config leaves open."""

import numpy as np
import pytest

from hawx_hw.architectures.systolic.candidates import candidates
from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.graph.random_graphs import random_graph
from tests.search.small import small_graph

GRAPH = small_graph()


def config(**numbers: int) -> SystolicConfig:
    return SystolicConfig.model_validate(numbers)


@pytest.mark.parametrize(
    "given", [{"rows": 5, "columns": 6}, {"multipliers": 14}, {"multipliers": 12, "columns": 4}]
)
def test_every_candidate_is_a_complete_array_that_runs_the_network(given: dict[str, int]) -> None:
    """Cycles are those of its plan, and what the config gives is kept."""
    made = candidates(GRAPH, config(**given))
    assert len({each.accelerator.array() for each in made}) == len(made) > 1
    for each in made[:: max(1, len(made) // 10)]:
        accelerator = each.accelerator
        assert accelerator.multipliers is None
        array = accelerator.array()
        # Nothing is left to the rule of thumb.
        assert [array] == accelerator.shapes()
        assert each.cycles == plan(GRAPH, array).cycles().core
        for key in given.keys() - {"multipliers"}:
            assert getattr(accelerator, key) == given[key]
        most = given.get("multipliers", array.multipliers)
        assert 0.9 * most <= array.multipliers <= most


def test_all_combinations_of_what_is_left_out() -> None:
    made = candidates(GRAPH, config(rows=4, columns=4, weight_rows=3))
    widths = {(each.accelerator.slice_columns, each.accelerator.requantizers) for each in made}
    assert widths == {(1, 1), (2, 1), (2, 2), (4, 1), (4, 2), (4, 4)}
    assert {each.accelerator.weight_rows for each in made} == {3}


def test_other_keys_stay_as_they_are() -> None:
    given = SystolicConfig(multipliers=6, accumulators=9, parameters="loaded", parameter_kib=70)
    for each in candidates(GRAPH, given):
        left = each.accelerator
        assert (left.accumulators, left.parameters, left.parameter_kib) == (9, "loaded", 70)


def test_one_where_nothing_is_left_out() -> None:
    complete = config(rows=4, columns=4, slice_columns=2, weight_rows=3, requantizers=1)
    (only,) = candidates(GRAPH, complete)
    assert only.accelerator == complete


def test_of_many_sizes_the_fastest_are_tried() -> None:
    graph = random_graph(np.random.default_rng(1), layers=3, max_size=6)
    given = config(multipliers=60)
    widest = {}
    # In ascending order: of each size the last one has the widest slices and words.
    for shape in given.shapes():
        widest[shape.rows, shape.columns] = shape
    cycles = sorted((plan(graph, shape).cycles().core, size) for size, shape in widest.items())
    made = candidates(graph, given)
    assert len(cycles) > 12
    assert {each.accelerator.dimensions for each in made} == {size for _, size in cycles[:12]}
