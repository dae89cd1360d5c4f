"""Designs are valid, reproducible, and all over their space."""

from __future__ import annotations

import json

import pytest

from hawx_hw.architectures.systolic.sampling import BLOCKS, Design, Space
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks import by_name


def test_the_same_seed_gives_the_same_designs() -> None:
    one, other = Space(3), Space(3)
    # A longer look ahead must not change what comes first.
    _ = other[300]
    first = [one[index] for index in range(70)]
    assert first == [other[index] for index in range(70)]
    assert len({design.key for design in first}) == 70
    assert Space(4)[0] != one[0]
    # Through JSON, as the store and the table keep it.
    again = Design(json.loads(json.dumps(first[5].content)))
    assert (again, again.key) == (first[5], first[5].key)


def test_every_design_is_a_config_with_a_shape_that_fits() -> None:
    space = Space()
    for index in range(64):
        config = space[index].config("osu018")
        assert config.technology == "osu018"
        shape = config.accelerator
        ArrayShape.complete(
            shape.rows,
            shape.columns,
            slice_columns=shape.slice_columns,
            weight_rows=shape.weight_rows,
            requantizers=shape.requantizers,
            accumulators=shape.accumulators,
        )


def test_the_space_is_filled() -> None:
    space = Space()
    contents = [space[index].content for index in range(128)]
    shapes = [content["accelerator"] for content in contents]
    for key in ("rows", "columns"):
        values = [shape[key] for shape in shapes]
        assert set(values) == set(range(4, 21))
        # Each half of the range has its share: a Sobol plan is balanced.
        assert 56 <= sum(value < 12 for value in values) <= 64
    for key, wanted in (
        ("accumulators", {32, 64, 128, 256}),
        ("block_register", {False, True}),
        ("parameters", {"rom", "loaded"}),
        ("block_implementation", {"smallest", "fastest", "first"}),
        ("weight_rows", {1, 2, 4, 8, 16}),
    ):
        assert {shape[key] for shape in shapes} == wanted
    text = json.dumps(contents)
    assert all(name in text for name in BLOCKS)
    assert 20 < sum("grid" in shape for shape in shapes) < 44
    assert {content["network"]["dataset"] for content in contents} == {"digits", "mnist"}


def test_no_two_blocks_have_one_table() -> None:
    assert len({by_name(name).digest for name in BLOCKS}) == len(BLOCKS)


def test_arguments() -> None:
    with pytest.raises(ValueError, match=r"^datasets must be digits, mnist or both, not \['cifar"):
        Space(datasets=["cifar10"])
    with pytest.raises(ValueError, match=r"^blocks must be at least one, not none$"):
        Space(blocks=[])
    with pytest.raises(IndexError, match=r"^index must not be negative, not -1$"):
        _ = Space()[-1]
