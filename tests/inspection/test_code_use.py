"""Codes of a small tensor, counted by hand."""

import numpy as np
import torch

from hawx_hw.graph.graph import Tensor
from hawx_hw.inspection.code_use import CodeUse


def use(codes, exact, real=None, zero_point=-128, scale=0.5):
    codes = np.array(codes, dtype=np.int8)
    result = CodeUse(Tensor(codes.shape[1:], scale, zero_point))
    exact = torch.tensor(exact, dtype=torch.float32)
    real = exact if real is None else torch.tensor(real, dtype=torch.float32)
    for at in range(len(codes)):
        result.add(codes[at : at + 1], exact[at : at + 1], real[at : at + 1])
    return result


def test_dead_and_constant_channels():
    result = use(
        [[-128, 3, 5, -128], [-128, 3, 6, -127]],
        np.zeros((2, 4)),
        real=[[0.0, 1.0, 2.0, 3.0], [0.0, 1.5, 3.0, 3.0]],
    )
    assert result.constant.tolist() == [True, True, False, False]
    assert result.dead.tolist() == [True, False, False, False]
    assert result.real_constant.tolist() == [True, False, False, True]
    assert result.used == (6 + 128 + 1) / 256
    assert result.typical_used == 2 / 256


def test_a_range_that_is_not_used_by_any_channel():
    result = use([[1, -4]] * 3, np.zeros((3, 2)))
    assert (result.used, result.typical_used) == (6 / 256, 0)


def test_saturation_begins_half_a_step_beyond_the_last_code():
    # Codes -128 to 127 stand for 0 to 127.5.
    exact = [[[[-0.25, -0.26, -40.0, 0.0]]], [[[127.75, 127.76, 60.0, 1e9]]]]
    assert use(np.zeros((2, 1, 1, 4)), exact).saturated == (2 / 8, 2 / 8)


def test_the_zeros_of_a_relu_are_no_saturation():
    result = use([[[[-128, -128, 0]]]], [[[[0.0, 0.0, 64.0]]]])
    assert result.saturated == (0, 0)
