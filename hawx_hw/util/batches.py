"""How many images are computed at once: so many that the largest tensor fits into memory."""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = ["images_at_once"]

_BYTES = 2**30


def images_at_once(most: int, shapes: Iterable[tuple[int, ...]], bytes_each: int) -> int:
    """As many images as usual, and fewer for a network of large tensors.

    Parameters
    ----------
    most : int
        As usual, >= 1.
    shapes : iterable of tuple of int
        Of the network's tensors, without the batch; at least one.
    bytes_each : int
        Of a number of a tensor.

    Returns
    -------
    int
        In [1, most]; a tensor of so many images has at most 1 GiB, if one image's has.
    """
    largest = max(math.prod(shape) for shape in shapes)
    return max(1, min(most, _BYTES // (bytes_each * max(largest, 1))))
