from fractions import Fraction

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.datasets.digits import enlarge


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits")


def test_sizes_and_proportions(digits):
    assert digits.shape == (1, 28, 28)
    assert digits.classes == 10
    assert (len(digits.train), len(digits.calibration), len(digits.test)) == (1442, 512, 355)
    train = np.bincount(digits.train.labels, minlength=10)
    test = np.bincount(digits.test.labels, minlength=10)
    assert (test == (train + test) // 5).all()


def test_the_data_never_change(digits):
    # The committed checkpoint was trained on exactly these pixels.
    assert digits.digest == "d7b5eddeb66591cd7386d721ac5f622dbbe543f1823ae042a25bb939ff5f3835"


def test_no_test_image_is_trained_on(digits):
    train = {image.tobytes() for image in digits.train.images}
    assert not any(image.tobytes() in train for image in digits.test.images)
    assert all(image.tobytes() in train for image in digits.calibration.images)


def bilinear(small, y, x):
    """Value at output pixel (y, x) before the frame, in exact arithmetic."""

    def weights(i):
        position = min(max(Fraction(2 * i + 1, 6) - Fraction(1, 2), 0), 7)
        left = min(int(position), 6)
        return {left: 1 - (position - left), left + 1: position - left}

    return sum(
        a * b * int(small[i, j])
        for i, a in weights(y).items()
        for j, b in weights(x).items()
        if a * b
    )


def test_enlarge_is_exact_bilinear_interpolation():
    small = np.random.default_rng(1).integers(0, 17, (1, 8, 8))
    large = enlarge(small)
    assert large.shape == (1, 28, 28)
    assert large.dtype == np.uint8
    for y in range(24):
        for x in range(24):
            exact = bilinear(small[0], y, x) * 255 / 16
            assert large[0, y + 2, x + 2] == int(exact + Fraction(1, 2))


def test_enlarge_keeps_constants_and_frames_with_black():
    large = enlarge(np.full((1, 8, 8), 16))[0]
    assert (large[2:26, 2:26] == 255).all()
    large[2:26, 2:26] = 0
    assert not large.any()
