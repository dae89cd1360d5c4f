import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.scores.measure import measure
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.foresight import foreseen
from hawx_hw.search.oracle import EmulatedOracle
from hawx_hw.search.problem import Problem
from hawx_hw.search.result import run_search
from hawx_hw.search.scores import ImageScores
from hawx_hw.search.screening import Screening, telling_images
from tests.search.small import BLOCKS, small_graph, small_images

REFERENCE = 20.0, 1000.0


@pytest.fixture(scope="module")
def case():
    graph = small_graph()
    images, labels = small_images(graph)
    space = Space.by_layer(graph, BLOCKS)
    profile = measure(
        graph, BLOCKS, images, labels, bias_correction=False, weight_remapping=False, threads=1
    )
    asked = []

    def oracle(rows):
        asked.append(rows)
        return EmulatedOracle(space, graph, images[rows], labels[rows], threads=1)

    whole = EmulatedOracle(space, graph, images, labels, threads=1)
    vectors = space.vectors(np.arange(space.size))
    costs = (3.0 - vectors).sum(axis=1)
    candidates = foreseen(ImageScores(profile, space), vectors, costs)
    return candidates, whole, oracle, asked, profile, space


def test_runs_of_all_images_are_the_truth(case):
    candidates, whole, oracle, _, profile, space = case
    screening = Screening(oracle, ImageScores(profile, space))
    # So much that every candidate is run on every image.
    chosen, lost = screening(candidates, (101.0, 1000.0), 1e4)
    assert len(chosen) == space.size
    assert screening.images == 60
    right = whole(candidates.vectors[chosen])
    assert lost == pytest.approx(100 * (whole.exact - right) / 60)
    assert screening.worth == space.size


def test_it_costs_no_more_than_it_may(case):
    candidates, _, oracle, asked, profile, space = case
    for worth in (0.5, 2.0, 7.3):
        asked.clear()
        screening = Screening(oracle, ImageScores(profile, space))
        chosen, lost = screening(candidates, REFERENCE, worth)
        assert screening.worth <= worth
        assert screening.worth > 0.5 * worth
        assert screening.assignments == len(chosen) == len(lost)
        assert len(np.unique(chosen)) == len(chosen)
        # One set of images for all: assignments share what they compute.
        assert [len(rows) for rows in asked] == [screening.images]


def test_what_was_run_counts_and_the_rest_is_expected(case):
    candidates, _, oracle, asked, profile, space = case
    asked.clear()
    weights = np.linspace(1, 3, 60)
    scores = ImageScores(profile, space, weights)
    chosen, lost = Screening(oracle, scores)(candidates, REFERENCE, 3.0)
    (rows,) = asked
    vectors = candidates.vectors[chosen]
    ran = oracle(rows)
    # An image that was run stands for itself, and for its likes nothing was run.
    rest = weights - np.isin(np.arange(60), rows)
    expected = (scores.exact - scores.right(vectors)) @ rest
    assert lost == pytest.approx(100 * (ran.exact - ran(vectors) + expected) / 120)


def test_images_at_risk_are_run(case):
    candidates, _, oracle, asked, profile, space = case
    asked.clear()
    scores = ImageScores(profile, space)
    Screening(oracle, scores)(candidates, REFERENCE, 2.0)
    (rows,) = asked
    right = scores.right(candidates.vectors)
    risk = (right * (1 - right)).mean(axis=0)
    assert risk[rows].mean() > 1.5 * np.delete(risk, rows).mean()


def test_telling_images_are_those_of_doubt_and_some_of_the_others():
    rng = np.random.default_rng(2)
    codes = rng.integers(-128, 128, (1000, 4)).astype(np.int8)
    rows, weights = telling_images(codes, 100)
    ordered = np.sort(codes.astype(int), axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    assert (np.diff(rows) > 0).all()
    assert weights.sum() == pytest.approx(1000)
    alone = rows[weights == 1]
    assert len(alone) == 50
    assert margin[alone].max() <= np.delete(margin, alone).min()
    assert margin[rows[weights > 1]].mean() == pytest.approx(
        np.delete(margin, alone).mean(), rel=0.05
    )


def test_few_images_are_all_taken():
    rows, weights = telling_images(np.zeros((5, 3), dtype=np.int8), 8)
    assert rows.tolist() == [0, 1, 2, 3, 4]
    assert (weights == 1).all()
    with pytest.raises(ValueError, match="count must be at least 2, not 1"):
        telling_images(np.zeros((5, 3), dtype=np.int8), 1)


def test_hawx_screens_and_runs_within_its_budget(case):
    _, whole, oracle, _, profile, space = case
    cost = MultiplierEnergy(space, (3.0, 2.0, 1.0))
    reference = 20.0, float(cost(space.uniform(0)[None])["energy_pj"][0])
    found = []
    for _ in range(2):
        screening = Screening(oracle, ImageScores(profile, space))
        evaluator = Evaluator(whole, cost, budget=12)
        result = run_search("hawx", Problem(space, evaluator, reference, screening=screening))
        assert 0 < screening.worth <= 6
        assert evaluator.spent == screening.worth
        assert result.evaluations + screening.worth <= 12
        assert result.evaluations >= 4
        assert result.screening == screening.told
        found.append(result.front)
    assert found[0] == found[1]
