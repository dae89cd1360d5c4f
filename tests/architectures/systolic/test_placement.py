"""Filters and taps on PEs that hold their blocks, in as few tiles as can be."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.placement import Placement, place_group
from hawx_hw.errors import UserError
from tests.architectures.common.layers import layer
from tests.architectures.systolic.mixed_layers import check
from tests.synthetic_blocks import BLOCKS


def tiles(placement: Placement) -> int:
    return len(placement.filters) * len(placement.taps)


def fewest(able: np.ndarray, counts: list[int]) -> int | None:
    """The least busy line's load, over every way to give lines to classes."""
    best = None
    for choice in itertools.product(range(-1, len(counts)), repeat=len(able)):
        if any(kind >= 0 and not able[line, kind] for line, kind in enumerate(choice)):
            continue
        lines = [choice.count(kind) for kind in range(len(counts))]
        if 0 in lines:
            continue
        load = max(-(-count // n) for count, n in zip(counts, lines, strict=True))
        best = load if best is None else min(best, load)
    return best


def test_one_block_keeps_the_natural_order() -> None:
    made = layer(np.zeros((11, 10), dtype=int))
    pe_blocks = PeBlockMap.uniform([BLOCKS[0]], 4, 4)
    (placement,), count = place_group([made], pe_blocks)
    assert placement.filters.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, -1]]
    assert placement.taps.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, -1, -1]]
    assert placement.layout.is_natural
    assert count == tiles(placement) == 9


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    filters=st.integers(1, 9),
    columns=st.integers(1, 5),
    kinds=st.integers(1, 3),
)
def test_fewest_tiles_by_columns(seed: int, filters: int, columns: int, kinds: int) -> None:
    """Against every way to give the columns of a random map to the kinds of filter."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, kinds, filters)
    made = layer(np.repeat(kind[:, None], 3, axis=1))
    present = rng.random((columns, len(BLOCKS))) < 0.5
    present[np.arange(columns), rng.integers(0, kinds, columns)] = True
    pe_blocks = PeBlockMap(BLOCKS, np.repeat(present[None], 2, axis=0))
    kinds_used, counts = np.unique(kind, return_counts=True)
    best = fewest(present[:, kinds_used], counts.tolist())
    if best is None:
        with pytest.raises(UserError, match="cannot serve the blocks of 'conv'"):
            place_group([made], pe_blocks)
        return
    (placement,), count = place_group([made], pe_blocks)
    check(made, placement, pe_blocks)
    assert len(placement.filters) == best
    assert count == tiles(placement) == best * 2


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), kinds=st.integers(1, 3))
def test_fewest_tiles_by_rows(seed: int, kinds: int) -> None:
    """Kernel slices: each row of the map holds blocks of its own."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, kinds, 7)
    made = layer(np.repeat(kind[None], 4, axis=0))
    present = rng.random((4, len(BLOCKS))) < 0.5
    present[np.arange(4), rng.integers(0, kinds, 4)] = True
    pe_blocks = PeBlockMap(BLOCKS, np.repeat(present[:, None], 3, axis=1))
    kinds_used, counts = np.unique(kind, return_counts=True)
    best = fewest(present[:, kinds_used], counts.tolist())
    if best is None:
        with pytest.raises(UserError, match="cannot serve"):
            place_group([made], pe_blocks)
        return
    (placement,), _ = place_group([made], pe_blocks)
    check(made, placement, pe_blocks)
    assert len(placement.taps) == best


