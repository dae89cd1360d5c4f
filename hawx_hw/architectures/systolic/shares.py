"""Lines of the array, rows or columns, shared out among classes of taps or filters."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

__all__ = ["RowWay", "row_ways", "share"]

# All ways to say which classes each kind of row may serve are tried up to so many.
_LIMIT = 1024


def share(
    counts: Sequence[int],
    able: np.ndarray,
    price: np.ndarray | None = None,
    *,
    rest: bool = True,
) -> tuple[int, np.ndarray] | None:
    """Give lines to classes so that the largest share is least.

    Parameters
    ----------
    counts : sequence of int
        Members of each class.
    able : ndarray of bool
        ``(lines, classes)``: whether a line can serve a class.
    price : ndarray or None
        ``(lines, classes)``: what it costs; of equal shares the cheapest wins.
    rest : bool
        Whether lines that are left over help a class (at no price).

    Returns
    -------
    tiles : int
        Members that the busiest line serves.
    lines : ndarray of int64
        The class of each line, or -1.
    None
        If the lines cannot serve all classes.
    """
    low, high = max(1, -(-sum(counts) // len(able))), max(counts)
    best = _at_most(counts, able, price, high)
    if best is None:
        return None
    # More tiles never need more lines.
    while low < high:
        middle = (low + high) // 2
        shared = _at_most(counts, able, price, middle)
        if shared is None:
            low = middle + 1
        else:
            high, best = middle, shared
    if rest:
        _give_rest(best, able if price is None else able & (price == 0), counts)
    return high, best


def _at_most(
    counts: Sequence[int], able: np.ndarray, price: np.ndarray | None, tiles: int
) -> np.ndarray | None:
    """The class of each line if none may serve more than ``tiles`` members."""
    lines = len(able)
    needs = [-(-count // tiles) for count in counts]
    if sum(needs) > lines:
        return None
    classes = np.repeat(np.arange(len(counts)), needs)
    # Of equals, a class takes the lines in order.
    cost = np.abs(np.arange(lines)[:, None] - np.arange(len(classes))[None, :]).astype(float)
    if price is not None:
        cost += price[:, classes] * float(lines**2)
    cost = np.where(able[:, classes], cost, 1e12)
    line, member = linear_sum_assignment(cost)
    if not able[line, classes[member]].all():
        return None
    shared = np.full(lines, -1, dtype=np.int64)
    shared[line] = classes[member]
    return shared


def _give_rest(shared: np.ndarray, able: np.ndarray, counts: Sequence[int]) -> None:
    """Lines without work help the class whose lines are busiest: the last tiles become smaller."""
    for line in np.flatnonzero(shared < 0):
        useful = [
            c
            for c, count in enumerate(counts)
            if able[line, c] and np.count_nonzero(shared == c) < count
        ]
        if useful:
            busy = [counts[c] / np.count_nonzero(shared == c) for c in useful]
            shared[line] = useful[int(np.argmax(busy))]


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
