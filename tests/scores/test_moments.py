"""Moments of errors, operation by operation."""

from __future__ import annotations

import numpy as np

from hawx_hw.scores.moments import filter_moments, operation_moments


def drawn(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    errors = rng.integers(-300, 300, (256, 256))
    histograms = rng.integers(0, 9, (3, 2, 256)) * (rng.random((3, 2, 256)) < 0.1)
    histograms[..., 128] += 1
    weight = rng.integers(-127, 128, (4, 3, 2)).astype(np.int8)
    return errors, histograms, weight


def test_operations_by_listing_every_activation() -> None:
    errors, histograms, _ = drawn(0)
    moments = operation_moments(errors, histograms)
    for place in np.ndindex(3, 2):
        listed = np.repeat(np.arange(256), histograms[place])
        for code in range(256):
            values = errors[code, listed]
            at = (*place, code)
            np.testing.assert_allclose(moments.mean[at], values.mean(), atol=1e-9)
            np.testing.assert_allclose(moments.variance[at], values.var(), atol=1e-6)
            np.testing.assert_allclose(moments.absolute[at], np.abs(values).mean(), atol=1e-9)


def test_filters_add_their_taps_up() -> None:
    errors, histograms, weight = drawn(1)
    # Two groups of two filters each.
    operations = operation_moments(errors, np.stack([histograms, histograms[::-1]]))
    taps = np.array([[True, False], [True, True], [False, True]])
    moments = filter_moments(operations, weight, taps)
    for name in ("mean", "variance", "absolute"):
        values = getattr(operations, name)
        expected = [
            sum(values[f // 2, i, j, int(weight[f, i, j]) + 128] for i, j in np.argwhere(taps))
            for f in range(4)
        ]
        np.testing.assert_allclose(getattr(moments, name), expected)


def test_constant_errors_have_no_variance() -> None:
    _, histograms, _ = drawn(2)
    moments = operation_moments(np.full((256, 256), -7), histograms)
    assert (moments.variance == 0).all()
    np.testing.assert_allclose(moments.mean, -7)
