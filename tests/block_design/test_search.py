"""The search for masks, against all masks of a few partial products."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.block_design.layer import Layer
from hawx_hw.block_design.search import MaskSearch, arrays, rectangles
from hawx_hw.blocks.families.mask import Mask, mask_of
from tests.block_design.network import images, network


@pytest.fixture(scope="module")
def layer() -> Layer:
    graph = network()
    return Layer(graph, graph.nodes[1], images(8))


def test_members_of_the_families() -> None:
    assert len(rectangles()) == 49
    assert {mask.count for mask in rectangles()} == {
        w * a for w in range(2, 9) for a in range(2, 9)
    }
    both = [*rectangles().items(), *list(arrays().items())[::9]]
    assert all(mask_of(block) == mask for mask, block in both)
    assert set(rectangles()) <= set(arrays())
    assert len(arrays()) == 204


def test_the_best_of_all_masks_of_few_bits(layer: Layer) -> None:
    """All masks of three among the seven largest partial products, weights together for each."""
    search = MaskSearch(layer)
    places = [63, 62, 61, 55, 54, 53, 47]
    every = [
        search.candidate(Mask(sum(1 << place for place in chosen)))
        for chosen in itertools.combinations(places, 3)
    ]
    result = MaskSearch(layer).design(3)
    assert result.mask.count == 3
    assert result.error <= 1.1 * min(candidate.error for candidate in every)


@pytest.mark.parametrize("count", [9])
def test_no_worse_than_the_families(layer: Layer, count: int) -> None:
    search = MaskSearch(layer)
    result = search.design(count)
    assert result.mask.count == count
    assert result.error == pytest.approx(layer.error(result.mask, result.codes))
    np.testing.assert_array_equal(result.codes, layer.together(result.mask))
    own = [search.candidate(mask) for mask in rectangles() if mask.count <= count]
    assert result.error <= min(candidate.error for candidate in own)
    assert search.design(count) is result
    assert result.mask in [candidate.mask for candidate in search.tried]
    assert MaskSearch(layer).design(count).mask == result.mask


@pytest.mark.parametrize("count", [17, 33, 64])
def test_one_more_than_the_rows_of_a_rectangle_have(layer: Layer, count: int) -> None:
    """8 x 2 and 8 x 4 partial products use all that their activations' bits have."""
    starts = list(MaskSearch(layer)._by_family(count))
    assert starts and {mask.count for mask in starts} == {count}
