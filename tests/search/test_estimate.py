"""Estimates of accuracy drops: unbiased for whom chance favored, and surer than the raw numbers."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.search.bound import Paired
from hawx_hw.search.differences import Differences
from hawx_hw.search.estimate import estimates, posterior
from tests.search.small import design_point

SEARCH, SELECT = 1000, 4000


def world(rng, mixtures=200, selected=12, uniforms=6, understated=0.8):
    """Real drops, drops seen by the search, and differences on the images that select.

    Images have difficulties that all designs share. The search keeps the mixtures that look best.
    """
    real = np.concatenate([rng.uniform(0.2, 3, mixtures), rng.uniform(0.1, 4, uniforms)])
    common = rng.random(SEARCH), rng.random(SELECT)

    def lost(difficulty, share):
        own = rng.random((len(share), len(difficulty)))
        # Two thirds of the losses are on images that are hard for all.
        hard = difficulty < 0.1
        rate = np.where(hard, share[:, None] * 20 / 3, share[:, None] * 10 / 27)
        return own < rate

    search = 100 * lost(common[0], understated * real / 100).mean(axis=1)
    best = np.argsort(search[:mixtures] - 0.3 * real[:mixtures])[:selected]
    some = np.concatenate([best, np.arange(mixtures, mixtures + uniforms)])
    right = ~lost(common[1], real[some] / 100)
    seen = Differences.of(np.ones(SELECT, dtype=bool), right)
    points = [
        design_point((i, i + 1 if i < selected else i), drop, {"energy_nj": 9.0}, ["a"])
        for i, drop in enumerate(search[some].tolist())
    ]
    return real[some], points, seen, np.arange(len(some)) < selected


def test_estimates_are_unbiased_and_surer_where_the_raw_numbers_flatter_the_best() -> None:
    rng = np.random.default_rng(1)
    bias = {"search": [], "raw": [], "estimate": []}
    square, inside, uniform = {"raw": [], "estimate": []}, [], []
    for _ in range(150):
        real, points, seen, mixed = world(rng)
        result = estimates(points, seen, SEARCH, "energy_nj")
        value = np.array([each.value for each in result])
        # The design that each would choose for a drop of one point: of the mixtures the one that
        # looks best.
        for name, drops in (("raw", seen.drops), ("estimate", value)):
            best = np.flatnonzero(mixed)[drops[mixed].argmin()]
            bias[name].append(drops[best] - real[best])
            square[name].append((drops - real) ** 2)
        bias["search"].append(np.mean([p.accuracy_drop for p in points[:12]]) - real[mixed].mean())
        uniform.append((value - real)[~mixed].mean())
        inside += [e.low <= r <= e.high for e, r in zip(result, real, strict=True)]
    means = {name: float(np.mean(values)) for name, values in bias.items()}
    error = float(np.std(bias["estimate"]) / np.sqrt(150))
    assert means["search"] < -0.4
    assert means["raw"] < -0.05
    assert abs(means["estimate"]) < 0.04 + 2 * error
    assert abs(np.mean(uniform)) < 0.04 + 2 * float(np.std(uniform) / np.sqrt(150))
    assert np.mean(square["estimate"]) < np.mean(square["raw"])
    assert 0.92 < np.mean(inside) < 0.99


def test_many_images_leave_nothing_to_correct() -> None:
    seen = np.array([0.5, 1.0, 3.0])
    mixed = np.array([True, True, False])
    means, deviations = posterior(
        seen,
        np.full(3, 1e-8),
        np.array([0.1, 0.9, 2.0]),
        np.full(3, 0.1),
        mixed,
        np.arange(3.0),
    )
    assert means == pytest.approx(seen, abs=1e-4)
    assert deviations.max() < 1e-3


def test_hardly_any_images_leave_what_the_search_saw() -> None:
    learned = np.array([0.1, 0.9, 2.0])
    means, deviations = posterior(
        np.array([50.0, -50.0, 0.0]),
        np.full(3, 1e6),
        learned,
        np.full(3, 0.1),
        np.array([True, True, False]),
        np.zeros(3),
    )
    assert means == pytest.approx(learned, abs=0.1)
    assert deviations.min() > 0.2


def test_one_design_and_none() -> None:
    exact = np.ones(1000, dtype=bool)
    point = design_point((1, 1), 0.2, {"energy_nj": 9.0}, ["a"], race=Paired(5000, 20, 10))
    right = exact.copy()
    right[:6] = False
    (one,) = estimates([point], Differences.of(exact, right[None]), SEARCH, "energy_nj")
    assert one.low < 0.2 < one.value < 0.6 < one.high
    assert (
        estimates([], Differences.of(exact, np.ones((0, 1000), dtype=bool)), SEARCH, "energy_nj")
        == []
    )


def test_the_race_is_believed_more_than_the_search() -> None:
    exact = np.ones(300, dtype=bool)
    right = (np.arange(300) >= 6)[None]
    lucky = design_point((1, 2), -0.5, {"energy_nj": 9.0}, ["a"])
    raced = design_point((1, 2), -0.5, {"energy_nj": 9.0}, ["a"], race=Paired(20_000, 120, 20))
    result = [
        estimates([p], Differences.of(exact, right), SEARCH, "energy_nj")[0] for p in (lucky, raced)
    ]
    assert result[1].high - result[1].low < result[0].high - result[0].low
    assert result[1].value == pytest.approx(0.6, abs=0.2)


def test_a_design_that_takes_nothing_is_as_cheap_as_the_cheapest_other() -> None:
    """Where every product is skipped, the multiplications take no energy."""
    exact = np.ones(1000, dtype=bool)
    right = np.stack([np.arange(1000) >= count for count in (6, 30, 900)])
    seen = Differences.of(exact, right)

    def values(last: float) -> list[float]:
        energies = enumerate((9.0, 4.0, last))
        points = [design_point((i, i), 2.0, {"energy_pj": e}, ["a"]) for i, e in energies]
        return [each.value for each in estimates(points, seen, SEARCH, "energy_pj")]

    assert values(0.0) == values(4.0) != values(1.0)
    nothing = design_point((1, 1), 90.0, {"energy_pj": 0.0}, ["none"])
    (one,) = estimates([nothing], seen.take(np.array([2])), SEARCH, "energy_pj")
    assert 80 < one.value < 95
