"""The front on images that no search looked at."""

from __future__ import annotations

import numpy as np

from hawx_hw.assignment.space import Space
from hawx_hw.graph import reference
from hawx_hw.search.bound import Paired
from hawx_hw.search.differences import Differences
from hawx_hw.search.oracle import EmulatedOracle
from hawx_hw.search.selection import selected_front
from tests.search.small import BLOCKS, design_point, search_result, small_graph, small_images


class Recorded:
    """An oracle that gives numbers that were recorded, of a thousand images."""

    def __init__(self, lost: dict[tuple[int, ...], int]):
        self._lost = lost

    def differences(self, vectors, progress=None):
        right = np.ones((len(vectors), 1000), dtype=bool)
        for images, vector in zip(right, vectors.tolist(), strict=True):
            images[: self._lost[tuple(vector)]] = False
        return Differences.of(np.ones(1000, dtype=bool), right)


def point(vector, drop, energy, blocks, **more):
    return design_point(vector, drop, {"energy_nj": energy}, blocks, **more)


EXACT = point((0, 0), 0.0, 100.0, [])
UNIFORM = point((1, 1), 0.2, 80.0, ["a"])
LUCKY = point((1, 2), -0.1, 70.0, ["a", "b"])
COARSE = point((2, 2), 2.0, 60.0, ["b"])


def test_uniform_designs_return_to_the_front_that_luck_drove_them_from() -> None:
    # The search's images favor the mixture above all others.
    result = search_result((LUCKY, COARSE), uniform=(EXACT, UNIFORM, COARSE))
    oracle = Recorded({(0, 0): 0, (1, 1): 2, (1, 2): 30, (2, 2): 21})
    selected = selected_front(result, oracle)
    assert [p.vector for p in selected.front] == [(0, 0), (1, 1), (2, 2)]
    assert [p.unseen_drop for p in selected.front] == [0.0, 0.2, 2.1]
    # What the search's images showed is still there.
    assert [p.accuracy_drop for p in selected.front] == [0.0, 0.2, 2.0]
    assert [p.unseen_drop for p in selected.uniform] == [0.0, 0.2, 2.1]
    assert selected.select_images == 1000


def test_the_exact_design_is_on_the_front_whatever_chance_does() -> None:
    class Gaining(Recorded):
        def differences(self, vectors, progress=None):
            lost = super().differences(vectors)
            gained = np.where(lost.lost > 0, 5, 0)
            return Differences(1000, lost.lost, gained, np.diag(lost.lost + gained))

    oracle = Gaining({(0, 0): 0, (1, 1): 1})
    selected = selected_front(search_result((UNIFORM,), uniform=(EXACT,)), oracle)
    assert [p.unseen_drop for p in selected.front] == [-0.4, 0.0]
    assert selected.front[1].exact


def test_a_design_is_on_the_front_once_for_each_accelerator() -> None:
    other = point((1, 1), 0.2, 90.0, ["a"], accelerator=1)
    mine = point((1, 1), 0.2, 80.0, ["a"], accelerator=0)
    result = search_result((mine,), uniform=(EXACT, mine))
    oracle = Recorded({(0, 0): 0, (1, 1): 2})
    assert len(selected_front(result, oracle).front) == 2
    result = search_result((mine, other), uniform=(EXACT, mine))
    # On the other accelerator it takes more.
    assert [p.accelerator for p in selected_front(result, oracle).front] == [None, 0]


def test_the_emulator_counts_the_images_that_differ() -> None:
    graph = small_graph()
    images, labels = small_images(graph)
    space = Space.by_layer(graph, BLOCKS)
    oracle = EmulatedOracle(space, graph, images, labels, threads=1)
    vectors = np.random.default_rng(3).integers(0, 3, (5, space.units))
    exact = reference.run(graph, images).argmax(axis=1) == labels
    expected = []
    for vector in vectors:
        right = reference.run(graph, images, space.assignment(vector)).argmax(axis=1) == labels
        lost, gained = int((exact & ~right).sum()), int((right & ~exact).sum())
        expected.append(Paired(len(images), lost, gained))
    differences = oracle.differences(vectors)
    assert differences.paired() == expected
    assert any(each.lost for each in expected) and any(each.gained for each in expected)
