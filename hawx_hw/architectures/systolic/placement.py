"""Where filters and kernel taps lie in the array, so that each meets a PE with its block.

Filters that want the same blocks for the same taps form a *filter class*, taps that want the same
blocks for the same filters a *tap class*. Each column serves one filter class of a layer, each row
one tap class. Fewest tiles win: a class with many filters gets many columns. On maps so irregular
that not all ways can be tried (:func:`~hawx_hw.architectures.systolic.shares.row_ways`), fewer may
be possible.

Filters may stand in any order: each layer stores where every channel lies (its *channel
position*), for the layers that read it. Layers whose outputs are added must agree on one order.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hawx_hw.architectures.systolic.operations import Operation
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.shares import row_ways, share
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.registry import by_name
from hawx_hw.errors import UserError

__all__ = ["Layout", "Placement", "derive_pe_blocks", "place_group"]

# Combinations of the ways of several layers to share the rows that are tried.
_LIMIT = 4096


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the channels of a tensor lie.

    Parameters
    ----------
    positions : ndarray of int64
        ``(channels,)``: the position of each channel; position ``s`` is code ``s % lanes`` of block
        ``s // lanes``.
    """

    positions: np.ndarray

    @classmethod
    def natural(cls, channels: int) -> Layout:
        """Every channel at the position of its number."""
        return cls(np.arange(channels))

    @property
    def size(self) -> int:
        """Channel positions, with those between that hold no channel."""
        return int(self.positions.max()) + 1

    @property
    def is_natural(self) -> bool:
        """Whether every channel lies at the position of its number."""
        return bool((self.positions == np.arange(len(self.positions))).all())


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
        ``(rows, columns)``: index of the block that each PE uses, in the PE block map's blocks.
    """

    filters: np.ndarray
    taps: np.ndarray
    active: np.ndarray

    @property
    def layout(self) -> Layout:
        """Of the filters as channels of the output: tile after tile, column after column."""
        flat = self.filters.ravel()
        used = np.flatnonzero(flat >= 0)
        positions = np.empty(len(used), dtype=np.int64)
        positions[flat[used]] = used
        return Layout(positions)


@dataclass
class _Classes:
    """The classes of one layer.

    ``filters`` and ``taps`` give the class of each; ``blocks[i, j]`` is the PE block map's block
    that filter class i wants for tap class j.
    """

    layer: Operation
    filters: np.ndarray
    taps: np.ndarray
    blocks: np.ndarray
    tap_counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.tap_counts = np.bincount(self.taps).tolist()


def place_group(
    layers: Sequence[Operation], pe_blocks: PeBlockMap, *, fixed: bool = False
) -> tuple[list[Placement], int]:
    """Place layers whose outputs must have one order of channels; mostly a single one.

    Parameters
    ----------
    layers : sequence of Operation
        Layers of the array with equally many filters.
    pe_blocks : PeBlockMap
    fixed : bool
        Whether the order is given: filter ``f`` at position ``f``.

    Returns
    -------
    list of Placement
        One a layer.
    int
        Tiles of all the layers together.

    Raises
    ------
    UserError
        No PEs of the PE block map can serve the assignment.
    """
    classes = [_classes(layer, pe_blocks) for layer in layers]
    keys = np.stack([c.filters for c in classes], axis=1)
    distinct, filter_class = np.unique(keys, axis=0, return_inverse=True)
    filter_class = filter_class.reshape(-1)
    counts = np.bincount(filter_class).tolist()

    found_ways = [row_ways(c.tap_counts, c.blocks, pe_blocks.held) for c in classes]
    complete = all(all_of_them for _, all_of_them in found_ways)
    choices = itertools.product(*(ways for ways, _ in found_ways))
    best: tuple[int, list[np.ndarray], np.ndarray] | None = None
    for number, ways in enumerate(choices):
        if number == _LIMIT:
            complete = False
            break
        # Which columns can serve which filter class, in all layers at once.
        able = np.ones((pe_blocks.columns, len(distinct)), dtype=bool)
        for way, key in zip(ways, distinct.T, strict=True):
            able &= way.able[:, key]
        found = _fixed(filter_class, able) if fixed else share(counts, able)
        if found is None:
            continue
        passes, columns = found
        tiles = passes * sum(way.tiles for way in ways)
        if best is None or tiles < best[0]:
            best = (tiles, [way.rows for way in ways], columns)
    if best is None:
        raise _unserved(classes, pe_blocks, fixed, complete)

    tiles, all_rows, columns = best
    if fixed:
        width = pe_blocks.columns
        padded = np.full(-(-len(filter_class) // width) * width, -1, dtype=np.int64)
        padded[: len(filter_class)] = np.arange(len(filter_class))
        filters = padded.reshape(-1, width)
    else:
        filters = _dealt(filter_class, columns, pe_blocks.columns)
    placements = []
    for part, row_class, key in zip(classes, all_rows, distinct.T, strict=True):
        active = np.argmax(pe_blocks.held, axis=2)
        for row, column in np.ndindex(active.shape):
            if row_class[row] >= 0 and columns[column] >= 0:
                active[row, column] = part.blocks[key[columns[column]], row_class[row]]
        placements.append(Placement(filters, _dealt(part.taps, row_class, pe_blocks.rows), active))
    return placements, tiles


def derive_pe_blocks(
    groups: Sequence[tuple[Sequence[Operation], bool]], rows: int, columns: int
) -> PeBlockMap:
    """The PE block map of fewest blocks, found greedily, on which every group needs fewest tiles.

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
        return PeBlockMap.uniform([by_name("exact")], rows, columns)
    everything = PeBlockMap.uniform(list(blocks.values()), rows, columns)
    held = np.zeros_like(everything.held)
    for group, fixed in groups:
        parts = [_classes(layer, everything) for layer in group]
        distinct, filter_class = np.unique(
            np.stack([part.filters for part in parts], axis=1), axis=0, return_inverse=True
        )
        price = np.zeros((columns, len(distinct)))
        wanted = np.zeros((rows, len(distinct), len(blocks)), dtype=bool)
        for part, key in zip(parts, distinct.T, strict=True):
            found = share(part.tap_counts, np.ones((rows, len(part.tap_counts)), dtype=bool))
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
        found = _fixed(filter_class, able) if fixed else share(counts, able, price)
        if found is None:
            raise _unserved(parts, everything, fixed)
        for column, kind in enumerate(found[1]):
            if kind >= 0:
                held[:, column] |= wanted[:, kind]
    # A PE that nothing needs still is one: it gets what most of the others hold.
    common = int(np.argmax(held.sum(axis=(0, 1))))
    held[~held.any(axis=2), common] = True
    if any(fixed for _, fixed in groups):
        return PeBlockMap(everything.blocks, held)
    # Columns that make the most pixels first: a layer whose filters stand in the first columns has
    # fewer words of sums to drain, and of results to store.
    made = _pixels([group for group, _ in groups], PeBlockMap(everything.blocks, held))
    return PeBlockMap(everything.blocks, held[:, np.argsort(-made, kind="stable")])


