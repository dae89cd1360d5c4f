"""Rows of the array shared out among the tap classes of a layer."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.common.shares import share

__all__ = ["RowWay", "row_ways"]

# All ways to say which classes each kind of row may serve are tried up to so many.
_LIMIT = 1024


@dataclass(frozen=True, eq=False)
class RowWay:
    """One way to give the rows to the tap classes of a layer.

    Parameters
    ----------
    rows : ndarray of int64
        The tap class of each row, or -1.
    tiles : int
        Tap tiles.
    able : ndarray of bool
        ``(columns, filter classes)``: which columns can then serve which filter class.
    """

    rows: np.ndarray
    tiles: int
    able: np.ndarray


def row_ways(
    counts: Sequence[int], blocks: np.ndarray, present: np.ndarray
) -> tuple[list[RowWay], bool]:
    """Ways to give rows to tap classes, those left out that others beat in every respect.

    Parameters
    ----------
    counts : sequence of int
        Taps of each class.
    blocks : ndarray of int64
        ``(filter classes, tap classes)``: the block that computes them.
    present : ndarray of bool
        ``(rows, columns, blocks)``

    Returns
    -------
    list of RowWay
        Those of fewest tiles first.
    bool
        Whether all ways were tried. On PEs of very many kinds of row only those are that leave
        out, one after the other, what most columns cannot serve.
    """
    allowed, complete = _allowances(len(counts), blocks, present)
    by_columns: dict[bytes, RowWay] = {}
    for permitted, rest in itertools.product(allowed, (True, False)):
        shared = share(counts, permitted, rest=rest)
        if shared is None:
            continue
        tiles, rows = shared
        able = _able_columns(rows, blocks, present)
        key = able.tobytes()
        if able.any() and (key not in by_columns or tiles < by_columns[key].tiles):
            by_columns[key] = RowWay(rows, tiles, able)
    ways = sorted(by_columns.values(), key=lambda way: way.tiles)
    best: list[RowWay] = []
    for way in ways:
        if not any((way.able <= other.able).all() for other in best):
            best.append(way)
    return best, complete


def _allowances(
    number: int, blocks: np.ndarray, present: np.ndarray
) -> tuple[Iterator[np.ndarray], bool]:
    """Bool ``(rows, tap classes)``: which classes each row may serve."""
    rows = len(present)
    _, kind_of_row = np.unique(present.reshape(rows, -1), axis=0, return_inverse=True)
    kind_of_row = kind_of_row.reshape(-1)
    kinds = int(kind_of_row.max()) + 1
    if number * kinds <= _LIMIT.bit_length() - 1:
        every = itertools.product((True, False), repeat=number * kinds)
        return (np.array(choice).reshape(kinds, number)[kind_of_row] for choice in every), True
    return _fewer_and_fewer(number, blocks, present), False


def _fewer_and_fewer(number: int, blocks: np.ndarray, present: np.ndarray) -> Iterator[np.ndarray]:
    """Everything, then without the (row, class) that the most columns cannot serve, and so on."""
    permitted = np.ones((len(present), number), dtype=bool)
    yield permitted.copy()
    # Columns and filter classes that do not permit this row to serve this class.
    against = np.stack([(~present[:, :, blocks[:, j]]).sum(axis=(1, 2)) for j in range(number)], 1)
    for place in np.argsort(-against, axis=None, kind="stable"):
        row, kind = divmod(int(place), number)
        if against[row, kind] == 0:
            return
        permitted[row, kind] = False
        yield permitted.copy()


def _able_columns(rows: np.ndarray, blocks: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Bool ``(columns, filter classes)``: whether a column's PEs hold the blocks of the class."""
    able = np.ones((present.shape[1], len(blocks)), dtype=bool)
    for tap_class in range(blocks.shape[1]):
        mine = present[rows == tap_class]
        for filter_class, block in enumerate(blocks[:, tap_class]):
            able[:, filter_class] &= mine[:, :, block].all(axis=0)
    return able
