"""Which images a network is profiled on."""

from __future__ import annotations

import numpy as np

__all__ = ["stratified_images"]


def stratified_images(codes: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images to profile: those that the exact network is least sure of, and some of the others.

    Parameters
    ----------
    codes : ndarray of int8
        Outputs of the exact network for all images: ``(images, classes)``, two classes or more.
    count : int
        How many to choose, >= 2; all where there are no more.

    Returns
    -------
    (ndarray of int64, ndarray of float64)
        Their indices, in ascending order, and for how many each stands: half of them are those of
        least distance between the two largest codes and stand for themselves; the others are
        evenly spaced among the rest, in the order of that distance.

    Raises
    ------
    ValueError
        ``count`` is less than 2.
    """
    if count < 2:
        raise ValueError(f"count must be at least 2, not {count!r}")
    if len(codes) <= count:
        return np.arange(len(codes)), np.ones(len(codes))
    largest = np.sort(codes.astype(np.int64), axis=1)[:, -2:]
    order = np.argsort(largest[:, 1] - largest[:, 0], kind="stable")
    unsure, some = count // 2, count - count // 2
    rest = order[unsure:]
    spaced = rest[(2 * np.arange(some) + 1) * len(rest) // (2 * some)]
    indices = np.concatenate([order[:unsure], spaced])
    weights = np.repeat([1.0, len(rest) / some], [unsure, some])
    ascending = np.argsort(indices)
    return indices[ascending], weights[ascending]
