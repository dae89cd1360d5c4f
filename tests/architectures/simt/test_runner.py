"""Whole networks at once equal the simulator, register by register of what is stored."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.runner import run_program, taps_of
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.architectures.simt.walks import stream_taps
from hawx_hw.graph.random_graphs import random_codes
from tests.architectures.simt.networks import random_plan


@pytest.mark.parametrize("seed", range(12))
def test_results_are_those_of_the_simulator(seed: int) -> None:
    made = random_plan(seed)
    images = random_codes(np.random.default_rng(seed), made.graph, 4)
    shape = made.compiled.image.shape
    memories = np.stack([made.compiled.image.memory(image.reshape(shape)) for image in images])
    results = run_program(made.program, memories)
    assert results.shape == (4, made.unit.result_words, made.unit.word)
    for memory, result in zip(memories[2:], results[2:], strict=True):
        outcome = simulate(made.program, memory)
        np.testing.assert_array_equal(result, outcome.memories.result)


@pytest.mark.parametrize("seed", range(12))
def test_taps_are_those_of_the_walk(seed: int) -> None:
    made = random_plan(seed)
    for _, issue in made.schedule[:6]:
        instruction = issue.instruction
        if instruction.mnemonic == "QST":
            continue
        stream = made.program.streams[instruction.d]
        taps = taps_of(made.program, stream, issue.scalars)
        walk = stream_taps(made.program, stream, instruction, issue.scalars, 1 << 24)
        # The walk goes down before it goes on to the next beat.
        listed = sorted(enumerate(walk), key=lambda e: (e[1].cycle, e[0]))
        words, bytes_, inside = (
            part.reshape(-1, stream.groups).tolist()
            for part in (taps.words, taps.bytes, taps.inside)
        )
        got = sorted(zip(map(tuple, words), map(tuple, bytes_), map(tuple, inside), strict=True))
        assert got == sorted((tap.words, tap.bytes, tap.inside) for _, tap in listed)


PROGRAM = """
        .unit lanes=4 warps=1 activation_words=4 result_words=1
        .stream s taps=2 step=1
        .store o lanes=4
        .weight 1, 2, 3, 4
        .weight 5, 6, 7, 8
        .constant 16384, 8192
        LI s4, {address}
        LI s7, {weight}
        LI s8, 1
        LI s9, {target}
        LI s10, {constant}
        LI s11, 1
        LI s12, 1
        MACW.z v0, s4, s
        QST v0, s9, o
        HALT
"""


def program(**values: int) -> object:
    text = PROGRAM.format(**{"address": 0, "weight": 0, "target": 3, "constant": 0} | values)
    return assemble(text.replace("lanes=4\n", "lanes=4 shift=14\n"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"address": 16}, "MACW at 7 reads beyond the activation memory"),
        ({"weight": 1}, "MAC at 7 reads beyond the weights"),
        ({"target": 4}, "QST at 8 stores beyond its memory"),
        ({"constant": 1}, "QST at 8 reads beyond the requantization memory"),
    ],
)
def test_what_would_trap_is_refused(values: dict[str, int], message: str) -> None:
    image = np.zeros((1, 4, 4), dtype=np.int8)
    run_program(program(), image)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        run_program(program(**values), image)  # type: ignore[arg-type]


def test_sums_that_numbers_cannot_hold_are_refused() -> None:
    made = random_plan(0)
    wide = dataclasses.replace(made.program.unit, product_bits=64)
    with pytest.raises(ValueError, match="63 bits"):
        run_program(dataclasses.replace(made.program, unit=wide), np.zeros((1, 1, 8), np.int8))
