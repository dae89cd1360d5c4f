"""Recorded statistics beside values that have them, and values that do not."""

import numpy as np
import pytest
import torch

from hawx_hw.importing.float_graph import OutputStatistics
from hawx_hw.inspection.recorded import RecordedMatch

VALUES = torch.from_numpy(np.random.default_rng(0).normal(2, 3, (40, 5, 6, 4)))
MEAN, DEVIATION = (
    VALUES.mean((0, 2, 3)).numpy(),
    VALUES.std((0, 2, 3), unbiased=False).numpy(),
)


def match(values, deviation=DEVIATION):
    result = RecordedMatch(OutputStatistics(MEAN, deviation))
    for part in values.split(7):
        result.add(part)
    return result.shift, result.spread


def test_values_as_recorded():
    assert match(VALUES) == (pytest.approx(0, abs=1e-9), pytest.approx(1))


def test_a_shift_in_deviations_and_a_factor_in_either_direction():
    shift = torch.from_numpy(0.75 * DEVIATION).reshape(5, 1, 1)
    assert match(VALUES + shift) == (pytest.approx(0.75), pytest.approx(1))
    centered = VALUES - torch.from_numpy(MEAN).reshape(5, 1, 1)
    for factor in (0.25, 4):
        scaled = factor * centered + torch.from_numpy(MEAN).reshape(5, 1, 1)
        assert match(scaled) == (pytest.approx(0, abs=1e-9), pytest.approx(4))


def test_the_median_channel_counts():
    values = VALUES.clone()
    values[:, :2] += 1000
    assert match(values)[0] < 1e-9


@pytest.mark.parametrize("recorded", [0.0, 1e-12])
def test_a_channel_that_did_not_vary_in_training(recorded):
    deviation = np.full(5, recorded)
    shift, spread = match(VALUES, deviation)
    assert np.isfinite([shift, spread]).all()
    assert match(torch.zeros((8, 5)), DEVIATION)[1] == pytest.approx(1000)
