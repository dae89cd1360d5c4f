"""The lists of taps that the rows read, counted on images."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.operations import operations
from hawx_hw.architectures.systolic.placement import Placement
from hawx_hw.architectures.systolic.taps import Tap, TapFormat, stream_taps, taps
from tests.architectures.common.layers import convolution

HEIGHT, WIDTH, WORD_CODES = 5, 7, 4
POSITIONS = np.array([6, 0, 9])


def test_every_tap_addresses_its_channel_in_its_position() -> None:
    """Read an image through the lists: at each tap it must be the code under the kernel."""
    graph = convolution(np.random.default_rng(0), (3, HEIGHT, WIDTH), 2, (2, 3))
    (layer,) = operations(graph, window_limit=1)
    numbers = np.array([[17, -1], [0, 5], [12, 3], [-1, 8]])  # (tiles, rows)
    placement = Placement(np.array([[0, 1]]), numbers, np.zeros((2, 2), np.int64))
    image = np.arange(3 * HEIGHT * WIDTH).reshape(3, HEIGHT, WIDTH)
    # As the accelerator stores it: blocks of WORD_CODES positions, pixel by pixel.
    memory = np.full((3 * HEIGHT * WIDTH, WORD_CODES), -1)
    for channel, position in enumerate(POSITIONS):
        for y, x in np.ndindex(HEIGHT, WIDTH):
            word = position // WORD_CODES * HEIGHT * WIDTH + y * WIDTH + x
            memory[word, position % WORD_CODES] = image[channel, y, x]

    lists = taps(layer, placement, Layout(POSITIONS), WORD_CODES)
    assert len(lists) == 2
    for row, entries in enumerate(lists):
        assert len(entries) == 4
        for tile, tap in enumerate(entries):
            number = int(numbers[tile, row])
            if number < 0:
                assert tap == Tap(), "a row without a tap reads nothing"
                continue
            channel, kernel_y, kernel_x = number // 6, number % 6 // 3, number % 3
            assert (tap.column, tap.row, tap.live) == (kernel_x, kernel_y, 1)
            for y, x in np.ndindex(HEIGHT - 1, WIDTH - 2):
                read = memory[y * WIDTH + x + tap.offset, tap.code]
                assert read == image[channel, y + kernel_y, x + kernel_x]


def test_a_stream_reads_block_after_block_by_the_first_row() -> None:
    graph = convolution(np.random.default_rng(0), (10, HEIGHT, WIDTH), 2, (1, 1))
    (layer,) = operations(graph, window_limit=1)
    lists = stream_taps(layer, Layout.natural(10), 3, WORD_CODES)
    pixels = HEIGHT * WIDTH
    assert lists[0] == [Tap(offset=n * pixels, live=1) for n in range(3)]  # 4, 4 and 2 channels
    assert lists[1:] == [[Tap()] * 3] * 2


def test_words_hold_the_fields_from_the_lowest_bit_on() -> None:
    lists = [[Tap(column=4, row=1, offset=100, code=3, live=1), Tap(column=2, offset=5)]]
    layout = TapFormat.of(lists)
    assert (layout.column, layout.row, layout.offset, layout.code) == (3, 1, 7, 2)
    assert layout.bits == 3 + 1 + 7 + 2 + 1
    #                             live code offset  row column
    assert layout.pack(lists[0][0]) == 0b1_11_1100100_1_100
    assert layout.pack(lists[0][1]) == 0b0_00_0000101_0_010


@pytest.mark.parametrize("lists", [[[Tap()]], [[Tap(), Tap(live=1)]]])
def test_every_field_has_a_bit_at_least(lists: list[list[Tap]]) -> None:
    assert TapFormat.of(lists).bits == 5
