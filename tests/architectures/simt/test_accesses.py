"""Accesses of the memories, against the walks of the simulator."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.accesses import Accesses, count_accesses
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.gateware import activation_feed
from hawx_hw.architectures.simt.gateware.activation_feed import windows_of
from hawx_hw.architectures.simt.plan import plan
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.schedule import Scheduled
from hawx_hw.architectures.simt.walks import Tap, store_steps, stream_taps
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import lenet5, random_plan


class Window:
    """The words that a window keeps: of even and of odd ones the last it has used, each."""

    def __init__(self, ways: int):
        self._ways = ways
        self._words: tuple[list[int], list[int]] = ([], [])

    def lacks(self, word: int) -> bool:
        own = self._words[word % 2]
        lacks = word not in own
        if not lacks:
            own.remove(word)
        own.append(word)
        del own[: -self._ways]
        return lacks


def words_read(program: Program, stream: Stream, taps: list[Tap], ways: int) -> int:
    """Words that the windows of the pixel groups read for a walk.

    A run names its words one after the other, and each window takes those of its first and last
    tap.
    """
    windows = [Window(ways) for _ in range(stream.groups)]
    total = 0
    for n in range(0, len(taps), stream.taps):
        first, last = taps[n], taps[n + stream.taps - 1]
        byte = first.words[0] * program.unit.word + first.bytes[0]
        for number in range(stream.words):
            word = (byte + number * stream.word_step) // program.unit.word
            word %= 1 << program.unit.word_bits
            own = zip(windows, first.words, last.words, strict=True)
            lacking = [window.lacks(word) for window, *ends in own if word in ends]
            total += any(lacking)
    return total


@pytest.mark.parametrize("seed", range(0, 36, 2))
def test_accesses_are_those_of_the_walks(seed: int) -> None:
    made = random_plan(seed)
    program = made.program
    _, ways = windows_of(program.unit, program.stream_format)
    expected = Accesses()
    for _, issue in made.schedule:
        i = issue.instruction
        if i.mnemonic == "QST":
            steps = list(store_steps(program, program.stores[i.d], i, issue.scalars[:4], 1 << 24))
            expected.stores += 1
            # Of a window whose largest value counts those of the last one.
            window = program.stores[i.d].window if i.suffix == "max" else 1
            expected.constants += sum(
                step.element == window - 1 or i.suffix == "sum" for step in steps
            )
            # What the memory gave stays, unless registers of a window take turns.
            expected.register_reads += (
                len(steps) if i.suffix else len({step.register for step in steps})
            )
            for step in steps:
                expected.results += step.begins and program.stores[i.d].result
                expected.stored += step.begins and not program.stores[i.d].result
            continue
        stream = program.streams[i.d]
        taps = list(stream_taps(program, stream, i, issue.scalars, 1 << 24))
        expected.streams += 1
        expected.activations += words_read(program, stream, taps, ways)
        registers = {tap.register for tap in taps}
        runs = len(taps) // stream.taps if len(registers) > 1 else 1
        expected.register_writes += runs
        # The first run into a register need not read it, unless some lane keeps it.
        clears = (i.suffix == "z" or i.mnemonic == "LDV") and issue.lanes.all()
        expected.register_reads += runs - clears * len(registers)
        if i.operation.selects:
            expected.weights += len({tap.weight for tap in taps if tap.fetches})
            if stream.taps > 1 and len(registers) > 1:
                expected.buffered += sum(tap.fetches for tap in taps)
                expected.taken += sum(not tap.fetches for tap in taps)
    assert count_accesses(program, made.schedule) == expected


def test_a_layer_counted_by_hand() -> None:
    """Two words of channels, 3 x 1 taps, one row of four pixels, of which two are beyond."""
    network = convolution(np.random.default_rng(0), (8, 1, 4), 4, (1, 3), padding=(0, 1, 0, 1))
    made = plan(network, SimtConfig(lanes=4, warps=1, word=4))
    counted = count_accesses(made.program, made.schedule)
    # Pixels -1 0 1 2, 0 1 2 3, 1 2 3 4 in each of two planes, which follow each other. The window
    # has one even and one odd word: 1, 2 and, in the second plane, -1 and 0 are still there.
    assert counted.activations == (4 + 3 + 3) + (2 + 3 + 3)
    assert counted.weights == 2 * 3 * 4
    assert counted.taken == 3 * counted.weights
    assert counted.buffered == counted.weights
    assert counted.register_writes == 2 * 3 * 4
    assert counted.register_reads == (2 * 3 - 1) * 4 + 4
    # A requantizer takes the four codes of a word one after the other.
    assert (counted.constants, counted.results, counted.stored) == (16, 4, 0)


def test_memories_of_lenet5() -> None:
    made = plan(lenet5(), SimtConfig(lanes=8))
    uses = made.accesses()
    weight = [use for use in uses if use.use == "weight"]
    assert [use.depth for use in weight] == [977] * 8
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


@pytest.mark.parametrize("ways", [1, 2])
def test_words_are_read_in_the_order_of_the_walk(
    ways: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pooled layer: the walk is in all beats of a line before it goes down to the next one."""
    monkeypatch.setattr(activation_feed, "windows_of", lambda unit, format: (2, ways))
    made = plan(lenet5(), SimtConfig(lanes=16))
    issue = next(each.issue for each in made.schedule if each.layer == 1)
    stream = made.program.streams[issue.instruction.d]
    assert (stream.down, stream.words, issue.scalars[4]) == (2, 1, 2)
    taps = stream_taps(
        made.program, stream, issue.instruction, issue.scalars, made.unit.activation_words
    )
    there: dict[int, list[int]] = {0: [], 1: []}
    reads = 0
    for word in (tap.words[0] for number, tap in enumerate(taps) if number % stream.taps == 0):
        own = there[word % 2]
        reads += word not in own
        there[word % 2] = [*(each for each in own if each != word), word][-ways:]
    assert count_accesses(made.program, [Scheduled(1, issue)]).activations == reads
