"""Boxes cover the taps of a class, each once, in the order of the stream."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.simt.boxes import Box, TapSpace, boxes
from hawx_hw.architectures.simt.tensors import Map


def space(channels: int, kernel: tuple[int, int], word: int = 4, longest: int = 4) -> TapSpace:
    return TapSpace(Map(0, (channels, 9, 9), word, Layout.natural(channels)), kernel, longest)


def covered(taps: TapSpace, parts: list[Box]) -> np.ndarray:
    """How often each place is in a box."""
    count = np.zeros(taps.shape, dtype=int)
    for box in parts:
        assert len(box.taps) <= taps.longest
        for plane, line in np.ndindex(len(box.planes), len(box.lines)):
            at = box.planes[plane], box.lines[line]
            if taps.source.packed:
                run = len(box.taps)
                first = box.taps.start
                count[0, at[1], 0, first : first + run * len(box.steps)] += 1
            else:
                for column in box.steps:
                    count[(*at, column, slice(box.taps.start, box.taps.stop))] += 1
    return count


def test_a_layer_of_whole_words_is_one_box() -> None:
    taps = space(8, (3, 2))
    assert boxes(taps, np.ones(taps.shape, dtype=bool)) == [
        Box(range(2), range(3), range(2), range(4))
    ]


def test_the_channels_of_the_last_word_are_another_box() -> None:
    taps = space(10, (3, 2))
    used = taps.spread(np.zeros((10, 3, 2), dtype=np.int64), -1) == 0
    assert boxes(taps, used) == [
        Box(range(2), range(3), range(2), range(4)),
        Box(range(2, 3), range(3), range(2), range(2)),
    ]


def test_words_longer_than_runs_are_several_boxes() -> None:
    taps = space(13, (1, 1), word=13, longest=8)
    assert [box.taps for box in boxes(taps, np.ones(taps.shape, dtype=bool))] == [
        range(8),
        range(8, 13),
    ]


@pytest.mark.parametrize("seed", range(40))
def test_random_classes_are_covered_once(seed: int) -> None:
    rng = np.random.default_rng(seed)
    packed = seed % 2 == 1
    channels = int(rng.choice([1, 2])) if packed else int(rng.integers(1, 14))
    source = Map(0, (channels, 9, 9), 4, Layout.natural(channels), 4 // channels if packed else 1)
    kernel = (int(rng.integers(1, 4)), int(rng.integers(1, 8)))
    taps = TapSpace(source, kernel, int(rng.integers(1, 5)))
    classes = rng.integers(0, 3, (channels, *kernel)) * (rng.random(kernel) < 0.5)
    spread = taps.spread(classes, -1)
    weight = rng.integers(-9, 10, (2, channels, *kernel)).astype(np.int8)
    total = np.zeros(2, dtype=np.int64)
    for kind in range(3):
        parts = boxes(taps, spread == kind)
        np.testing.assert_array_equal(covered(taps, parts), spread == kind)
        for box in parts:
            flat = taps.weights(taps.spread(weight, 0), box)
            assert flat.shape == (box.size, 2)
            total += flat.sum(axis=0)
    np.testing.assert_array_equal(total, weight.sum(axis=(1, 2, 3)))


def test_the_order_of_weights_is_that_of_the_stream() -> None:
    taps = space(6, (2, 2))
    weight = np.arange(24, dtype=np.int64).reshape(1, 6, 2, 2)
    first, second = boxes(taps, taps.spread(np.zeros((6, 2, 2), dtype=int), -1) == 0)
    # Rows, steps, and the channels of a word; channel c at (y, x) is 4 c + 2 y + x.
    assert taps.weights(taps.spread(weight, 0), first)[:, 0].tolist() == [
        4 * c + position for position in range(4) for c in range(4)
    ]
    assert taps.weights(taps.spread(weight, 0), second)[:, 0].tolist() == [
        4 * c + position for position in range(4) for c in (4, 5)
    ]


@pytest.mark.parametrize(
    ("width", "longest", "runs"),
    [(5, 8, [(1, 5)]), (28, 8, [(4, 7)]), (11, 8, [(1, 8), (1, 3)]), (13, 4, [(3, 4), (1, 1)])],
)
def test_runs_along_a_line(width: int, longest: int, runs: list[tuple[int, int]]) -> None:
    source = Map(0, (1, 30, 30), 8, Layout.natural(1), 8)
    taps = TapSpace(source, (3, width), longest)
    parts = boxes(taps, np.ones(taps.shape, dtype=bool))
    assert [(len(box.steps), len(box.taps)) for box in parts] == runs
    assert all(box.lines == range(3) for box in parts)
