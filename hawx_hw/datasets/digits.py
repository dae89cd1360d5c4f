"""The 1,797 handwritten digits that come with scikit-learn, enlarged to 28 x 28.

They are the test part of "Optical Recognition of Handwritten Digits" (E. Alpaydin, C. Kaynak, UCI,
1998): 8 x 8 images with 17 grey levels. Each is enlarged three times by bilinear interpolation and
framed with two black pixels. The arithmetic is on integers, so the images are the same on every
machine.
"""

from __future__ import annotations

import numpy as np

from hawx_hw.datasets.dataset import Dataset, Split, evenly_spaced, every_fifth_of_class

__all__ = ["SELECT", "SIZES", "enlarge", "load"]

#: Numbers of training and test images.
SIZES = (1442, 355)
#: Of the training images, those that select designs.
SELECT = 285

_FACTOR = 3
_FRAME = 2
_LEVELS = 16


def load() -> Dataset:
    """The digits as 1 x 28 x 28: 1,442 for training and 355 for test, classes in proportion."""
    from sklearn.datasets import load_digits

    raw = load_digits()
    images = enlarge(np.rint(raw.images).astype(np.int64))
    everything = Split(images[:, np.newaxis], raw.target.astype(np.int64))
    train, test = every_fifth_of_class(everything)
    return Dataset("digits", 10, train, evenly_spaced(train), test)


def enlarge(small: np.ndarray) -> np.ndarray:
    """Enlarge 8 x 8 images of levels 0 to 16 to 28 x 28 images of 0 to 255.

    Parameters
    ----------
    small : ndarray of int64
        ``(n, 8, 8)``, in [0, 16].

    Returns
    -------
    ndarray of uint8
        ``(n, 28, 28)``.
    """
    weights = _bilinear(small.shape[1])
    exact = weights @ small @ weights.T  # times (2 * _FACTOR) ** 2
    scale = _LEVELS * (2 * _FACTOR) ** 2
    pixels = (exact * 255 * 2 + scale) // (2 * scale)
    frame = ((0, 0), (_FRAME, _FRAME), (_FRAME, _FRAME))
    return np.pad(pixels, frame).astype(np.uint8)


def _bilinear(size: int) -> np.ndarray:
    """Weights ``(_FACTOR * size, size)`` in units of 1 / (2 * _FACTOR); each line sums to 1.

    The center of output pixel ``i`` lies at ``(i + 1/2) / _FACTOR - 1/2`` of the input; pixels
    beyond the outermost centers take the outermost value.
    """
    unit = 2 * _FACTOR
    weights = np.zeros((_FACTOR * size, size), dtype=np.int64)
    for i in range(_FACTOR * size):
        position = min(max(2 * i + 1 - _FACTOR, 0), unit * (size - 1))
        left, fraction = divmod(position, unit)
        weights[i, left] += unit - fraction
        weights[i, min(left + 1, size - 1)] += fraction
    return weights
