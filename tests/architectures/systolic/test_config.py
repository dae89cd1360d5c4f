"""The systolic array's section of the config."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.errors import UserError


def test_what_is_left_out_is_completed() -> None:
    array = SystolicConfig(rows=16, columns=12).array()
    # The largest divisor of 12 up to 8; 8 rows of weights a cycle; a quarter of the columns.
    assert (array.slice_columns, array.weight_rows, array.requantizers) == (6, 8, 3)
    assert (array.accumulators, array.loadable) == (128, False)


def test_what_is_given_is_kept() -> None:
    config = SystolicConfig(
        rows=4, columns=8, slice_columns=4, weight_rows=1, requantizers=2, accumulators=9,
        parameters="loaded", activation_kib=3, parameter_kib=5,
    )  # fmt: skip
    array = config.array()
    assert (array.slice_columns, array.weight_rows, array.requantizers) == (4, 1, 2)
    assert (array.accumulators, array.loadable) == (9, True)
    assert (array.activation_kib, array.parameter_kib) == (3, 5)
    assert config.size == "4 x 8"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            SystolicConfig(columns=8, slice_columns=3),
            "accelerator.slice_columns: slice_columns must divide columns (8), not 3. "
            "Leave the key out for a value that fits.",
        ),
        (
            SystolicConfig(rows=4, weight_rows=5),
            "accelerator.weight_rows: weight_rows must be in [1, 4], not 5. "
            "Leave the key out for a value that fits.",
        ),
    ],
)
def test_numbers_that_do_not_go_together_are_refused(config: SystolicConfig, message: str) -> None:
    with pytest.raises(UserError) as caught:
        config.array()
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [0, 65, 2.5, "8"])
def test_sizes_out_of_range_are_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="rows"):
        SystolicConfig.model_validate({"rows": value})


def test_older_keys_are_still_read() -> None:
    config = SystolicConfig.model_validate({"lanes": 2, "grid": [{"blocks": ["exact"]}]})
    assert config.requantizers == 2
    assert config.pe_blocks is not None
    assert config.block_key == "pe_blocks"


def blocks(*entries: dict, rows: int = 2, columns: int = 3) -> SystolicConfig:
    return SystolicConfig.model_validate(
        {"rows": rows, "columns": columns, "pe_blocks": list(entries)}
    )


def test_the_last_entry_that_names_a_pe_counts() -> None:
    config = blocks(
        {"blocks": ["exact"]},
        {"blocks": ["drum(k=4)", "exact"], "columns": "1-2"},
        {"blocks": ["drum(k=4)"], "rows": [1], "columns": 2},
    )
    made = config.pe_block_map(Path())
    assert made is not None
    assert [block.name for block in made.blocks] == ["exact", "drum(k=4)"]
    assert [[made.at(row, column) for column in range(3)] for row in range(2)] == [
        [(0,), (0, 1), (0, 1)],
        [(0,), (0, 1), (1,)],
    ]


def test_a_block_that_no_pe_keeps_is_left_out() -> None:
    made = blocks({"blocks": ["drum(k=4)"]}, {"blocks": ["exact"]}).pe_block_map(Path())
    assert made is not None
    assert [block.name for block in made.blocks] == ["exact"]


def test_no_entries_give_no_map() -> None:
    assert SystolicConfig().pe_block_map(Path()) is None


@pytest.mark.parametrize(
    ("entry", "where", "what"),
    [
        (
            {"blocks": ["exact"], "rows": "1-2"},
            "accelerator.pe_blocks.0.rows",
            "There is no row 2: the array has 2 rows",
        ),
        (
            {"blocks": ["exact"], "columns": 3},
            "accelerator.pe_blocks.0.columns",
            "There is no column 3: the array has 3 columns",
        ),
        (
            {"blocks": ["exact"], "columns": "0-1"},
            "accelerator.pe_blocks",
            "The PE at row 0, column 2 holds no block",
        ),
        ({"blocks": ["exakt"]}, "accelerator.pe_blocks.0.blocks", "Unknown block 'exakt'"),
    ],
)
def test_maps_that_cannot_be_are_refused(entry: dict, where: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        blocks(entry).pe_block_map(Path())
    assert str(caught.value).startswith(f"{where}: {what}")


def test_the_shape_of_a_number_of_multipliers_is_open() -> None:
    config = SystolicConfig(multipliers=64)
    assert (config.dimensions, config.size) == (None, "64 multipliers")
    assert {(8, 8), (16, 4), (10, 6)} <= {(s.rows, s.columns) for s in config.shapes()}
    assert SystolicConfig(multipliers=64, rows=7, columns=9).dimensions == (7, 9)
    assert SystolicConfig().dimensions == (8, 8)
    assert SystolicConfig(rows=5).dimensions == (5, 8)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (
            {"multipliers": 64, "rows": 9, "columns": 8},
            "accelerator.multipliers: 9 rows and 8 columns are 72 multipliers, more than 64. "
            "Leave out rows or columns, or multipliers.",
        ),
        (
            {"multipliers": 8, "rows": 9},
            "accelerator.multipliers: No array of about 8 multipliers has rows 9. "
            "Leave out rows, or allow more multipliers.",
        ),
        (
            {"multipliers": 16, "requantizers": 17},
            "accelerator.multipliers: No array of about 16 multipliers has requantizers 17. "
            "Leave out requantizers, or allow more multipliers.",
        ),
        (
            {"rows": 4, "columns": 8, "requantizers": 3},
            "accelerator.requantizers: requantizers must divide slice_columns (8), not 3. "
            "Leave the key out for a value that fits.",
        ),
    ],
)
def test_numbers_without_an_array_are_refused(numbers: dict[str, int], message: str) -> None:
    with pytest.raises(UserError) as caught:
        SystolicConfig.model_validate(numbers).shapes()
    assert str(caught.value) == message


def test_an_open_shape_is_no_array() -> None:
    with pytest.raises(UserError, match=r"^accelerator.multipliers: Rows and columns are to be"):
        SystolicConfig(multipliers=64).array()


@pytest.mark.parametrize("multipliers", [0, 4097])
def test_impossible_numbers_of_multipliers_are_refused(multipliers: int) -> None:
    with pytest.raises(ValidationError):
        SystolicConfig(multipliers=multipliers)


def test_rows_of_an_open_shape_cannot_be_named() -> None:
    entry = {"blocks": ["exact"], "rows": 1}
    config = SystolicConfig.model_validate({"multipliers": 6, "pe_blocks": [entry]})
    with pytest.raises(UserError, match=r"^accelerator.pe_blocks: .*whose shape is to be chosen"):
        config.pe_block_map(Path())
    everywhere = SystolicConfig.model_validate(
        {"multipliers": 6, "pe_blocks": [{"blocks": ["exact"]}]}
    )
    assert everywhere.pe_block_map(Path()) is None
