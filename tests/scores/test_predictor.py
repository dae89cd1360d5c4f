"""Accuracy from scores: a known relation is recovered, and the uncertainty is adequate."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.scores.predictor import AccuracyPredictor, expected_changes, informative
from tests.scores.networks import profiled

PROFILE = profiled(3)


def drops(scores: np.ndarray, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """Accuracy drop: a power of the score that no straight line of ours is."""
    rng = np.random.default_rng(seed)
    return 0.6 * scores**1.1 * np.exp(noise * rng.standard_normal(len(scores)))


def test_expected_changes_image_by_image() -> None:
    choices = np.random.default_rng(0).integers(0, len(PROFILE.blocks), (5, PROFILE.units))
    result = expected_changes(PROFILE, choices)
    for value, choice in zip(result, choices, strict=True):
        total = 0.0
        for image, before in enumerate(PROFILE.logits):
            after = before + PROFILE.shifts[np.arange(PROFILE.units), choice, image].sum(axis=0)
            p, q = (np.exp(z) / np.exp(z).sum() for z in (before, after))
            total += np.maximum(p - q, 0).sum()
        assert value == pytest.approx(100 * total / len(PROFILE.logits), rel=1e-5)
    assert expected_changes(PROFILE, PROFILE.uniform(0)) == pytest.approx([0.0], abs=1e-12)


@pytest.mark.parametrize("count", [6, 8, 12])
def test_a_handful_of_evaluations_tells_the_others(count: int) -> None:
    scores = np.sort(np.random.default_rng(count).gamma(0.7, 4.0, 300))
    accuracy = 0.95 - drops(scores) / 100
    chosen = informative(scores, count)
    predictor = AccuracyPredictor(0.95, scores[chosen], accuracy[chosen])
    result, deviation = predictor.predict(scores)
    inside = (scores < 8) & ~np.isin(np.arange(300), chosen)
    error = 100 * np.abs(result - accuracy)[inside]
    assert error.mean() < 0.1
    assert (error < 300 * deviation[inside]).all()


def test_deviations_predict_the_size_of_the_errors() -> None:
    covered, scale = [], []
    for seed in range(30):
        scores = np.sort(np.random.default_rng(seed).gamma(0.7, 4.0, 300))
        accuracy = 0.95 - drops(scores, 0.3, seed) / 100
        chosen = informative(scores, 16)
        predictor = AccuracyPredictor(0.95, scores[chosen], accuracy[chosen])
        low, high = predictor.interval(scores)
        result, deviation = predictor.predict(scores)
        assert ((low <= result) & (result <= high)).all()
        near, far = predictor.interval(scores, deviations=1e-4)
        np.testing.assert_allclose((far - near) / 2e-4, deviation, rtol=1e-3)
        other = ~np.isin(np.arange(300), chosen)
        covered.append(((low <= accuracy) & (accuracy <= high))[other].mean())
        scale.append((deviation[other] > 0).all())
    assert 0.85 < np.mean(covered) < 0.995
    assert all(scale)


def test_a_few_contrary_drops_do_not_turn_the_line_round() -> None:
    result, _ = AccuracyPredictor(0.5, [1.0, 2.0, 4.0], [0.49, 0.495, 0.5]).predict(
        np.array([1e4, 1e5, 1e6])
    )
    assert result.min() > 0 and result.max() < 1
    assert (np.diff(result) <= 1e-9).all()


def test_accuracies_stay_in_their_range() -> None:
    predictor = AccuracyPredictor(0.9, [1.0, 5.0, 20.0], [0.895, 0.85, 0.5])
    result, _ = predictor.predict(np.array([0.0, 100.0, 10000.0]))
    assert result.min() >= 0
    assert result.max() <= 1


def test_informative_assignments_are_spread_over_the_range_of_interest() -> None:
    scores = np.concatenate([np.full(200, 0.001), np.linspace(0.1, 15, 50), np.full(100, 80.0)])
    chosen = informative(scores, 8)
    assert len(set(chosen.tolist())) == 8
    assert scores[chosen[0]] == 0.001
    assert scores[chosen].max() == pytest.approx(15)
    assert np.ptp(np.log(scores[chosen][scores[chosen] > 0.05])) > 3
    # Where too few lie inside, the nearest of the others follow.
    assert sorted(informative(np.array([30.0, 1.0, 50.0, 40.0]), 3)) == [0, 1, 3]


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"count must be in \[2, 3\], not 4"):
        informative(np.arange(3.0), 4)
    with pytest.raises(ValueError, match="as many scores as accuracies and at least 2"):
        AccuracyPredictor(0.9, [1.0, 2.0], [0.9])
    with pytest.raises(ValueError, match="at least 2"):
        AccuracyPredictor(0.9, [1.0], [0.9])