def _pixels(groups: Sequence[Sequence[Operation]], pe_blocks: PeBlockMap) -> np.ndarray:
    """Output pixels that each column makes of an image, all filters together: ``(columns,)``."""
    made = np.zeros(pe_blocks.columns, dtype=np.int64)
    for group in groups:
        for layer, placement in zip(group, place_group(group, pe_blocks)[0], strict=True):
            assert layer.weight is not None
            made += layer.macs // layer.weight.size * (placement.filters >= 0).sum(axis=0)
    return made


def _classes(layer: Operation, pe_blocks: PeBlockMap) -> _Classes:
    assert layer.blocks is not None
    order = []
    for block in layer.blocks.blocks:
        index = pe_blocks.index(block)
        if index is None:
            raise UserError(
                f"Layer {layer.name!r} uses block {block.name}, which no PE holds",
                where="accelerator.pe_blocks",
                hint="Add it to accelerator.pe_blocks, or leave that out to have it derived.",
            )
        order.append(index)
    wanted = np.array(order)[layer.blocks.choice.reshape(len(layer.blocks.choice), -1)]
    # Most filters are alike: telling them apart by their bytes leaves few to be sorted.
    distinct: dict[bytes, int] = {}
    alike = np.array([distinct.setdefault(row.tobytes(), len(distinct)) for row in wanted])
    first = np.unique(alike, return_index=True)[1]
    rows, place = np.unique(wanted[first], axis=0, return_inverse=True)
    filters = place.reshape(-1)[alike]
    columns, taps = np.unique(rows, axis=1, return_inverse=True)
    return _Classes(layer, filters.reshape(-1), taps.reshape(-1), columns)


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


def _unserved(
    classes: Sequence[_Classes], pe_blocks: PeBlockMap, fixed: bool, complete: bool = True
) -> UserError:
    names = ", ".join(repr(part.layer.name) for part in classes)
    wants = "; ".join(
        f"{part.layer.name}: {len(part.blocks)} kinds of filter, {len(part.tap_counts)} of tap"
        for part in classes
    )
    cut = "" if complete else " (the PE block map is so irregular that not every way was tried)"
    order = " in the order of the network's input" if fixed else ""
    return UserError(
        f"The PE block map of {pe_blocks.rows} x {pe_blocks.columns} cannot serve the blocks of "
        f"{names}{order} ({wants}): each row must serve one kind of tap and each column one kind "
        f"of filter, on PEs that hold their blocks{cut}",
        where="blocks",
        hint="Use fewer kinds in one layer, more rows or columns, or give more PEs these blocks.",
    )
