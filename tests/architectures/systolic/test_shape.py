"""The shape of the accelerator: defaults and messages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hawx_hw.architectures.systolic.shape import ArrayShape


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
