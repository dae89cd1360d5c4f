"""Sampled accelerators fit, and are all over their space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import qmc

from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.architectures.systolic.sampling import DIMENSIONS, mix_blocks, sample

POINTS = qmc.Sobol(DIMENSIONS, rng=np.random.default_rng(0)).random_base2(7).tolist()


def test_every_sample_has_a_shape_that_fits() -> None:
    for point in POINTS:
        shape = sample(point).array()
        assert shape.columns % shape.slice_columns == 0
        assert shape.slice_columns % shape.requantizers == 0
        assert shape.weight_rows <= shape.rows


def test_the_space_is_filled() -> None:
    samples = [sample(point) for point in POINTS]
    for key in ("rows", "columns"):
        values = [getattr(each, key) for each in samples]
        assert set(values) == set(range(4, 21))
        # Each half of the range has its share: a Sobol plan is balanced.
        assert 56 <= sum(value < 12 for value in values) <= 64
    for key, expected in (
        ("accumulators", {32, 64, 128, 256}),
        ("weight_rows", {1, 2, 4, 8, 16}),
    ):
        assert {getattr(each, key) for each in samples} == expected


def test_the_corners() -> None:
    small, large = sample([0.0] * DIMENSIONS), sample([1 - 1e-9] * DIMENSIONS)
    assert (small.rows, small.columns, small.requantizers) == (4, 4, 1)
    assert (large.rows, large.columns, large.slice_columns) == (20, 20, 10)
    assert (large.weight_rows, large.requantizers) == (16, 5)


def test_a_point_must_lie_in_the_unit_cube() -> None:
    with pytest.raises(ValueError, match=r"^point must have 6 numbers, not 5$"):
        sample([0.0] * 5)
    for number in (1.0, -0.1, float("nan")):
        with pytest.raises(ValueError, match=rf"^point must lie in \[0, 1\), not {number!r}$"):
            sample([0.5] * (DIMENSIONS - 1) + [number])


@pytest.mark.parametrize(("share", "alone"), [(0.0, 1), (0.5, 2), (1.0, 3)])
def test_both_blocks_are_in_the_last_columns(share: float, alone: int) -> None:
    mixed = mix_blocks(sample([0.0] * DIMENSIONS), "exact", "drum(k=4)", share)
    present = mixed.pe_block_map(Path()).present
    assert present[..., 0].all()
    np.testing.assert_array_equal(present[..., 1], np.tile(np.arange(4) >= alone, (4, 1)))


def test_one_block_twice_is_one_block() -> None:
    mixed = mix_blocks(sample([0.0] * DIMENSIONS), "exact", "exact", 0.5)
    assert [block.name for block in mixed.pe_block_map(Path()).blocks] == ["exact"]


def test_what_was_set_stays_and_nothing_else_is_set() -> None:
    accelerator = sample([0.3] * DIMENSIONS)
    before = accelerator.model_dump(exclude_unset=True)
    after = mix_blocks(accelerator, "exact", "drum(k=4)", 0.5).model_dump(exclude_unset=True)
    assert after.pop("pe_blocks") == [
        {"blocks": ["exact"]},
        {"blocks": ["exact", "drum(k=4)"], "columns": tuple(range(4, 9))},
    ]
    assert after == before


def test_blocks_of_one_column_cannot_be_mixed() -> None:
    with pytest.raises(ValueError, match=r"^accelerator must have at least 2 columns, not 1$"):
        mix_blocks(SystolicConfig(rows=4, columns=1), "exact", "drum(k=4)", 0.5)
    for share in (-0.01, 1.01):
        with pytest.raises(ValueError, match=rf"^share must lie in \[0, 1\], not {share}$"):
            mix_blocks(sample([0.0] * DIMENSIONS), "exact", "drum(k=4)", share)
