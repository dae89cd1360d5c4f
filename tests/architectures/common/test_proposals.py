"""One block a line costs a shared array nothing: one block a PE, no more turns."""

import itertools

import numpy as np
import pytest

from hawx_hw.architectures.common.proposals import by_line
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.assignment.space import Space
from tests.search.small import BLOCKS, small_graph

GRAPH = small_graph()
SPACE = Space.by_filter(GRAPH, BLOCKS)
COSTS = SPACE.macs[:, None] * np.array([3.0, 2.0, 1.0])


def scores(space: Space, seed: int = 0) -> np.ndarray:
    """The exact block is best, and every filter suffers differently."""
    values = np.random.default_rng(seed).random((space.units, len(BLOCKS)))
    values[:, 0] = 0
    return np.sort(values, axis=1)


def turns_and_blocks(vector: np.ndarray, columns: int) -> tuple[int, np.ndarray]:
    planned = plan(GRAPH, ArrayShape.complete(4, columns), SPACE.assignment(vector), None)
    turns = sum(step.filter_tiles + 1 for step in planned.steps if not step.stream)
    assert planned.cycles().core > 0
    return turns, planned.pe_blocks.present.sum(axis=2)


@pytest.mark.parametrize("columns", [2, 3, 4])
def test_one_block_a_column_needs_no_more_turns(columns: int) -> None:
    vectors = by_line(SPACE, scores(SPACE), COSTS, columns)
    assert len(vectors) == 3 * (columns - 1)
    turns, _ = turns_and_blocks(SPACE.uniform(0), columns)
    for vector in vectors:
        own, blocks_of_pes = turns_and_blocks(vector, columns)
        assert own == turns
        np.testing.assert_array_equal(blocks_of_pes, 1)


def test_of_a_layer_those_filters_change_that_tolerate_it_best() -> None:
    values = scores(SPACE)
    (vector,) = (
        v for v in by_line(SPACE, values, COSTS, 2) if set(v.tolist()) == {0, 2}
    )  # one column exact, one of the cheapest
    for name in SPACE.layers:
        units = SPACE.unit(name).reshape(len(SPACE.unit(name)), -1)[:, 0]
        count = min(len(units), -(-len(units) // 2))
        more = values[units, 2] - values[units, 0]
        # Every choice of as many filters of this layer, by hand.
        best = min(
            itertools.combinations(range(len(units)), count), key=lambda c: more[list(c)].sum()
        )
        assert set(np.flatnonzero(vector[units] == 2)) == set(best)


def test_units_that_are_layers_have_no_columns_of_their_own() -> None:
    space = Space.by_layer(GRAPH, BLOCKS)
    assert by_line(space, scores(space), np.ones((space.units, 3)), 4).shape == (0, 4)


def test_kernel_slices_of_a_filter_stay_together() -> None:
    slices = {"a": np.repeat(np.arange(3), 3).reshape(1, 3, 3)}
    space = Space.by_slice(GRAPH, BLOCKS, slices)
    for vector in by_line(space, scores(space), np.ones((space.units, 3)), 2):
        for filter_units in space.unit("a").reshape(2, -1):
            assert len(set(vector[filter_units].tolist())) == 1


def test_filters_of_a_group_stay_together() -> None:
    """Groups that fit are chosen, first those that lose least for each filter."""
    groups = {"b": np.array([0, 1, 1]), "c": np.array([0, 0, 1, 1, 1]), "d": np.array([0, 0, 1, 1])}
    space = Space.by_slice(GRAPH, BLOCKS, {}, groups=groups)
    values = scores(space)
    values[space.unit("d")[0, 0]] = [0, 1, 5.0]
    values[space.unit("d")[2, 0]] = [0, 1, 4.0]
    values[space.unit("c")[0, 0]] = [0, 1, 4.0]
    values[space.unit("c")[2, 0]] = [0, 1, 9.0]
    values[space.unit("b")[0, 0, 0, 0]] = [0, 1, 3.0]
    values[space.unit("b")[1, 0, 0, 0]] = [0, 1, 4.0]
    costs = space.macs[:, None] * np.array([3.0, 2.0, 1.0])
    (vector,) = (v for v in by_line(space, values, costs, 2) if set(v.tolist()) == {0, 2})
    assert vector[space.unit("d")[:, 0]].tolist() == [0, 0, 2, 2]
    # Two of three may change: the two of a group, which lose less each than the single one.
    assert vector[space.unit("b")[:, 0, 0, 0]].tolist() == [0, 2, 2]
    # Three of five: beside the two that tolerate most there is no place for the other three.
    assert vector[space.unit("c")[:, 0]].tolist() == [2, 2, 0, 0, 0]


def test_layers_of_few_filters_stand_in_the_first_columns() -> None:
    """Words of sums that no filter fills are not drained: the layer of most pixels comes first."""
    # The heaviest layer, b, has one exact filter, which a, of most pixels, has not.
    vector = SPACE.uniform(2)
    vector[SPACE.unit("b")[0].ravel()[0]] = 0
    planned = plan(GRAPH, ArrayShape.complete(4, 4, requantizers=1), SPACE.assignment(vector), None)
    uniform = plan(
        GRAPH, ArrayShape.complete(4, 4, requantizers=1), SPACE.assignment(SPACE.uniform(2)), None
    )
    assert planned.layouts["pa"].size == uniform.layouts["pa"].size == 2
    assert planned.steps[0].last_groups == uniform.steps[0].last_groups
    assert planned.pe_blocks.present[:, 0].sum() == 4
