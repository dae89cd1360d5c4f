"""Where the filters and taps of a layer lie on lines of multiplier cells.

Each line serves one class of a layer (see :mod:`~hawx_hw.architectures.common.classes`); which line
serves which class is decided by :func:`~hawx_hw.architectures.common.shares.share` or, where the
order of the filters is given, by :func:`fixed_lines`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hawx_hw.architectures.common.classes import LayerClasses

__all__ = ["fixed_lines", "in_order", "in_turn", "joint_filter_classes"]


def joint_filter_classes(classes: Sequence[LayerClasses]) -> tuple[np.ndarray, np.ndarray]:
    """The filter classes of layers that share one order of filters.

    Returns
    -------
    ndarray of int64
        ``(joint classes, layers)``: the filter class of each layer.
    ndarray of int64
        ``(filters,)``: the joint class of each filter.
    """
    keys = np.stack([part.filters for part in classes], axis=1)
    distinct, filter_class = np.unique(keys, axis=0, return_inverse=True)
    return distinct, filter_class.reshape(-1)


def fixed_lines(filter_class: np.ndarray, able: np.ndarray) -> tuple[int, np.ndarray] | None:
    """Filter ``f`` on line ``f`` modulo lines: each line must suit all of its filters.

    Parameters
    ----------
    filter_class : ndarray of int64
        ``(filters,)``: the class of each.
    able : ndarray of bool
        ``(lines, classes)``: whether a line can serve a class.

    Returns
    -------
    tiles : int
        Filters that the busiest line serves.
    lines : ndarray of int64
        The class of each line, or -1.
    None
        If a line cannot serve its filters, or they are of several classes.
    """
    width = len(able)
    lines = np.full(width, -1, dtype=np.int64)
    for number, kind in enumerate(filter_class):
        line = number % width
        if not able[line, kind] or lines[line] not in (-1, kind):
            return None
        lines[line] = kind
    return -(-len(filter_class) // width), lines


def in_order(filters: int, width: int) -> np.ndarray:
    """Filters by their numbers, tile after tile: ``(tiles, width)``; -1 behind the last."""
    padded = np.full(-(-filters // width) * width, -1, dtype=np.int64)
    padded[:filters] = np.arange(filters)
    return padded.reshape(-1, width)


def in_turn(classes: np.ndarray, lines: np.ndarray, width: int) -> np.ndarray:
    """The members of each class on its lines in turn, tile after tile.

    Parameters
    ----------
    classes : ndarray of int64
        ``(members,)``: the class of each.
    lines : ndarray of int64
        ``(width,)``: the class that each line serves, or -1.
    width : int

    Returns
    -------
    ndarray of int64
        ``(tiles, width)``: the member, or -1.
    """
    tiles = max(
        -(-int(np.count_nonzero(classes == c)) // int(np.count_nonzero(lines == c)))
        for c in np.unique(classes)
    )
    placed = np.full((tiles, width), -1, dtype=np.int64)
    for kind in np.unique(classes):
        members, own = np.flatnonzero(classes == kind), np.flatnonzero(lines == kind)
        for number, member in enumerate(members):
            placed[number // len(own), own[number % len(own)]] = member
    return placed
