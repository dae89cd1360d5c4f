"""Sampled units fit, and are all over their space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import qmc

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.sampling import DIMENSIONS, mix_blocks, sample

POINTS = qmc.Sobol(DIMENSIONS, rng=np.random.default_rng(0)).random_base2(7).tolist()


def test_every_sample_is_a_unit_and_complete() -> None:
    for point in POINTS:
        accelerator = sample(point)
        assert accelerator.units() == [accelerator]
        unit = accelerator.unit()
        assert {key: getattr(unit, key) for key in ("cluster", "word", "warps")} == {
            key: getattr(accelerator, key) for key in ("cluster", "word", "warps")
        }


def test_the_space_is_filled() -> None:
    samples = [sample(point) for point in POINTS]
    lanes = [each.lanes or 0 for each in samples]
    assert set(lanes) >= {2, 8, 13, 16, 64}
    # A tenth of the list each: a Sobol plan is balanced.
    assert 60 <= sum(number < 13 for number in lanes) <= 68
    for key, expected in (
        ("warps", {1, 2, 3, 4}),
        ("registers", {4, 6, 8, 12, 16}),
        ("taps", {4, 8, 16}),
        ("requantizers", {1, 2, 4}),
        ("block_register", {False, True}),
        ("instructions", {"needed", "all"}),
    ):
        assert {getattr(each, key) for each in samples} == expected


def test_the_corners() -> None:
    small, large = sample([0.0] * DIMENSIONS), sample([1 - 1e-9] * DIMENSIONS)
    assert (small.lanes, small.cluster, small.word, small.warps) == (2, 2, 2, 1)
    assert (large.lanes, large.cluster, large.word, large.warps) == (64, 16, 16, 4)
    assert (small.block_register, large.block_register) == (False, True)


def test_a_point_must_lie_in_the_unit_cube() -> None:
    with pytest.raises(ValueError, match=r"^point must have 9 numbers, not 7$"):
        sample([0.0] * 7)
    for number in (1.0, -0.1, float("nan")):
        with pytest.raises(ValueError, match=rf"^point must lie in \[0, 1\), not {number!r}$"):
            sample([0.5] * (DIMENSIONS - 1) + [number])


@pytest.mark.parametrize(("share", "alone"), [(0.0, 1), (0.5, 2), (1.0, 3)])
def test_both_blocks_are_in_the_last_lanes_of_each_cluster(share: float, alone: int) -> None:
    mixed = mix_blocks(SimtConfig(lanes=8, cluster=4), "exact", "drum(k=4)", share)
    lanes = mixed.lane_block_map(Path())
    assert lanes is not None
    assert lanes.present[:, 0].all()
    np.testing.assert_array_equal(lanes.present[:, 1], np.arange(8) % 4 >= alone)


def test_one_block_twice_is_one_block() -> None:
    lanes = mix_blocks(SimtConfig(), "exact", "exact", 0.5).lane_block_map(Path())
    assert lanes is not None
    assert [block.name for block in lanes.blocks] == ["exact"]


def test_what_was_set_stays_and_nothing_else_is_set() -> None:
    accelerator = sample([0.3] * DIMENSIONS)
    before = accelerator.model_dump(exclude_unset=True)
    after = mix_blocks(accelerator, "exact", "drum(k=4)", 0.5).model_dump(exclude_unset=True)
    first, both = after.pop("lane_blocks")
    assert first == {"blocks": ["exact"]}
    assert both["blocks"] == ["exact", "drum(k=4)"]
    assert after == before


def test_lanes_that_are_alone_cannot_be_mixed() -> None:
    with pytest.raises(ValueError, match=r"^accelerator must have clusters of 2 lanes at least"):
        mix_blocks(SimtConfig(lanes=4, cluster=1), "exact", "drum(k=4)", 0.5)
    for share in (-0.01, 1.01):
        with pytest.raises(ValueError, match=rf"^share must lie in \[0, 1\], not {share}$"):
            mix_blocks(SimtConfig(), "exact", "drum(k=4)", share)
