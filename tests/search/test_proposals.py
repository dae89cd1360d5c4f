"""What a search of designs considers: kinds of assignments, none of them twice."""

import numpy as np
import pytest

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.assignment.space import Space
from hawx_hw.search.proposals import proposals, swept_layers, swept_slices, uniforms
from tests.search.small import BLOCKS, small_graph

GRAPH = small_graph()
SPACE = Space.by_filter(GRAPH, BLOCKS)
COSTS = SPACE.macs[:, None] * np.array([3.0, 2.0, 1.0])


def scores(space: Space, seed: int = 0) -> np.ndarray:
    """The exact block is best, and every filter suffers differently."""
    values = np.random.default_rng(seed).random((space.units, len(BLOCKS)))
    values[:, 0] = 0
    return np.sort(values, axis=1)


@pytest.fixture
def accelerators(monkeypatch: pytest.MonkeyPatch) -> list[AcceleratorConfig]:
    """Configs of an architecture that proposes the exact block, and single other filters."""
    given = [AcceleratorConfig(architecture="fake"), AcceleratorConfig(architecture="fake")]

    class Fake:
        def propose(self, space, scores, costs, variants):
            assert variants is given
            assert scores.shape == costs.shape == (space.units, len(BLOCKS))
            return [space.uniform(0)[None], np.eye(space.units, dtype=np.int64)]

    monkeypatch.setitem(ARCHITECTURES, "fake", Fake())
    return given


def test_kinds_are_one_block_those_of_the_architecture_and_best_sums(accelerators) -> None:
    kinds = proposals(SPACE, scores(SPACE), COSTS, accelerators)
    assert [kind.sums for kind in kinds] == [False, False, False, True, True, True]
    np.testing.assert_array_equal(kinds[0].vectors, uniforms(SPACE))
    # Every filter but one is exact.
    np.testing.assert_array_equal(kinds[2].vectors, np.eye(SPACE.units))


def test_no_proposal_stands_in_two_kinds(accelerators) -> None:
    kinds = proposals(SPACE, scores(SPACE), COSTS, accelerators)
    assert kinds[1].vectors.shape == (0, SPACE.units)
    every = np.concatenate([kind.vectors for kind in kinds])
    assert len(np.unique(every, axis=0)) == len(every)


def test_layers_that_are_swept_are_of_one_block() -> None:
    vectors = swept_layers(SPACE, scores(SPACE), COSTS)
    for vector in vectors:
        for name in SPACE.layers:
            assert len(set(vector[SPACE.unit(name)].ravel().tolist())) == 1
    np.testing.assert_array_equal(vectors[0], 0)
    np.testing.assert_array_equal(vectors[-1], 2)


def test_slices_that_are_swept_are_of_one_block_in_all_filters() -> None:
    space = Space.by_granularity(GRAPH, BLOCKS, "kernel", "columns")
    values = scores(space)
    vectors = swept_slices(space, values, space.macs[:, None] * np.array([3.0, 2.0, 1.0]))
    mixed = 0
    for vector in vectors:
        for name in space.layers:
            blocks = vector[space.unit(name)]
            assert (blocks == blocks[:1]).all()
            mixed += len(set(blocks[0].ravel().tolist())) > 1
    assert mixed > 0
    # Every step saves energy; the last one is the cheapest block everywhere.
    np.testing.assert_array_equal(vectors[-1], 2)
    assert len(vectors) <= 1 + 2 * (3 + 3 + 1 + 1)
    # Where filters are whole there is nothing but layers.
    assert swept_slices(SPACE, scores(SPACE), COSTS).shape == (0, SPACE.units)
