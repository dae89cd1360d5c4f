"""What a device has too little of, counted in a synthesized design."""

from __future__ import annotations

import pytest

from hawx_hw.flows.fpga.supplies import Supply, shortages

TABLES = Supply("look-up tables", 10, {"LUT[1-4]": 1, "CARRY": 2})
RAMS = Supply("block RAMs", 2, {"RAM(X9)?": 1})


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({}, []),
        ({"LUT4": 4, "LUT2": 2, "CARRY": 2, "LUT44": 9, "MYRAM": 9}, []),
        (
            {"LUT4": 5, "LUT2": 2, "CARRY": 2},
            ["it needs 11 look-up tables of 10, 1 too many"],
        ),
        (
            {"LUT4": 3000, "RAM": 1, "RAMX9": 3},
            [
                "it needs 3,000 look-up tables of 10, 2,990 too many",
                "it needs 4 block RAMs of 2, 2 too many",
            ],
        ),
    ],
)
def test_shortages(counts: dict[str, int], expected: list[str]) -> None:
    assert shortages(counts, (TABLES, RAMS)) == expected
