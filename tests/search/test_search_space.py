"""The space of a config's search, by its granularity and what divides layers and filters."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.assignment.units import kernel_slices
from hawx_hw.config.search import SearchConfig
from hawx_hw.scores.measure import measure
from hawx_hw.search.scores import ProfileScores
from hawx_hw.search.search_space import search_space
from tests.search.small import BLOCKS, small_graph, small_images

GRAPH = small_graph()
IMAGES = small_images(GRAPH, 12)
FILTERS = 2 + 3 + 5 + 4


@pytest.fixture(scope="module")
def profile():
    return measure(GRAPH, BLOCKS, *IMAGES)


@pytest.fixture(scope="module")
def fine():
    return measure(GRAPH, BLOCKS, *IMAGES, slices=kernel_slices(GRAPH, "kernel", "columns"))


@pytest.mark.parametrize(
    ("settings", "units"),
    [
        ({"granularity": "layer"}, 4),
        ({}, FILTERS),
        ({"groups": 99}, FILTERS),
        ({"groups": 2}, 8),
        ({"groups": 1}, 4),
        ({"granularity": "kernel"}, 3 * (2 + 3) + 5 + 4),
    ],
)
def test_number_of_units(profile, settings: dict, units: int) -> None:
    assert search_space(GRAPH, BLOCKS, SearchConfig(**settings), profile).units == units


def test_groups_are_of_filters_next_to_each_other_by_score(profile) -> None:
    space = search_space(GRAPH, BLOCKS, SearchConfig(groups=2), profile)
    filters = Space.by_filter(GRAPH, BLOCKS)
    scores = ProfileScores(profile, filters).table
    for name in space.layers:
        unit = space.unit(name).reshape(len(space.unit(name)), -1)
        assert (unit == unit[:, :1]).all()
        group = unit[:, 0] - unit.min()
        own = scores[np.unique(filters.unit(name))]
        # By ranks, that of one block after the other.
        ranks = sum(np.argsort(np.argsort(own[:, block])) for block in (1, 2))
        assert len(set(own[:, 1])) == len(own)
        assert ranks[group == 0].max() <= ranks[group == 1].min()
        assert np.bincount(group).tolist() == [-(-len(own) // 2), len(own) // 2]


def test_what_a_group_scores_is_what_its_filters_do_together(profile) -> None:
    space = search_space(GRAPH, BLOCKS, SearchConfig(groups=2), profile)
    filters = Space.by_filter(GRAPH, BLOCKS)
    vector = np.random.default_rng(0).integers(0, 3, space.units)
    same = filters.vector(space.assignment(vector))
    grouped, single = ProfileScores(profile, space), ProfileScores(profile, filters)
    assert grouped.predict(vector[None]) == pytest.approx(single.predict(same[None]))


def test_groups_of_filters_have_slices(fine) -> None:
    settings = SearchConfig(granularity="kernel", slices="columns", groups=2)
    space = search_space(GRAPH, BLOCKS, settings, fine)
    assert space.units == 3 * (2 + 2) + 2 + 2
    unit = space.unit("b")
    assert all(len(np.unique(unit[:, :, :, x])) == 2 for x in range(3))
    assert len(np.unique(unit[0])) == 3
    ProfileScores(fine, space)
