"""Accesses of memories, counted by hand for the small network on arrays of known shapes.

Its layers have 2, 3, 5 and 4 filters, 9, 18, 3 and 5 taps, and 64, 4, 1 and 1 pixels.
"""

import pytest

from hawx_hw.architectures.common.operations import operations
from hawx_hw.architectures.systolic.accesses import (
    estimated_uses,
    issued_pixels,
    memory_uses,
    read_sums,
    weight_tiles_loaded,
)
from hawx_hw.architectures.systolic.outline import outline
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from tests.search.small import small_graph


def planned(rows: int, columns: int, **changes: object) -> Plan:
    return plan(small_graph(), ArrayShape.complete(rows, columns, **changes), {})


@pytest.mark.parametrize(
    ("columns", "requantizers", "tiles", "pixels", "sums"),
    [
        # Only the 18 taps of the second layer take two tiles. Three filters are two words of sums
        # for two requantizers, five are three, four are two.
        (8, 2, (1, 2, 1, 1), 64 + 2 * 4 + 1 + 1, 64 + 2 * 4 + 3 + 2),
        # Two columns: the last three layers have two, three and two tiles of filters.
        (2, 1, (1, 2 * 2, 3, 2), 64 + 2 * 2 * 4 + 3 + 2, 2 * 64 + 3 * 4 + 5 + 4),
    ],
)
def test_counted_by_hand(
    columns: int, requantizers: int, tiles: tuple[int, ...], pixels: int, sums: int
) -> None:
    made = planned(16, columns, requantizers=requantizers)
    # Each output tile of the first layer loads its weights again.
    output_tiles = made.steps[0].output_tiles + 1
    assert output_tiles > 1
    assert weight_tiles_loaded(made) == output_tiles * tiles[0] + sum(tiles[1:])
    assert issued_pixels(made) == pixels
    assert read_sums(made) == sums


def test_memories_are_accessed_as_often_as_what_they_hold() -> None:
    made = planned(16, 8, requantizers=2)
    uses = memory_uses(made)
    (activation,) = (use for use in uses if use.use == "activation")
    # One copy a row. A row reads the pixels of the taps that it has: the layers have 9, 16 and 2,
    # 3, and 5.
    assert (activation.count, activation.width) == (16, 8 * 2)
    assert activation.reads == (64 * 9 + 4 * 18 + 3 + 5) / 16
    # The 100 words of the image, and a word for each window and two filters.
    assert activation.writes == 100 + 16 + 2 + 3
    (accumulators,) = (use for use in uses if use.use == "accumulator")
    # Two sets take turns: each has half of the pixels. Only the second tile of taps adds to sums
    # that are there; in the end the sums of each pixel are read once for all groups.
    assert (accumulators.count, accumulators.writes) == (2, 37)
    assert accumulators.reads == (4 + 64 + 4 + 1 + 1) / 2
    weights = [use for use in uses if use.use == "weight"]
    # Every bank reads all rows that it has, one a cycle, for each tile.
    assert sum(use.width for use in weights) * made.array.bank_rows == 8 * 16 * 8
    assert {use.reads for use in weights} == {weight_tiles_loaded(made) * made.array.bank_rows}
    parameters = {(memory.width, memory.depth) for memory in made.memories()}
    assert parameters <= {(use.width, use.depth) for use in uses}
    assert {use.macro for use in weights} == {"hawx_rom"}


def test_loaded_parameters_are_in_memories_that_can_be_written() -> None:
    uses = memory_uses(planned(4, 4, loadable=True))
    assert {use.macro for use in uses if use.use == "weight"} == {"hawx_sp_ram"}


def test_all_memories_counted_by_hand() -> None:
    # Four rows, of which one bank reads two; one slice of two columns, one requantizer.
    made = planned(4, 2, requantizers=1, weight_rows=2)
    # 9, 18, 3 and 5 taps are 3, 5, 1 and 2 tiles, of 1, 2, 3 and 2 tiles of filters.
    output_tiles = [step.output_tiles + 1 for step in made.steps]
    tiles = sum(map(int.__mul__, output_tiles, (3, 2 * 5, 3, 2 * 2)))
    pixels, added = 64 * 3 + 4 * 10 + 3 + 4, 64 * 2 + 4 * 8 + 2
    # All groups of a slice share a read.
    read = 64 + 2 * 4 + 3 + 2
    stored, result = 2 * 16 + 3 + 5, 4
    taps = 64 * 9 + 2 * 4 * 18 + 3 * 3 + 2 * 5
    pair, words = 16 + made.ranges.addend_bits, 3 + 10 + 3 + 4
    uses = [(use.use, use.width, use.count, use.reads, use.writes) for use in memory_uses(made)]
    assert uses == [
        ("activation", 8, 4, taps / 4, 100 + stored),
        ("accumulator", 2 * made.ranges.sum_bits, 2, (added + read) / 2, pixels / 2),
        # The result and the counters, which cost nothing beside the others.
        ("other", 8, 1, 0, 0),
        ("other", 32, 1, 0, 0),
        ("other", made.format.bits, 1, 4, 0),
        ("other", pair, 1, stored + result, 0),
        *[("other", made.tap_format.bits, 1, tiles, 0)] * 4,
        *[("weight", 2 * 8, 1, 2 * tiles, 0)] * 2,
    ]
    depths = [use.depth for use in memory_uses(made)]
    # Requantization: a word for each column of 1, 2, 3 and 2 tiles; a tap for each of its tiles.
    assert depths[2:6] == [4, 2 * 4, 4, 2 * (1 + 2 + 3 + 2)]
    assert depths[6:] == [3 + 5 + 1 + 2] * 4 + [2 * words] * 2


def test_constants_of_a_slice_with_a_single_group_are_read_once_an_output_tile() -> None:
    # Two slices of two columns, with as many requantizers.
    made = planned(16, 4, requantizers=2, slice_columns=2)
    output_tiles = made.steps[0].output_tiles + 1
    (requantization,) = (
        use.reads
        for use, memory in zip(memory_uses(made)[4:], made.memories(), strict=True)
        if memory.name == "requantization"
    )
    # Two, three, five and four filters are a word of sums, two, two and one, and two.
    assert requantization == output_tiles + 2 + (2 + 1) + 2
    (accumulators,) = (use for use in memory_uses(made) if use.use == "accumulator")
    assert accumulators.count == 4
    # Each of the 64 pixels of the first layer is read from the first slice alone.
    assert accumulators.reads == (4 + (64 + 2 * 4 + 3 + 2) / 2) / 2


@pytest.mark.parametrize("requantizers", [1, 2])
@pytest.mark.parametrize(("rows", "columns"), [(16, 4), (3, 2), (5, 8)])
def test_estimates_have_the_words_and_accesses_of_the_plan(
    rows: int, columns: int, requantizers: int
) -> None:
    made = planned(rows, columns, requantizers=requantizers, slice_columns=2)
    layers = operations(made.graph, window_limit=made.array.accumulators)
    estimated = estimated_uses(outline(made.graph, layers, made.array))
    exact = memory_uses(made)
    for use in ("activation", "accumulator", "weight"):
        (one,) = (each for each in estimated if each.use == use)
        same = [each for each in exact if each.use == use]
        assert {(e.macro, e.depth) for e in same} == {(one.macro, one.depth)}
        assert sum(e.count for e in same) == one.count
        assert {(e.reads, e.writes) for e in same} == {(one.reads, one.writes)}
        # Widths are estimates.
        assert all(0.5 <= e.width / one.width <= 1 for e in same)
