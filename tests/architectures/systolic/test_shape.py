"""The shape of the accelerator: defaults and messages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hawx_hw.architectures.systolic.shape import ArrayShape, open_shapes, sizes


@pytest.mark.parametrize("columns", range(1, 65))
@pytest.mark.parametrize("rows", [1, 3, 8, 64])
def test_every_shape_completes(rows: int, columns: int) -> None:
    shape = ArrayShape.complete(rows, columns)
    assert columns % shape.slice_columns == 0 and shape.slice_columns <= 8
    assert shape.slice_columns % shape.requantizers == 0
    assert shape.slices * shape.slice_columns == columns
    assert shape.groups * shape.requantizers == columns
    assert shape.banks * shape.bank_rows >= rows > (shape.banks - 1) * shape.bank_rows
    assert shape.banks <= shape.weight_rows <= rows


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": 0}, "rows must be in [1, 64], not 0"),
        ({"columns": 65}, "columns must be in [1, 64], not 65"),
        ({"slice_columns": 3}, "slice_columns must divide columns (8), not 3"),
        ({"weight_rows": 9}, "weight_rows must be in [1, 8], not 9"),
        ({"requantizers": 3}, "requantizers must divide slice_columns (8), not 3"),
        ({"accumulators": 0}, "accumulators must be a positive number, not 0"),
    ],
)
def test_messages(change: dict[str, Any], message: str) -> None:
    good = {"rows": 8, "columns": 8, "slice_columns": 8, "weight_rows": 8, "requantizers": 2}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        ArrayShape(**{**good, **change})


def test_every_number_of_multipliers_has_an_array() -> None:
    """One with 90 % of them at least, up to the largest array."""
    for multipliers in range(1, 64 * 64 + 1):
        most = max(rows * min(64, multipliers // rows) for rows in range(1, 65))
        assert most >= 0.9 * multipliers
    for multipliers in (1, 2, 13, 64, 67, 129, 1009, 4096):
        made = sizes(multipliers)
        assert made == sorted(set(made))
        assert all(0.9 * multipliers <= rows * columns <= multipliers for rows, columns in made)


def test_a_given_number_of_rows_or_columns_stays() -> None:
    assert sizes(64, rows=13) == [(13, 4)]
    assert sizes(64, columns=8) == [(8, 8)]
    assert sizes(8, rows=9) == []


@pytest.mark.parametrize("columns", [1, 7, 12, 17, 48, 64])
@pytest.mark.parametrize("rows", [1, 6, 64])
def test_open_shapes_are_all_that_are_sensible(rows: int, columns: int) -> None:
    shapes = list(open_shapes(rows, columns))
    assert len(set(shapes)) == len(shapes)
    expected = {
        (width, -(-rows // beats), count)
        for width in range(1, min(columns, 16) + 1)
        if columns % width == 0
        for count in range(1, width + 1)
        if width % count == 0
        for beats in range(1, min(rows, 8) + 1)
    }
    assert {(s.slice_columns, s.weight_rows, s.requantizers) for s in shapes} == expected
    # No two have the same banks.
    banks = {(s.slice_columns, s.requantizers, s.banks, s.bank_rows) for s in shapes}
    assert len(banks) == len(shapes)


def test_numbers_beyond_the_sensible_ones_are_kept_where_they_are_given() -> None:
    wide = list(open_shapes(4, 48, slice_columns=24, weight_rows=4, requantizers=24))
    assert [(s.slice_columns, s.requantizers) for s in wide] == [(24, 24)]
    # The narrowest slice that has so many requantizers.
    (only,) = open_shapes(4, 40, weight_rows=4, requantizers=20)
    assert (only.slice_columns, only.requantizers) == (20, 20)
    assert not list(open_shapes(4, 8, requantizers=3))
    assert not list(open_shapes(4, 8, weight_rows=5))
