"""What a unit holds."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.state import Loop, Memories, Warp, wrap
from hawx_hw.architectures.simt.unit import Unit

UNIT = Unit(lanes=4, registers=3)


def test_numbers_wrap() -> None:
    assert [wrap(value, 4) for value in (-9, -8, 7, 8, 16)] == [7, -8, 7, -8, 0]
    assert wrap(np.array([127, 128, -129]), 8).tolist() == [127, -128, 127]  # type: ignore[union-attr]


def test_predicates_may_be_inverted() -> None:
    warp = Warp(0, UNIT)
    warp.predicates[2] = [True, False, False, True]
    assert warp.mask(0).tolist() == [True] * 4
    assert warp.mask(2).tolist() == [True, False, False, True]
    assert warp.mask(6).tolist() == [False, True, True, False]


def test_loops_that_end_together_are_left_together() -> None:
    warp = Warp(0, UNIT, loops=[Loop(1, 5, 2), Loop(3, 5, 1)])
    warp.advance(5)
    assert (warp.pc, [loop.left for loop in warp.loops]) == (1, [1])
    warp.advance(5)
    assert (warp.pc, warp.loops) == (5, [])


def test_memories_begin_with_the_image() -> None:
    image = np.arange(8, dtype=np.int8).reshape(2, 4)
    memories = Memories.of(UNIT, image)
    assert memories.activations.shape == (1024, 4)
    assert memories.result.shape == (64, 4)
    np.testing.assert_array_equal(memories.activations[:2], image)
    assert not memories.activations[2:].any()


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            np.zeros((1, 3), dtype=np.int8),
            r"int8 of shape \(words, 4\), not int8 of shape \(1, 3\)",
        ),
        (np.zeros((1, 4)), "not float64"),
        (np.zeros((1025, 4), dtype=np.int8), "at most 1024 words, not 1025"),
    ],
)
def test_images_that_are_refused(image: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Memories.of(UNIT, image)
