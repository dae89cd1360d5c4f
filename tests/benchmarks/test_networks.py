"""The table of networks: what it counts, and that it names what is missing."""

from __future__ import annotations

import argparse

import numpy as np
import torch
from networks import CASES, macs, measure
from torch import nn

from hawx_hw.config.zoo import ZOO
from hawx_hw.quantize.calibration import quantize

NOTHING = argparse.Namespace(models=None, imagenet=None, threads=1)


def test_multiplications_of_an_image() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(4, 6, 3, groups=2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(54, 7)
    )
    images = np.random.default_rng(0).integers(0, 256, (2, 4, 8, 8), dtype=np.uint8)
    graph = quantize(network, images, name="network")
    assert macs(graph) == 6 * 6 * 6 * (2 * 3 * 3) + 54 * 7


def test_every_case_is_of_the_zoo() -> None:
    assert {case.model for case in CASES} <= set(ZOO)


def test_what_is_missing_is_named() -> None:
    for case in CASES:
        if case.file:
            assert measure(case, NOTHING) == {"missing": f"{case.file} in --models"}


def test_a_shipped_network() -> None:
    (case,) = (case for case in CASES if (case.model, case.dataset) == ("lenet5", "digits"))
    line = measure(case, NOTHING)
    assert (line["parameters"], line["macs"], line["images"]) == (61_706, 416_520, 355)
    assert line["float"] == 351 / 355
    assert line["select_images"] == 285
    assert 0.98 < line["select_int8"] <= 1
    assert abs(line["int8"] - 351 / 355) <= 0.005
