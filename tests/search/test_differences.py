"""Counts and covariances of designs that run on the same images."""

import numpy as np
import pytest

from hawx_hw.search.bound import Paired
from hawx_hw.search.differences import Differences


def drawn(designs: int, images: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.random(images) < 0.9, rng.random((designs, images)) < 0.8


def test_counts_and_drops_are_those_of_each_design() -> None:
    exact, right = drawn(3, 500)
    seen = Differences.of(exact, right)
    for design, paired in zip(right, seen.paired(), strict=True):
        assert paired == Paired(500, int((exact & ~design).sum()), int((~exact & design).sum()))
    assert seen.drops.tolist() == [paired.drop for paired in seen.paired()]
    assert seen.drops == pytest.approx(100 * (exact.mean() - right.mean(axis=1)))


def test_the_covariance_is_that_of_the_images_and_of_one_more() -> None:
    exact, right = drawn(4, 2000)
    seen = Differences.of(exact, right)
    signs = exact.astype(float) - right
    expected = np.cov(100 * signs, bias=True) / 2000 + np.eye(4) * (100 / 2000) ** 2
    np.testing.assert_allclose(seen.covariance, expected)


def test_a_design_that_no_image_differs_on_is_not_certain() -> None:
    exact = np.ones(100, dtype=bool)
    assert Differences.of(exact, exact[None]).covariance == pytest.approx(1.0)


def test_images_add_up_and_designs_are_taken() -> None:
    exact, right = drawn(4, 300)
    whole = Differences.of(exact, right)
    first, second = (Differences.of(exact[p], right[:, p]) for p in (slice(90), slice(90, None)))
    total, some = first + second, np.array([2, 0])
    for field in ("images", "lost", "gained", "products"):
        np.testing.assert_array_equal(getattr(total, field), getattr(whole, field))
        np.testing.assert_array_equal(
            getattr(whole.take(some), field), getattr(Differences.of(exact, right[some]), field)
        )


def test_without_images_nothing_is_lost() -> None:
    none = Differences.of(np.ones(0, dtype=bool), np.ones((2, 0), dtype=bool))
    assert none.drops.tolist() == [0.0, 0.0]
    assert np.isfinite(none.covariance).all()
