"""Accesses of memories, counted by hand for the small network on arrays of known shapes.

Its layers have 2, 3, 5 and 4 filters, 9, 18, 3 and 5 taps, and 64, 4, 1 and 1 pixels.
"""

import pytest

from hawx_hw.architectures.systolic.accesses import (
    issued_pixels,
    memory_uses,
    read_sums,
    weight_tiles_loaded,
)
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
    # One copy a row; each pixel is read once in each copy, each word of sums is written once.
    assert (activation.count, activation.width) == (16, 8 * 2)
    assert (activation.reads, activation.writes) == (74, 77)
    (accumulators,) = (use for use in uses if use.use == "accumulator")
    # Two sets take turns: each has half of the pixels, and of the reads of sums.
    assert (accumulators.count, accumulators.writes) == (2, 37)
    assert accumulators.reads == (74 + 77) / 2
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
    pixels, sums = 64 * 3 + 4 * 10 + 3 + 4, 2 * 64 + 3 * 4 + 5 + 4
    pair, words = 16 + made.ranges.addend_bits, 3 + 10 + 3 + 4
    uses = [(use.use, use.width, use.count, use.reads, use.writes) for use in memory_uses(made)]
    assert uses == [
        ("activation", 8, 4, pixels, sums),
        ("accumulator", 2 * made.ranges.sum_bits, 2, (pixels + sums) / 2, pixels / 2),
        # The result and the counters, which cost nothing beside the others.
        ("other", 8, 1, 0, 0),
        ("other", 32, 1, 0, 0),
        ("other", made.format.bits, 1, 4, 0),
        ("other", pair, 1, sums, 0),
        *[("other", made.tap_format.bits, 1, tiles, 0)] * 4,
        *[("weight", 2 * 8, 1, 2 * tiles, 0)] * 2,
    ]
    depths = [use.depth for use in memory_uses(made)]
    # Requantization: a word for each column of 1, 2, 3 and 2 tiles; a tap for each of its tiles.
    assert depths[2:6] == [4, 2 * 4, 4, 2 * (1 + 2 + 3 + 2)]
    assert depths[6:] == [3 + 5 + 1 + 2] * 4 + [2 * words] * 2
