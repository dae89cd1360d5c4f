"""Programs with their memories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program, empty_constants, empty_weights
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks.registry import by_name

UNIT = Unit(lanes=4, warps=2)
LANES = LaneBlocks.uniform([by_name("exact")], 4)


def program(**values: Any) -> Program:
    return Program(**{"unit": UNIT, "lanes": LANES, "code": (0,), **values})


def test_what_is_left_out_is_empty() -> None:
    empty = program()
    np.testing.assert_array_equal(empty.weights, empty_weights(UNIT))
    np.testing.assert_array_equal(empty.constants, empty_constants(UNIT))
    assert empty.constants.shape == (0, 4, 2)


def test_formats_hold_all_descriptors() -> None:
    full = program(streams=(Stream(taps=3), Stream(taps=8)))
    assert dict(full.stream_format.widths)["taps"] == 3
    assert full.store_format.bits > 0


def pairs(multiplier: int, addend: int) -> np.ndarray:
    return np.tile(np.array([multiplier, addend], dtype=np.int64), (1, 4, 1))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"code": ()}, "Program must have 1 to 32768 words, not 0"),
        ({"code": (1 << 32,)}, "Instructions must be words of 32 bits"),
        ({"arguments": (1,)}, "Arguments must be as many for each of 2 warps"),
        ({"arguments": (1, 1 << 16)}, "Arguments must have 16 bits"),
        ({"streams": (Stream(),) * 257}, "at most 256 each"),
        ({"lanes": LaneBlocks.uniform([by_name("exact")], 3)}, "Blocks must be those of 4 lanes"),
        ({"weights": np.ones((2, 3), dtype=np.int8)}, r"Weights must be of shape \(words, 4\)"),
        ({"constants": np.ones((2, 3, 2))}, r"Constants must be of shape \(words, 4, 2\)"),
        ({"constants": pairs(1 << 16, 0)}, "Multipliers must have 16 bits"),
        ({"constants": pairs(-1, 0)}, "Multipliers must have 16 bits"),
        ({"constants": pairs(0, 1 << 31)}, "Addends must have 32 bits"),
    ],
)
def test_what_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        program(**values)
