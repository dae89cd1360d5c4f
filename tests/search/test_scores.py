import numpy as np
import pytest
from scipy.special import softmax

from hawx_hw.assignment.space import Space
from hawx_hw.scores.measure import measure
from hawx_hw.scores.predictor import expected_changes
from hawx_hw.scores.scores import shifted_logits
from hawx_hw.search.scores import ImageScores, ProfileScores
from tests.search.small import BLOCKS, small_graph, small_images


@pytest.fixture(scope="module")
def profile():
    graph = small_graph()
    images, labels = small_images(graph, 20)
    # The profile has the blocks in another order than the spaces.
    return measure(graph, [BLOCKS[2], BLOCKS[0], BLOCKS[1]], images, labels, threads=1)


def test_scores_of_filters_are_those_of_the_profile(profile):
    space = Space.by_filter(small_graph(), BLOCKS)
    scores = ProfileScores(profile, space)
    vectors = np.random.default_rng(1).integers(0, 3, (7, space.units))
    expected = expected_changes(profile, np.array([1, 2, 0])[vectors])
    assert scores.predict(vectors) == pytest.approx(expected)
    alone = np.ones((1, profile.units), dtype=int)
    alone[0, 4] = 0
    assert scores.table[4, 2] == pytest.approx(expected_changes(profile, alone)[0])
    assert scores.table[:, 0] == pytest.approx(0)


def test_scores_of_layers_are_those_of_all_their_filters(profile):
    graph = small_graph()
    filters, layers = Space.by_filter(graph, BLOCKS), Space.by_layer(graph, BLOCKS)
    vectors = np.random.default_rng(1).integers(0, 3, (7, 4))
    fine = np.repeat(vectors, [2, 3, 5, 4], axis=1)
    predicted = ProfileScores(profile, layers).predict(vectors)
    assert predicted == pytest.approx(ProfileScores(profile, filters).predict(fine))


def test_layers_that_are_not_searched_are_exact(profile):
    graph = small_graph()
    space = Space.by_filter(graph, BLOCKS[1:], ["b"])
    vectors = np.array([[0, 1, 1]])
    whole = np.ones((1, profile.units), dtype=int)
    whole[0, 2:5] = (2, 0, 0)
    predicted = ProfileScores(profile, space).predict(vectors)
    assert predicted == pytest.approx(expected_changes(profile, whole))


def test_refuses_profiles_that_do_not_suit(profile):
    graph = small_graph()
    images, labels = small_images(graph, 4)
    other = measure(graph, BLOCKS[:2], images, labels, threads=1)
    with pytest.raises(ValueError, match=r"must have the blocks array\(ha=5,hb=5,v=0\)"):
        ProfileScores(other, Space.by_layer(graph, BLOCKS))
    slices = np.broadcast_to(np.arange(3)[:, None], (1, 3, 3))
    with pytest.raises(ValueError, match="units as small as those of 'a'"):
        ProfileScores(profile, Space.by_slice(graph, BLOCKS, {"a": slices}))


def test_image_scores_predict_which_images_are_right(profile):
    space = Space.by_filter(small_graph(), BLOCKS)
    scores = ImageScores(profile, space, sharpness=2.0)
    vectors = np.random.default_rng(1).integers(0, 3, (7, space.units))
    logits = 2 * shifted_logits(profile, np.array([1, 2, 0])[vectors])
    expected = softmax(logits, axis=-1)[:, np.arange(20), profile.labels]
    assert scores.right(vectors) == pytest.approx(expected, abs=1e-5)
    exact = softmax(2 * profile.logits, axis=-1)[np.arange(20), profile.labels]
    assert scores.exact == pytest.approx(exact, abs=1e-5)
    assert scores.predict(vectors) == pytest.approx(100 * (exact - expected).mean(axis=1), abs=1e-3)


def test_images_count_for_as_many_as_they_stand_for(profile):
    space = Space.by_filter(small_graph(), BLOCKS)
    vectors = np.random.default_rng(1).integers(0, 3, (7, space.units))
    weights = np.linspace(1, 4, 20)
    scores = ImageScores(profile, space, weights)
    lost = (scores.exact - scores.right(vectors)) @ weights
    assert scores.predict(vectors) == pytest.approx(100 * lost / 50, abs=1e-3)
    with pytest.raises(ValueError, match="weights must be 20 numbers of at least 1"):
        ImageScores(profile, space, weights / 2)
