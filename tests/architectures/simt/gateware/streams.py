"""Random streams, and the runs of a stream as plain loops."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.architectures.simt.walks import place


class Run(NamedTuple):
    """A run: when its first tap is, and where it lies."""

    cycle: int
    position: int
    number: int
    address: tuple[int, int]
    x: int
    y: int


def random_stream(rng: random.Random, unit: Unit, *, groups: int = 1) -> Stream:
    """A stream with any steps; what loops of a single turn step does not matter."""

    def count() -> int:
        return rng.choice([1, 1, 2, 3])

    def step() -> int:
        return rng.randint(-3 * unit.word, 3 * unit.word)

    def shift() -> int:
        return rng.randint(-3, 3)

    edges = rng.random() < 0.7
    return Stream(
        taps=rng.choice([1, 1, 2, rng.randint(1, unit.taps)]),
        tap_step=rng.choice([-1, 0, 1]),
        tap_x=shift(),
        across=rng.choice([1, 1, 2, 3]),
        across_step=step(),
        across_x=shift(),
        beat_step=step(),
        beat_x=shift(),
        beat_y=shift(),
        down=rng.choice([1, 1, 2, 3]),
        down_step=step(),
        down_y=shift(),
        kernel_x=count(),
        kernel_x_step=step(),
        kernel_x_x=shift(),
        kernel_y=count(),
        kernel_y_step=step(),
        kernel_y_y=shift(),
        blocks=count(),
        block_step=step(),
        groups=groups,
        group_step=step(),
        group_x=shift(),
        words=rng.choice([1, 1, 2, 3]),
        word_step=step(),
        width=rng.randint(1, 6) if edges else 0,
        height=rng.randint(1, 6) if edges else 0,
        pad=rng.randint(-128, 127) if edges else 0,
    )


def runs(
    unit: Unit, stream: Stream, address: int, x: int, y: int, beats: int, first: int
) -> Iterator[Run]:
    """The runs of a stream, in order; ``address`` is as a scalar has it."""
    s = stream
    span = (s.cycles(beats) - (s.words - 1)) // s.positions
    modulus = 1 << unit.scalar_bits
    position = 0
    for block in range(s.blocks):
        for j in range(s.kernel_y):
            for i in range(s.kernel_x):
                cycle = s.words - 1 + position * span
                for v in range(s.down):
                    for o in range(beats):
                        for u in range(s.across):
                            offset = (
                                block * s.block_step
                                + j * s.kernel_y_step
                                + i * s.kernel_x_step
                                + v * s.down_step
                                + o * s.beat_step
                                + u * s.across_step
                            )
                            yield Run(
                                cycle,
                                position,
                                first + (o * s.down + v) * s.across + u,
                                place(unit, address, offset),
                                (x + i * s.kernel_x_x + o * s.beat_x + u * s.across_x) % modulus,
                                (y + j * s.kernel_y_y + o * s.beat_y + v * s.down_y) % modulus,
                            )
                            cycle += s.run
                position += 1
