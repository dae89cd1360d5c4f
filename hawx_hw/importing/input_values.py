"""What the input of a network in floating point takes of pixels, where nothing states it."""

from __future__ import annotations

import numpy as np

__all__ = ["ITS_OWN_SCALE", "SCALED_TWICE", "UNSTATED", "takes_pixels"]

UNSTATED = (
    "Nothing states what the network takes of pixels, which is taken to be pixel / 255. If it is "
    "something else, set network.preprocess."
)
ITS_OWN_SCALE = (
    "The network scales its input itself ({label!r}): it takes pixels of 0 to 255 as they are. If "
    "it is something else, set network.preprocess."
)
SCALED_TWICE = (
    "The network scales its input itself ({label!r}): most likely it takes pixels of 0 to 255 as "
    "they are, for which network.preprocess must state scale: 1, and no more."
)
#: Networks take values from about 1 to about 5 apart. Of pixels from 0 to 1 a gain makes them
#: larger as a rule, and never this much smaller.
_LARGEST_PIXEL_GAIN = 1 / 10


def takes_pixels(gain: np.ndarray) -> bool:
    """Whether the values that a network multiplies first can only be pixels of 0 to 255.

    Parameters
    ----------
    gain : ndarray of float64
        Of all that it does to its input before the first layer; one for all channels, or one a
        channel; > 0.
    """
    return bool((gain <= _LARGEST_PIXEL_GAIN).all())
