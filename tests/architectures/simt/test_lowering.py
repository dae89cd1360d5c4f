"""Layers as sections: edges, words of runs, constants."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.descriptors import Stream
from hawx_hw.architectures.simt.lowering import most_beats
from hawx_hw.architectures.simt.plan import Plan, plan
from hawx_hw.architectures.simt.runner import taps_of
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.graph.graph import Add
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import UNITS, lenet5, random_plan


def streams(made: Plan) -> list[Stream]:
    return list(made.program.streams)


@pytest.mark.parametrize(
    ("padding", "tested"),
    [
        ((0, 0, 0, 0), (False, False)),
        ((1, 0, 0, 0), (True, False)),
        ((0, 1, 0, 0), (False, True)),
        ((0, 0, 1, 0), (True, False)),
        ((0, 0, 0, 1), (False, True)),
    ],
)
def test_coordinates_are_compared_only_where_taps_lie_beyond(
    padding: tuple[int, int, int, int], tested: tuple[bool, bool]
) -> None:
    network = convolution(np.random.default_rng(0), (4, 6, 7), 4, (3, 3), padding=padding)
    (stream,) = streams(plan(network, SimtConfig(lanes=4)))
    assert (stream.height, stream.width) == (6 * tested[0], 7 * tested[1])
    assert stream.pad == -7


def test_the_first_layer_of_lenet5_has_runs_along_lines() -> None:
    first = streams(plan(lenet5(), SimtConfig(lanes=8)))[0]
    assert (first.taps, first.tap_step, first.tap_x) == (5, 1, 1)
    assert (first.words, first.word_step, first.kernel_y) == (2, 8, 5)
    # Two groups: seven bytes, which two words hold wherever they begin.
    first = streams(plan(lenet5(), SimtConfig(lanes=16)))[0]
    assert (first.groups, first.group_step, first.words) == (2, 2, 2)
    assert (first.beat_step, first.across, first.down) == (4, 2, 2)


@pytest.mark.parametrize("seed", range(3 * len(UNITS)))
def test_runs_fetch_no_word_that_no_run_needs(seed: int) -> None:
    """Somewhere, in a packed image, a run ends in the last of its words."""
    made = random_plan(seed)
    if not made.compiled.image.packed:
        return
    unit = made.unit
    farthest: dict[int, int] = {}
    for _, issue in made.schedule:
        if issue.instruction.mnemonic == "MAC":
            stream = made.program.streams[issue.instruction.d]
            if stream.tap_x:
                taps = taps_of(made.program, stream, issue.scalars)
                words = (taps.words - taps.words[:, :, :1, :1]) % (1 << unit.word_bits)
                reach = int(words.max()) + 1
                farthest[issue.instruction.d] = max(farthest.get(issue.instruction.d, 0), reach)
    for number, reach in farthest.items():
        words = made.program.streams[number].words
        assert words - 1 <= reach <= words


def test_constants_follow_the_filters() -> None:
    network = convolution(np.random.default_rng(0), (1, 3, 3), 6, (1, 1))
    made = plan(network, SimtConfig(lanes=4))
    node = network.nodes[0]
    rule = node.requantization  # type: ignore[attr-defined]
    constants = made.program.constants
    assert constants.shape == (2, 4, 2)
    assert constants[..., 0].ravel().tolist() == [*rule.multiplier.tolist(), 0, 0]
    bias = node.bias.astype(np.int64) * rule.multiplier  # type: ignore[attr-defined]
    addends = bias + (1 << 23) + (3 << 24)
    assert constants[..., 1].ravel().tolist() == [*addends.tolist(), 0, 0]


@pytest.mark.parametrize("seed", range(3 * len(UNITS)))
def test_beats_fit_the_registers(seed: int) -> None:
    made = random_plan(seed)
    for layer in made.compiled.layers:
        most = most_beats(layer.operation, made.unit)
        for section in layer.lowered.sections:
            own = 2 if isinstance(layer.operation.node, Add) else section.walks[0].stream.window
            assert 1 <= section.beats <= most
            assert section.beats * own <= made.unit.registers


def test_an_addition_has_two_registers_a_beat() -> None:
    seen = 0
    for seed in range(3 * len(UNITS)):
        for layer in random_plan(seed).compiled.layers:
            if isinstance(layer.operation.node, Add):
                (walk,) = layer.lowered.sections[0].walks
                assert walk.stream.across == 2
                assert layer.lowered.sections[0].suffix == "sum"
                assert most_beats(layer.operation, Unit(registers=5)) == 2
                seen += 1
    assert seen
