"""Compiled networks compute what the reference does, in the cycles that the model has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.common.operations import operations
from hawx_hw.architectures.simt.compile import compile_layers
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.lanes import LaneBlockMap
from hawx_hw.architectures.simt.plan import plan
from hawx_hw.architectures.simt.runner import run_program
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Conv2d, Graph, Linear, Requantization, Tensor
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.graph.reference import run
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import BLOCKS, UNITS, lenet5, random_plan

SEEDS = range(3 * len(UNITS))


@pytest.mark.parametrize("seed", SEEDS)
def test_random_networks_equal_the_reference(seed: int) -> None:
    made = random_plan(seed)
    compiled, program = made.compiled, made.program
    images = random_codes(np.random.default_rng(seed), made.graph, 1)
    image = compiled.image.memory(images[0].reshape(compiled.image.shape))
    outcome = simulate(program, image, limit=100_000)
    assert outcome.trap is None
    expected = run(made.graph, images, made.assignment)[0]
    got = compiled.layers[-1].target.codes(outcome.memories.result)
    np.testing.assert_array_equal(got.ravel(), expected.ravel())
    assert outcome.cycles == made.timing.cycles
    assert outcome.released == made.timing.released


def test_random_networks_have_all_that_is_to_be_tested() -> None:
    """Layers of each kind, pixel groups, blocks by filter and tap, packed images, edges."""
    plans = [random_plan(seed) for seed in SEEDS]
    layers = [layer for each in plans for layer in each.compiled.layers]
    kinds = {type(layer.operation.node).__name__ for layer in layers}
    assert kinds == {"Conv2d", "Linear", "MaxPool2d", "AveragePool2d", "Add", "Clamp"}
    assert {1, 2} <= {layer.groups for layer in layers}
    sections = [section for layer in layers for section in layer.lowered.sections]
    assert any(len(section.walks) > 1 for section in sections)
    assert any(section.full_tiles > 1 and section.last_beats for section in sections)
    assert any(section.tiles > 1 and section.lines > 1 for section in sections)
    assert any(section.walks[0].stream.width for section in sections)
    assert any(not layer.target.layout.is_natural for layer in layers)
    assert any(each.compiled.image.packed for each in plans)
    assert any(len(layer.placement.selections) > 1 for layer in layers if layer.placement)


@pytest.mark.parametrize(
    ("lanes", "cycles"), [(1, 417_060), (8, 57_824), (13, 55_532), (16, 29_532), (32, 17_440)]
)
def test_lenet5(lanes: int, cycles: int) -> None:
    graph = lenet5()
    made = plan(graph, SimtConfig(lanes=lanes))
    images = random_codes(np.random.default_rng(0), graph, 1 if lanes == 1 else 3)
    memories = np.stack([made.compiled.image.memory(image) for image in images])
    result = run_program(made.program, memories)
    expected = run(graph, images)
    assert len(np.unique(expected)) > 8
    got = [made.compiled.layers[-1].target.codes(each).ravel() for each in result]
    np.testing.assert_array_equal(got, expected)
    assert made.timing.cycles == cycles


def test_lenet5_keeps_the_multipliers_busy() -> None:
    for lanes in (8, 16):
        report = plan(lenet5(), SimtConfig(lanes=lanes)).cycles()
        convolutions = report.layers[:2]
        busy = sum(x.macs for x in convolutions) / lanes / sum(x.total for x in convolutions)
        assert busy >= 0.88
        assert report.macs / lanes / report.core >= 0.88


def test_a_layer_3_x_3_of_many_channels_keeps_the_multipliers_busy() -> None:
    network = convolution(np.random.default_rng(0), (16, 16, 16), 16, (3, 3), padding=(1, 1, 1, 1))
    report = plan(network, SimtConfig(lanes=16)).cycles()
    assert report.macs / 16 / report.core >= 0.95


@pytest.mark.parametrize("seed", range(6))
def test_lanes_with_given_blocks(seed: int) -> None:
    """Few lanes hold the block of few filters, which follow each other on them."""
    rng = np.random.default_rng(seed)
    network = convolution(rng, (3, 5, 6), 7, (3, 3))
    (node,) = network.nodes
    assert isinstance(node, Conv2d)
    choice = rng.integers(0, 3, 7)
    blocks = {node.name: LayerBlocks.by_filter([BLOCKS[i] for i in choice], node.weight.shape)}
    present = rng.random((8, 3)) < 0.4
    present[np.arange(3), np.arange(3)] = True
    present[:, 0] |= ~present.any(axis=1)
    lanes = LaneBlockMap(BLOCKS, present)
    unit = Unit(lanes=8, warps=3)
    layers = operations(network, window_limit=unit.registers, assignment=blocks)
    compiled = compile_layers(network, layers, unit, lanes)
    images = random_codes(rng, network, 2)
    memories = np.stack([compiled.image.memory(image) for image in images])
    result = run_program(compiled.program, memories)
    got = [compiled.layers[-1].target.codes(each) for each in result]
    np.testing.assert_array_equal(got, run(network, images, blocks))
    for selection in compiled.program.lanes.choice:
        assert lanes.present[np.arange(8), selection].all()


@pytest.mark.parametrize("lanes", [16, 32])
def test_blocks_by_lane_cost_neither_cycles_nor_blocks(lanes: int) -> None:
    """With one block a lane, alike in all clusters, pixel groups are those of one block everywhere.

    Three of eight lanes hold the second block: each layer has as many filters under it as these
    serve in the turns that it takes anyway, and nowhere in order.
    """
    graph, rng = lenet5(), np.random.default_rng(lanes)
    blocks = {}
    for node in graph.nodes:
        if isinstance(node, (Conv2d, Linear)):
            count = len(node.weight)
            choice = np.zeros(count, dtype=int)
            choice[rng.permutation(count)[: 3 * -(-count // 8)]] = 1
            chosen = [BLOCKS[index] for index in choice]
            blocks[node.name] = LayerBlocks.by_filter(chosen, node.weight.shape)
    uniform, made = (plan(graph, SimtConfig(lanes=lanes), each) for each in ({}, blocks))
    assert [layer.groups for layer in made.compiled.layers] == [
        layer.groups for layer in uniform.compiled.layers
    ]
    assert sum(made.instances) == lanes
    assert made.program.lanes.selections == 1
    assert made.cycles().core <= 1.02 * uniform.cycles().core


def test_lanes_that_lack_a_block_are_refused() -> None:
    network = convolution(np.random.default_rng(0), (1, 3, 3), 2, (1, 1))
    weight = network.nodes[0].weight  # type: ignore[attr-defined]
    blocks = {network.nodes[0].name: LayerBlocks.by_filter(BLOCKS[:2], weight.shape)}
    unit = Unit(lanes=4)
    layers = operations(network, window_limit=8, assignment=blocks)
    with pytest.raises(UserError, match=r"uses block drum\(k=4\), which no lane holds"):
        compile_layers(network, layers, unit, LaneBlockMap.uniform(BLOCKS[:1], 4))
    # One block for each tap, of each lane one: no lane can compute a filter.
    taps = np.array([[[BLOCKS[0], BLOCKS[1]]]] * 2, dtype=object).reshape(2, 1, 1, 2)
    network = convolution(np.random.default_rng(0), (1, 3, 3), 2, (1, 2))
    layers = operations(
        network, window_limit=8, assignment={network.nodes[0].name: LayerBlocks.by_weight(taps)}
    )
    lanes = LaneBlockMap(BLOCKS[:2], np.array([[True, False], [False, True]] * 2))
    with pytest.raises(UserError, match="cannot serve the blocks of 'conv'"):
        compile_layers(network, layers, unit, lanes)


def alternating(inputs: int) -> tuple[Graph, dict[str, LayerBlocks]]:
    """A linear layer of one output whose taps alternate between two blocks."""
    rng = np.random.default_rng(0)
    weight = rng.integers(-127, 128, (1, inputs)).astype(np.int8)
    rule = Requantization(np.array([1]), 8, 0)
    node = Linear("fc", ("x",), weight, np.zeros(1, np.int32), rule)
    tensors = {"x": Tensor((inputs,), 1.0, 0), "fc": Tensor((1,), 1.0, 0)}
    each = np.array([BLOCKS[i % 2] for i in range(inputs)], dtype=object)
    blocks = {"fc": LayerBlocks.by_weight(each.reshape(1, -1))}
    return Graph("taps", "x", (node,), tensors), blocks


def test_taps_whose_blocks_alternate_are_a_stream_instruction_each() -> None:
    network, blocks = alternating(40)
    made = plan(network, SimtConfig(lanes=1), blocks)
    assert [len(s.walks) for s in made.compiled.layers[0].lowered.sections] == [40]
    # They differ in the scalars, and in the selection.
    assert len(made.program.streams) == 2
    images = random_codes(np.random.default_rng(1), network, 1)
    outcome = simulate(made.program, made.compiled.image.memory(images[0].reshape(-1, 1, 1)))
    assert outcome.memories.result.tolist() == run(network, images, blocks).tolist()


def test_programs_that_do_not_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network, blocks = alternating(40)
    monkeypatch.setattr("hawx_hw.architectures.simt.compile.PC_BITS", 6)
    with pytest.raises(UserError, match="instructions does not fit the 64 that a unit can have"):
        plan(network, SimtConfig(lanes=1), blocks)
    monkeypatch.setattr("hawx_hw.architectures.simt.compile.MOST_DESCRIPTORS", 1)
    with pytest.raises(UserError, match="needs 2 streams, and a unit has 1: layer 'fc' alone"):
        plan(network, SimtConfig(lanes=1), blocks)


def test_a_network_beyond_the_addresses_is_refused() -> None:
    network = convolution(np.random.default_rng(0), (1, 5000, 5000), 1, (1, 1))
    with pytest.raises(UserError, match="activations need addresses of 25 bits"):
        plan(network, SimtConfig(lanes=2))


@pytest.mark.parametrize("seed", SEEDS)
def test_scalars_are_no_wider_than_they_need_to_be(seed: int) -> None:
    """One bit less would not reach all words, or a coordinate would come back onto the map."""
    made = random_plan(seed)
    unit = made.unit
    assert unit.activation_words <= 1 << unit.word_bits
    needed = max(len(made.program.weights), len(made.program.constants), unit.activation_words)
    assert unit.scalar_bits <= max(12, (needed << unit.byte_bits).bit_length() + 1)


def test_a_unit_has_what_its_network_needs() -> None:
    graph = lenet5()
    needed, everything = (
        plan(graph, SimtConfig(lanes=8, instructions=choice)).unit for choice in ("needed", "all")
    )
    assert everything.instructions == () and everything.vectors
    assert not needed.vectors and not needed.adds_codes
    assert "MAC.z" in needed.instructions and "SUB" not in needed.instructions
    # Six filters on eight lanes.
    assert needed.predicates == 1
    assert replace(needed, instructions=(), loops=2, predicates=3) == everything
