"""Which images are profiled: those of doubt, and a sample of the others."""

import numpy as np
import pytest

from hawx_hw.scores.images import stratified_images


def test_half_are_those_of_doubt_and_half_a_sample_of_the_others():
    rng = np.random.default_rng(2)
    codes = rng.integers(-128, 128, (1000, 4)).astype(np.int8)
    indices, weights = stratified_images(codes, 100)
    ordered = np.sort(codes.astype(int), axis=1)
    margin = ordered[:, -1] - ordered[:, -2]
    assert (np.diff(indices) > 0).all()
    assert weights.sum() == pytest.approx(1000)
    alone = indices[weights == 1]
    assert len(alone) == 50
    assert margin[alone].max() <= np.delete(margin, alone).min()
    assert margin[indices[weights > 1]].mean() == pytest.approx(
        np.delete(margin, alone).mean(), rel=0.05
    )


def test_few_images_are_all_taken():
    indices, weights = stratified_images(np.zeros((5, 3), dtype=np.int8), 8)
    assert indices.tolist() == [0, 1, 2, 3, 4]
    assert (weights == 1).all()
    with pytest.raises(ValueError, match="count must be at least 2, not 1"):
        stratified_images(np.zeros((5, 3), dtype=np.int8), 1)
