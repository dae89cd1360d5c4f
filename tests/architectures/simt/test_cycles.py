"""Causes of cycles, of layers whose products are counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.cycles import CAUSES
from hawx_hw.architectures.simt.plan import plan
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import UNITS, random_plan


@pytest.mark.parametrize("seed", range(3 * len(UNITS)))
def test_causes_add_up(seed: int) -> None:
    made = random_plan(seed)
    report = made.cycles()
    assert report.core == made.timing.cycles
    assert report.macs == made.graph.macs
    assert report.multipliers == made.unit.lanes
    assert report.causes is CAUSES
    for layer in report.layers:
        assert min(layer.causes.values()) >= 0
        assert layer.causes["useful"] == pytest.approx(layer.macs / made.unit.lanes)


def test_lanes_without_a_filter_and_without_a_pixel() -> None:
    """Three filters of six taps on two groups of four lanes, five pixels in a row."""
    network = convolution(np.random.default_rng(0), (1, 4, 6), 3, (3, 2))
    made = plan(network, SimtConfig(lanes=8, cluster=4, word=2, requantizers=2))
    (layer,) = made.cycles().layers
    assert made.compiled.layers[0].groups == 2
    # Two lines of three beats.
    assert layer.causes["useful"] == 2 * 5 * 3 * 6 / 8
    assert layer.causes["idle_lanes"] == 2 * 3 * 6 - layer.causes["useful"]
    assert layer.causes["other"] == 0
