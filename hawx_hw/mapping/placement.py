"""Where filters and kernel taps lie in the array, so that each meets a PE with its block.

Filters that want the same blocks for the same taps form a *filter class*, taps that want the same
blocks for the same filters a *tap class*. Each column serves one filter class of a layer, each row
one tap class. Fewest tiles win: a class with many filters gets many columns.

Filters may stand in any order: the layers that read them find each channel in its *slot*, wherever
that is. Layers whose outputs are added must agree on one order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.registry import by_name
from hawx_hw.errors import UserError
from hawx_hw.mapping.grid import Grid
from hawx_hw.mapping.operations import Operation

__all__ = ["Layout", "Placement", "derive_grid", "place_group"]

# Ways to share the rows among the tap classes that are tried before the grid counts as too
# irregular.
_LIMIT = 4096


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the channels of a tensor lie.

    Parameters
    ----------
    slots : ndarray of int64
        ``(channels,)``: the slot of each channel; slot ``s`` is lane ``s % lanes`` of block
        ``s // lanes``.
    """

    slots: np.ndarray

    @classmethod
    def natural(cls, channels: int) -> Layout:
        """Every channel in the slot of its number."""
        return cls(np.arange(channels))

    @property
    def size(self) -> int:
        """Slots, with those between that hold no channel."""
        return int(self.slots.max()) + 1

    @property
    def is_natural(self) -> bool:
        """Whether every channel lies in the slot of its number."""
        return bool((self.slots == np.arange(len(self.slots))).all())


@dataclass(frozen=True, eq=False)
class Placement:
    """Where the filters and taps of one layer lie.

    Parameters
    ----------
    filters : ndarray of int64
        ``(filter tiles, columns)``: the filter, or -1.
    taps : ndarray of int64
        ``(tap tiles, rows)``: the tap, counted as ``(channel, kernel row, kernel column)`` with the
        column fastest, or -1.
    active : ndarray of int64
        ``(rows, columns)``: index of the block that each PE uses, in the grid's blocks.
    """

    filters: np.ndarray
    taps: np.ndarray
    active: np.ndarray

    @property
    def layout(self) -> Layout:
        """Of the filters as channels of the output: tile after tile, column after column."""
        flat = self.filters.ravel()
        used = np.flatnonzero(flat >= 0)
        slots = np.empty(len(used), dtype=np.int64)
        slots[flat[used]] = used
        return Layout(slots)


@dataclass
class _Classes:
    """The classes of one layer.

    ``filters`` and ``taps`` give the class of each; ``blocks[i, j]`` is the grid's block that
    filter class i wants for tap class j.
    """

    layer: Operation
    filters: np.ndarray
    taps: np.ndarray
    blocks: np.ndarray
    tap_counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.tap_counts = np.bincount(self.taps).tolist()


