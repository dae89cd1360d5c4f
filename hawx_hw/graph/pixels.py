"""The input codes of images: the only definition of how a pixel becomes an int8 code."""

from __future__ import annotations

import numpy as np

__all__ = ["INPUT_SCALE", "INPUT_ZERO_POINT", "codes"]

INPUT_SCALE = 1 / 255
INPUT_ZERO_POINT = -128


def codes(images: np.ndarray) -> np.ndarray:
    """Input codes of images: ``pixel - 128``, so that a black pixel is the zero point.

    Parameters
    ----------
    images : ndarray of uint8
        Any shape.

    Returns
    -------
    ndarray of int8
        The same shape.
    """
    if images.dtype != np.uint8:
        raise TypeError(f"Images must be uint8, not {images.dtype}")
    return (images ^ np.uint8(0x80)).view(np.int8)
