"""Signal-to-noise ratios beside their definition, written out."""

import numpy as np
import pytest
import torch

from hawx_hw.inspection.noise import LEAST_DB, Noise, decibels


def test_decibels():
    assert decibels(1000.0, 1.0) == pytest.approx(30)
    assert decibels(1.0, 0.0) is None
    assert decibels(0.0, 0.0) is None
    assert decibels(0.0, 1.0) == LEAST_DB
    assert decibels(1e-300, 1e300) == LEAST_DB


def test_ratios_do_not_depend_on_how_images_come():
    generator = np.random.default_rng(0)
    expected = generator.normal(3, 1, (10, 4, 5, 2)).astype(np.float32)
    error = generator.normal(0.1, 0.2, expected.shape).astype(np.float32)
    error[:, 1] = 0
    expected[:, 2] = 7
    noise = Noise(4)
    for part in (slice(0, 1), slice(1, 7), slice(7, 10)):
        noise.add(torch.from_numpy(expected[part]), torch.from_numpy((expected + error)[part]))
    error = (expected + error).astype(np.float64) - expected
    ratio = 10 * np.log10((expected.astype(np.float64) ** 2).sum() / (error**2).sum())
    assert noise.ratio_db == pytest.approx(ratio)
    for channel in (0, 3):
        power = expected[:, channel].var(dtype=np.float64) / (error[:, channel] ** 2).mean()
        assert noise.channel_db[channel] == pytest.approx(10 * np.log10(power))
    assert noise.channel_db[1] == np.inf
    assert np.isnan(noise.channel_db[2])


def test_the_share_of_the_noise_that_is_a_mean_error():
    def share(error):
        noise = Noise(2)
        values = torch.ones((50, 2, 3))
        noise.add(values, values + torch.as_tensor(error, dtype=torch.float32))
        return noise.bias_share

    alternating = torch.ones((50, 2, 3))
    alternating[::2] = -1
    opposite = torch.tensor([1.0, -1.0]).reshape(1, 2, 1).expand(50, 2, 3)
    assert share(alternating) == 0
    assert share(opposite) == pytest.approx(1)  # each channel has its own mean
    assert share(alternating + opposite) == pytest.approx(0.5)
    assert share(0 * opposite) == 0