def place_group(
    layers: Sequence[Operation], grid: Grid, *, fixed: bool = False
) -> tuple[list[Placement], int]:
    """Place layers whose outputs must have one order of channels; mostly a single one.

    Parameters
    ----------
    layers : sequence of Operation
        Layers of the array with equally many filters.
    grid : Grid
    fixed : bool
        Whether the order is given: filter ``f`` in slot ``f``.

    Returns
    -------
    list of Placement
        One a layer.
    int
        Tiles of all the layers together.

    Raises
    ------
    UserError
        No PEs of the grid can serve the assignment.
    """
    classes = [_classes(layer, grid) for layer in layers]
    keys = np.stack([c.filters for c in classes], axis=1)
    distinct, filter_class = np.unique(keys, axis=0, return_inverse=True)
    filter_class = filter_class.reshape(-1)
    counts = np.bincount(filter_class).tolist()

    best: tuple[int, list[list[np.ndarray]], np.ndarray] | None = None
    for ways in itertools.islice(
        itertools.product(*(list(_row_ways(c, grid)) for c in classes)), _LIMIT
    ):
        # Which columns can serve which filter class, in all layers at once.
        able = np.ones((grid.columns, len(distinct)), dtype=bool)
        for (rows, _), part, key in zip(ways, classes, distinct.T, strict=True):
            able &= _able_columns(part, rows, grid)[:, key]
        found = _fixed(filter_class, able) if fixed else _share(counts, able)
        if found is None:
            continue
        passes, columns = found
        tiles = passes * sum(count for _, count in ways)
        if best is None or tiles < best[0]:
            best = (tiles, [rows for rows, _ in ways], columns)
    if best is None:
        raise _unserved(classes, grid, fixed)

    tiles, all_rows, columns = best
    if fixed:
        width = grid.columns
        padded = np.full(-(-len(filter_class) // width) * width, -1, dtype=np.int64)
        padded[: len(filter_class)] = np.arange(len(filter_class))
        filters = padded.reshape(-1, width)
    else:
        filters = _dealt(filter_class, columns, grid.columns)
    placements = []
    for part, rows, key in zip(classes, all_rows, distinct.T, strict=True):
        row_class = np.full(grid.rows, -1, dtype=np.int64)
        for number, mine in enumerate(rows):
            row_class[mine] = number
        active = np.argmax(grid.held, axis=2)
        for row, column in np.ndindex(active.shape):
            if row_class[row] >= 0 and columns[column] >= 0:
                active[row, column] = part.blocks[key[columns[column]], row_class[row]]
        placements.append(Placement(filters, _dealt(part.taps, row_class, grid.rows), active))
    return placements, tiles


def derive_grid(
    groups: Sequence[tuple[Sequence[Operation], bool]], rows: int, columns: int
) -> Grid:
    """The grid of fewest blocks, found greedily, on which every group needs fewest tiles.

    Parameters
    ----------
    groups : sequence of (sequence of Operation, bool)
        Layers and ``fixed`` as :func:`place_group` takes them; the first gets its blocks where it
        likes best.
    rows, columns : int
    """
    blocks: dict[str, Block] = {}
    for layer in itertools.chain.from_iterable(layers for layers, _ in groups):
        assert layer.blocks is not None
        for block in layer.blocks.blocks:
            blocks.setdefault(block.digest, block)
    if not blocks:
        return Grid.uniform([by_name("exact")], rows, columns)
    everything = Grid.uniform(list(blocks.values()), rows, columns)
    held = np.zeros_like(everything.held)
    for group, fixed in groups:
        parts = [_classes(layer, everything) for layer in group]
        distinct, filter_class = np.unique(
            np.stack([part.filters for part in parts], axis=1), axis=0, return_inverse=True
        )
        price = np.zeros((columns, len(distinct)))
        wanted = np.zeros((rows, len(distinct), len(blocks)), dtype=bool)
        for part, key in zip(parts, distinct.T, strict=True):
            found = _share(part.tap_counts, np.ones((rows, len(part.tap_counts)), dtype=bool))
            if found is None:
                raise _unserved(parts, everything, False)
            for row, tap_class in enumerate(found[1]):
                if tap_class >= 0:
                    wanted[row, np.arange(len(distinct)), part.blocks[key, tap_class]] = True
        for column in range(columns):
            price[column] = (wanted & ~held[:, column, None, :]).sum(axis=(0, 2))
        counts = np.bincount(filter_class.reshape(-1)).tolist()
        able = np.ones((columns, len(distinct)), dtype=bool)
        filter_class = filter_class.reshape(-1)
        found = _fixed(filter_class, able) if fixed else _share(counts, able, price)
        if found is None:
            raise _unserved(parts, everything, fixed)
        for column, kind in enumerate(found[1]):
            if kind >= 0:
                held[:, column] |= wanted[:, kind]
    # A PE that nothing needs still is one: it gets what most of the others hold.
    common = int(np.argmax(held.sum(axis=(0, 1))))
    held[~held.any(axis=2), common] = True
    return Grid(everything.blocks, held)


def _classes(layer: Operation, grid: Grid) -> _Classes:
    assert layer.blocks is not None
    order = []
    for block in layer.blocks.blocks:
        index = grid.index(block)
        if index is None:
            raise UserError(
                f"Layer {layer.name!r} uses block {block.name}, which no PE holds",
                where="accelerator.grid",
                mend="Add it to the PE grid, or leave the grid out to have it derived.",
            )
        order.append(index)
    wanted = np.array(order)[layer.blocks.choice.reshape(len(layer.blocks.choice), -1)]
    rows, filters = np.unique(wanted, axis=0, return_inverse=True)
    columns, taps = np.unique(rows, axis=1, return_inverse=True)
    return _Classes(layer, filters.reshape(-1), taps.reshape(-1), columns)


def _row_ways(part: _Classes, grid: Grid) -> Iterator[tuple[list[np.ndarray], int]]:
    """Ways to give each tap class rows, each with the tap tiles that it takes.

    Rows that hold the same blocks are of one kind; each kind may serve some of the tap classes.
    """
    _, kind_of_row = np.unique(grid.held.reshape(grid.rows, -1), axis=0, return_inverse=True)
    kind_of_row = kind_of_row.reshape(-1)
    kinds = int(kind_of_row.max()) + 1
    number = len(part.tap_counts)
    subsets: Sequence[tuple[int, ...]] = [
        subset for size in range(number, -1, -1) for subset in _subsets(number, size)
    ]
    if len(subsets) ** kinds > _LIMIT:
        subsets = list(dict.fromkeys([tuple(range(number)), *((i,) for i in range(number)), ()]))
    for choice in itertools.islice(itertools.product(subsets, repeat=kinds), _LIMIT):
        able = np.zeros((grid.rows, number), dtype=bool)
        for row, kind in enumerate(kind_of_row):
            able[row, list(choice[kind])] = True
        found = _share(part.tap_counts, able)
        if found is not None:
            tiles, row_class = found
            yield [np.flatnonzero(row_class == j) for j in range(number)], tiles


def _subsets(number: int, size: int) -> Iterator[tuple[int, ...]]:
    return itertools.combinations(range(number), size)


def _able_columns(part: _Classes, rows: Sequence[np.ndarray], grid: Grid) -> np.ndarray:
    """Bool ``(columns, filter classes)``: whether a column's PEs hold what the class wants."""
    able = np.ones((grid.columns, len(part.blocks)), dtype=bool)
    for tap_class, mine in enumerate(rows):
        for filter_class, block in enumerate(part.blocks[:, tap_class]):
            able[:, filter_class] &= grid.held[mine, :, block].all(axis=0)
    return able


def _share(
    counts: Sequence[int], able: np.ndarray, price: np.ndarray | None = None
) -> tuple[int, np.ndarray] | None:
    """Give lines (rows or columns) to classes so that the largest share is least.

    Parameters
    ----------
    counts : sequence of int
        Members of each class.
    able : ndarray of bool
        ``(lines, classes)``: whether a line can serve a class.
    price : ndarray or None
        ``(lines, classes)``: what it costs; of equal shares the cheapest wins.

    Returns
    -------
    tiles : int
        Members that the busiest line serves.
    lines : ndarray of int64
        The class of each line, or -1.
    """
    lines = len(able)
    for tiles in range(max(1, -(-sum(counts) // lines)), max(counts) + 1):
        needs = [-(-count // tiles) for count in counts]
        if sum(needs) > lines:
            continue
        wanted = np.repeat(np.arange(len(counts)), needs)
        # Of equals, a class takes the lines in order.
        cost = np.abs(np.arange(lines)[:, None] - np.arange(len(wanted))[None, :]).astype(float)
        if price is not None:
            cost += price[:, wanted] * float(lines**2)
        cost = np.where(able[:, wanted], cost, 1e12)
        line, want = linear_sum_assignment(cost)
        if not able[line, wanted[want]].all():
            continue
        shared = np.full(lines, -1, dtype=np.int64)
        shared[line] = wanted[want]
        _give_rest(shared, able if price is None else able & (price == 0), counts)
        return tiles, shared
    return None


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


def _fixed(filter_class: np.ndarray, able: np.ndarray) -> tuple[int, np.ndarray] | None:
    """Filter f on column f modulo columns: each column must suit all of its filters."""
    width = len(able)
    columns = np.full(width, -1, dtype=np.int64)
    for number, kind in enumerate(filter_class):
        column = number % width
        if not able[column, kind] or columns[column] not in (-1, kind):
            return None
        columns[column] = kind
    return -(-len(filter_class) // width), columns


def _dealt(classes: np.ndarray, lines: np.ndarray, width: int) -> np.ndarray:
    """Deal the members of each class to its lines, tile after tile: ``(tiles, lines)``, or -1."""
    tiles = max(
        -(-int(np.count_nonzero(classes == c)) // int(np.count_nonzero(lines == c)))
        for c in np.unique(classes)
    )
    dealt = np.full((tiles, width), -1, dtype=np.int64)
    for kind in np.unique(classes):
        members, mine = np.flatnonzero(classes == kind), np.flatnonzero(lines == kind)
        for number, member in enumerate(members):
            dealt[number // len(mine), mine[number % len(mine)]] = member
    return dealt


def _unserved(classes: Sequence[_Classes], grid: Grid, fixed: bool) -> UserError:
    names = ", ".join(repr(part.layer.name) for part in classes)
    wants = "; ".join(
        f"{part.layer.name}: {len(part.blocks)} kinds of filter, {len(part.tap_counts)} of tap"
        for part in classes
    )
    order = " in the order of the network's input" if fixed else ""
    return UserError(
        f"The PE grid of {grid.rows} x {grid.columns} cannot serve the blocks of {names}{order} "
        f"({wants}): each row must serve one kind of tap and each column one kind of filter, on "
        "PEs that hold their blocks",
        where="blocks",
        mend="Use fewer kinds in one layer, more rows or columns, or give more PEs these blocks.",
    )
