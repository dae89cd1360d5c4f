from dataclasses import replace

import numpy as np
import pytest
from ground_truth.quadratic import quadratic_scores
from scipy.special import log_softmax, rel_entr, softmax

from hawx_hw.assignment.space import Space
from hawx_hw.scores.measure import measure
from hawx_hw.scores.scores import shifted_logits
from tests.search.small import BLOCKS, small_graph, small_images

_SMALL = 1e-3


@pytest.fixture(scope="module")
def profile():
    graph = small_graph()
    images, labels = small_images(graph, 20)
    # The profile has the blocks in another order than the spaces.
    return measure(graph, [BLOCKS[2], BLOCKS[0], BLOCKS[1]], images, labels, threads=1)


def divergences(profile, choices):
    """Kullback and Leibler's of the logits that the profile predicts, from small shifts."""
    after = log_softmax(shifted_logits(profile, choices, scale=_SMALL), axis=-1)
    before = softmax(profile.logits, axis=-1)
    return rel_entr(before, np.exp(after)).sum(axis=-1).mean(axis=-1) / _SMALL**2


@pytest.mark.parametrize("level", ["layers", "filters"])
def test_scores_are_divergences_of_small_shifts(profile, level):
    graph = small_graph()
    space = (Space.by_layer if level == "layers" else Space.by_filter)(graph, BLOCKS)
    fine = np.repeat(np.arange(space.units), [2, 3, 5, 4] if level == "layers" else 1)
    scores = quadratic_scores(profile, space)
    assert (scores[:, 0] == 0).all()
    assert (scores[:, 1:] >= 0).all() and scores.max() > 0
    for block, known in ((1, 2), (2, 0)):
        alone = np.where(fine == np.arange(space.units)[:, None], known, 1)
        assert scores[:, block] == pytest.approx(divergences(profile, alone), rel=0.02, abs=1e-9)


def test_refuses_profiles_that_do_not_suit(profile):
    graph = small_graph()
    images, labels = small_images(graph, 4)
    other = measure(graph, BLOCKS[:2], images, labels, threads=1)
    with pytest.raises(ValueError, match=r"must know the blocks array\(ha=5,hb=5,v=0\)"):
        quadratic_scores(other, Space.by_layer(graph, BLOCKS))
    with pytest.raises(ValueError, match="must know the layer 'a'"):
        quadratic_scores(replace(profile, layers=("x", *profile.layers[1:])), _layers())
    rows = np.broadcast_to(np.arange(3)[:, None], (1, 3, 3))
    with pytest.raises(ValueError, match="Units of 'a' must be of whole filters"):
        quadratic_scores(profile, Space.by_slice(graph, BLOCKS, {"a": rows}))
    slices = np.arange(profile.units) % 2
    with pytest.raises(ValueError, match="must be of whole filters, not of kernel slices"):
        quadratic_scores(replace(profile, unit_slice=slices), _layers())


def _layers():
    return Space.by_layer(small_graph(), BLOCKS)
