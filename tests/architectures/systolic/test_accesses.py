"""Accesses of memories, counted by hand for the small network on arrays of known shapes."""

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

# The layers: filters, taps of the kernel, pixels of the convolution's output.
LAYERS = {"a": (2, 9, 64), "b": (3, 18, 4), "c": (5, 3, 1), "d": (4, 5, 1)}


def planned(rows: int, columns: int, **changes: object) -> Plan:
    return plan(small_graph(), ArrayShape.complete(rows, columns, **changes), {})


@pytest.mark.parametrize(
    ("shape", "tiles", "pixels", "sums"),
    [
        # Everything fits but the 18 taps of b, which take two tiles; two requantizers.
        ((16, 8, {"requantizers": 2}), 1 + 2 + 1 + 1, 64 + 2 * 4 + 1 + 1, 64 + 2 * 4 + 3 + 2),
        # 16 accumulators: the 64 pixels of a are four output tiles, and load the weights anew.
        (
            (16, 8, {"requantizers": 2, "accumulators": 16}),
            4 + 2 + 1 + 1,
            64 + 2 * 4 + 1 + 1,
            64 + 2 * 4 + 3 + 2,
        ),
        # Two columns: b has two tiles of filters, c three, d two; one requantizer each sum.
        (
            (16, 2, {"requantizers": 1}),
            1 + 2 * 2 + 3 + 2,
            64 + 2 * 2 * 4 + 3 + 2,
            2 * 64 + 3 * 4 + 5 + 4,
        ),
    ],
)
def test_counted_by_hand(shape, tiles: int, pixels: int, sums: int) -> None:
    rows, columns, changes = shape
    made = planned(rows, columns, **changes)
    assert weight_tiles_loaded(made) == tiles
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
    # Two sets take turns: each has half of the pixels.
    assert (accumulators.count, accumulators.writes) == (2, 37)
    weights = [use for use in uses if use.use == "weight"]
    assert sum(use.width for use in weights) * made.array.bank_rows == 8 * 16 * 8
    assert {use.reads for use in weights} == {5 * made.array.bank_rows}
    parameters = {(memory.width, memory.depth) for memory in made.memories()}
    assert parameters <= {(use.width, use.depth) for use in uses}
    assert {use.macro for use in weights} == {"hawx_rom"}


def test_loaded_parameters_are_in_memories_that_can_be_written() -> None:
    uses = memory_uses(planned(4, 4, loadable=True))
    assert {use.macro for use in uses if use.use == "weight"} == {"hawx_sp_ram"}
