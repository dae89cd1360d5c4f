"""Accesses of the memories, against the walks of the simulator."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.accesses import count_accesses
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import plan
from hawx_hw.architectures.simt.walks import store_steps, stream_taps
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import lenet5, random_plan


@pytest.mark.parametrize("seed", range(0, 36, 2))
def test_accesses_are_those_of_the_walks(seed: int) -> None:
    made = random_plan(seed)
    program = made.program
    counted = count_accesses(program, made.schedule)
    weights = buffered = stored = constants = 0
    for _, issue in made.schedule:
        i = issue.instruction
        if i.mnemonic == "QST":
            steps = store_steps(program, program.stores[i.d], i, issue.scalars[:4], 1 << 24)
            for step in steps:
                stored += step.begins
                constants += step.begins or (step.element > 0 and step.first_byte == 0)
        elif i.operation.selects:
            stream = program.streams[i.d]
            taps = list(stream_taps(program, stream, i, issue.scalars, 1 << 24))
            words = {tap.weight for tap in taps if tap.fetches}
            weights += len(words)
            registers = {tap.register for tap in taps}
            buffered += sum(not tap.fetches for tap in taps) if len(registers) > 1 else 0
    assert counted.weights == weights
    assert counted.taken == buffered
    assert counted.stored + counted.results == stored
    assert counted.constants <= constants
    assert counted.streams + counted.stores == len(made.schedule)


def test_a_layer_counted_by_hand() -> None:
    """Two words of channels, 3 x 1 taps, one row of four pixels, of which two are beyond."""
    network = convolution(np.random.default_rng(0), (8, 1, 4), 4, (1, 3), padding=(0, 1, 0, 1))
    made = plan(network, SimtConfig(lanes=4, warps=1, word=4))
    counted = count_accesses(made.program, made.schedule)
    # Pixels 0 1 2, 0 1 2 3, 1 2 3 in two planes; each word once for each column of the kernel.
    assert counted.activations == 2 * (3 + 4 + 3)
    assert counted.weights == 2 * 3 * 4
    assert counted.taken == 3 * counted.weights
    assert counted.buffered == counted.weights
    assert counted.register_writes == 2 * 3 * 4
    assert counted.register_reads == (2 * 3 - 1) * 4 + 4
    assert (counted.constants, counted.results, counted.stored) == (4, 4, 0)


def test_memories_of_lenet5() -> None:
    made = plan(lenet5(), SimtConfig(lanes=8))
    uses = made.accesses()
    weight = [use for use in uses if use.use == "weight"]
    assert [use.depth for use in weight] == [977] * 5 + [976] * 3
    # Two tiles of filters of a row are 150 words each; the linear layers read all once.
    assert sum(use.reads for use in weight) == 98 * 25 + 2 * 5 * 3 * 150 + 7488
    (activation,) = (use for use in uses if use.use == "activation")
    assert (activation.width, activation.depth) == (64, 358)
    assert activation.reads < made.graph.macs / 8 / 5
    registers = next(use for use in uses if use.use == "register")
    assert (registers.width, registers.depth, registers.count) == (
        8 * made.unit.register_bits,
        8,
        2,
    )
    program = next(use for use in uses if use.width == 32 and use.macro == "hawx_rom")
    assert program.reads < 0.01 * made.graph.macs
