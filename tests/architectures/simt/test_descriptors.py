"""How long streams and stores take."""

from __future__ import annotations

import pytest

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.unit import Unit


@pytest.mark.parametrize(
    ("stream", "beats", "cycles"),
    [
        (Stream(taps=8, blocks=16), 1, 128),
        (Stream(taps=5, across=2, down=2, kernel_y=5, words=2), 2, 1 + 5 * 40),
        (Stream(taps=1, kernel_x=3), 1, 3),
        (Stream(taps=1, kernel_x=3), 2, 12),  # registers are written before they are read
        (Stream(taps=3, words=5, blocks=2), 1, 4 + 2 * 5),
        (Stream(), 1, 1),
    ],
)
def test_cycles_of_streams(stream: Stream, beats: int, cycles: int) -> None:
    assert stream.cycles(beats) == cycles


@pytest.mark.parametrize(
    ("unit", "store", "beats", "remaining", "reduces", "cycles"),
    [
        (Unit(lanes=8), Store(lanes=6), 8, 8, False, 48),
        (Unit(lanes=8), Store(lanes=6, window=4), 2, 9, True, 48),
        (Unit(lanes=8), Store(lanes=6, window=4), 2, 9, False, 12),
        (Unit(lanes=8, requantizers=4), Store(lanes=6), 1, 1, False, 2),
        (Unit(lanes=16, requantizers=3), Store(lanes=13), 2, 2, False, 2 * (3 + 2)),
        (Unit(lanes=16), Store(lanes=8, groups=2), 3, 5, False, 40),
        (Unit(lanes=8), Store(), 3, 0, False, 1),
    ],
)
def test_cycles_of_stores(
    unit: Unit, store: Store, beats: int, remaining: int, reduces: bool, cycles: int
) -> None:
    assert store.cycles(unit, beats, remaining, reduces) == cycles
