# amaranth: UnusedElaboratable=no
"""The PE against a plain model: two weights, one sum a cycle."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hawx_hw.blocks import by_name
from hawx_hw.gateware.common.simulation import simulate
from hawx_hw.gateware.systolic.pe import ProcessingElement

Stimulus = list[tuple[int, int, int, int, int]]  # activation, weight, load, swap, sum_in


def ref_sums(stimulus: Stimulus) -> list[int]:
    present = following = 0
    sums = []
    for activation, weight, load, swap, sum_in in stimulus:
        sums.append(sum_in + activation * present)
        if swap:
            present = following
        if load:
            following = weight
    return sums


def rtl_sums(stimulus: Stimulus, sum_bits: int) -> list[int]:
    pe = ProcessingElement([by_name("exact")], sum_bits)
    sums = []

    async def drive(ctx: Any) -> None:
        for activation, weight, load, swap, sum_in in stimulus:
            ctx.set(pe.activation, activation)
            ctx.set(pe.weight, weight)
            ctx.set(pe.load, load)
            ctx.set(pe.swap, swap)
            ctx.set(pe.sum_in, sum_in)
            await ctx.tick()
            sums.append(ctx.get(pe.sum_out))

    simulate(pe, drive)
    return sums


def code(rng: random.Random) -> int:
    return rng.choice([-128, 127, rng.randint(-128, 127)])


@pytest.mark.parametrize("seed", range(3))
def test_random_streams(seed: int) -> None:
    rng = random.Random(seed)
    stimulus = [
        (
            code(rng),
            max(-127, code(rng)),
            rng.random() < 0.4,
            rng.random() < 0.3,
            rng.randint(-(2**20), 2**20),
        )
        for _ in range(400)
    ]
    assert rtl_sums(stimulus, 23) == ref_sums(stimulus)


def test_loading_and_swapping_in_one_cycle_takes_the_old_weight() -> None:
    stimulus = [(0, 5, 1, 0, 0), (0, 7, 1, 1, 0), (10, 0, 0, 1, 1), (10, 0, 0, 0, 1)]
    assert rtl_sums(stimulus, 16) == [0, 0, 51, 71]


def test_width_is_checked() -> None:
    with pytest.raises(ValueError, match="Sum width must be at least 8 bits, not 7"):
        ProcessingElement([by_name("exact")], 7)