def fewest_anywhere(
    table: np.ndarray, f: list[int], t: list[int], present: np.ndarray
) -> int | None:
    """Over every way to give each row and each column of a small pe_blocks a class, or none."""
    rows, columns, _ = present.shape
    best = None
    for row_kinds in itertools.product(range(-1, len(t)), repeat=rows):
        lines = [row_kinds.count(kind) for kind in range(len(t))]
        if 0 in lines:
            continue
        down = max(-(-count // n) for count, n in zip(t, lines, strict=True))
        able = np.array(
            [
                [
                    all(
                        kind < 0 or present[row, column, table[i, kind]]
                        for row, kind in enumerate(row_kinds)
                    )
                    for i in range(len(f))
                ]
                for column in range(columns)
            ]
        )
        across = fewest(able, f)
        if across is not None:
            best = down * across if best is None else min(best, down * across)
    return best


@settings(max_examples=80, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), kinds=st.integers(1, 2), slices=st.integers(1, 2))
def test_fewest_tiles_of_small_irregular_maps(seed: int, kinds: int, slices: int) -> None:
    """Rows can be left out for the sake of columns, and the other way round."""
    rng = np.random.default_rng(seed)
    f, t = rng.integers(1, 6, kinds).tolist(), rng.integers(1, 6, slices).tolist()
    table = np.arange(kinds * slices).reshape(kinds, slices) % 3
    choice = np.repeat(np.repeat(table, f, axis=0), t, axis=1)
    made = layer(choice)
    present = rng.random((3, 3, 3)) < 0.6
    present[..., 0] |= ~present.any(axis=2)
    pe_blocks = PeBlockMap(BLOCKS[:3], present)
    # Kinds of filter with the same blocks are one kind, and so are taps.
    distinct_rows, of_filter = np.unique(table, axis=0, return_inverse=True)
    distinct, of_tap = np.unique(distinct_rows, axis=1, return_inverse=True)
    f = np.bincount(of_filter.ravel(), weights=f).astype(int).tolist()
    t = np.bincount(of_tap.ravel(), weights=t).astype(int).tolist()
    best = fewest_anywhere(distinct, f, t, present)
    if best is None:
        with pytest.raises(UserError, match="cannot serve"):
            place_group([made], pe_blocks)
        return
    (placement,), count = place_group([made], pe_blocks)
    check(made, placement, pe_blocks)
    assert count == tiles(placement) == best


def test_a_row_that_serves_nothing_is_left_out_of_a_very_irregular_map() -> None:
    """More kinds of row than all ways can be tried for."""
    rows = 14
    present = np.zeros((rows, 2, len(BLOCKS)), dtype=bool)
    present[1:, :, 0] = True
    present[0, :, 1] = True
    for row in range(1, rows):
        for bit in range(4):
            present[row, bit % 2, 1 + bit // 2] |= bool(row >> bit & 1)
    made = layer(np.zeros((4, rows), dtype=int))
    pe_blocks = PeBlockMap(BLOCKS, present)
    (placement,), count = place_group([made], pe_blocks)
    check(made, placement, pe_blocks)
    assert count == 2 * 2
    wants_more = layer(np.full((4, rows), 4))
    with pytest.raises(UserError, match="so irregular that not every way was tried"):
        place_group([wants_more], pe_blocks)


def test_large_maps_and_layers() -> None:
    """512 filters and taps of two kinds each, on 64 x 64 PEs nearly all of which hold all."""
    rng = np.random.default_rng(1)
    table = np.array([[0, 1], [2, 3]])
    made = layer(table[rng.integers(0, 2, 512)[:, None], rng.integers(0, 2, 512)[None]])
    pe_blocks = PeBlockMap(BLOCKS[:4], rng.random((64, 64, 4)) < 0.99)
    (placement,), count = place_group([made], pe_blocks)
    assert count == tiles(placement) < 1000
    used = placement.active[:, (placement.filters >= 0).any(axis=0)]
    assert used.shape[1] > 8


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_pe_block_map(seed: int) -> None:
    """PEs at will, slices by channel, kernel row or kernel column: right, or refused."""
    rng = np.random.default_rng(seed)
    filter_kind, tap_kind = rng.integers(0, 2, 6), np.zeros((3, 2, 2), dtype=int)
    axis = int(rng.integers(3))
    tap_kind += rng.integers(0, 2, tap_kind.shape[axis]).reshape(
        [-1 if n == axis else 1 for n in range(3)]
    )
    table = rng.integers(0, 3, (2, 2))
    made = layer(table[filter_kind[:, None], tap_kind.ravel()[None]], (2, 2))
    present = rng.random((4, 4, 3)) < 0.75
    present[..., 0] |= ~present.any(axis=2)
    pe_blocks = PeBlockMap(BLOCKS[:3], present)
    try:
        (placement,), count = place_group([made], pe_blocks)
    except UserError:
        return
    check(made, placement, pe_blocks)
    assert count == tiles(placement)


def test_layers_that_are_added_agree() -> None:
    one = layer(np.repeat(np.array([0, 1, 0, 1])[:, None], 4, axis=1), name="one")
    other = layer(np.repeat(np.array([2, 2, 0, 0])[:, None], 4, axis=1), name="other")
    pe_blocks = PeBlockMap.uniform(BLOCKS[:3], 2, 4)
    placements, _ = place_group([one, other], pe_blocks)
    for made, placement in zip((one, other), placements, strict=True):
        check(made, placement, pe_blocks)
    np.testing.assert_array_equal(placements[0].filters, placements[1].filters)
    # Four kinds of filter, but three columns.
    with pytest.raises(UserError, match="cannot serve the blocks of 'one', 'other'"):
        place_group([one, other], PeBlockMap.uniform(BLOCKS[:3], 2, 3))
    # With a pooling the message names what multiplies.
    pooled = [replace(each, name=f"pool of {each.name}") for each in (one, other)]
    with pytest.raises(UserError, match=r"blocks of 'one', 'other' \(one: 2 kinds") as error:
        place_group(pooled, PeBlockMap.uniform(BLOCKS[:3], 2, 3))
    assert "pool" not in error.value.what


def test_a_given_order() -> None:
    """Filter f on column f modulo columns, or not at all."""
    pe_blocks = PeBlockMap.uniform(BLOCKS[:2], 2, 3)
    fits = layer(np.repeat(np.array([0, 1, 1, 0, 1, 1, 0])[:, None], 4, axis=1))
    (placement,), _ = place_group([fits], pe_blocks, fixed=True)
    check(fits, placement, pe_blocks)
    assert placement.layout.is_natural
    clashes = layer(np.repeat(np.array([0, 1, 1, 1, 1, 1, 0])[:, None], 4, axis=1))
    with pytest.raises(UserError, match="in the order of the network's input"):
        place_group([clashes], pe_blocks, fixed=True)
