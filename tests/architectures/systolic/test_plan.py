"""The plan: fused layers, memory, program, tiles, cycles, stores."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from hawx_hw.architectures.systolic.lowering import Tiles
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import SIGNED, Step, program_format
from hawx_hw.architectures.systolic.tiling import output_tile_windows
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import (
    Clamp,
    Flatten,
    Graph,
    Node,
    Requantization,
    Tensor,
    output_shape,
)
from hawx_hw.graph.random_graphs import random_graph
from tests.architectures.common.layers import convolution
from tests.synthetic_blocks import BLOCKS, random_assignment

SEEDS = range(30)


def random_plan(seed: int) -> Plan:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=int(rng.integers(1, 6)), max_size=8)
    shape = ArrayShape.complete(
        int(rng.integers(1, 9)), int(rng.integers(1, 9)), accumulators=int(rng.integers(1, 50))
    )
    assignment = random_assignment(rng, graph, slices=shape.rows > 1) if seed % 2 else None
    try:
        return plan(graph, shape, assignment)
    except UserError:
        # Too small an array for so many kinds of filter: the next seed.
        return random_plan(seed + 1000)


def words_of(shape: tuple[int, ...], word_codes: int, positions: int | None = None) -> int:
    pixels = int(np.prod(shape[1:]))
    return -(-(positions or shape[0]) // word_codes) * pixels


@pytest.mark.parametrize("seed", SEEDS)
def test_live_tensors_do_not_overlap(seed: int) -> None:
    """Run the layers, and remember which tensor wrote each word last."""
    mapped = random_plan(seed)
    word_codes = mapped.array.requantizers
    image = mapped.layers[0].input_shape
    owner: dict[int, str] = dict.fromkeys(range(words_of(image, word_codes)), mapped.graph.input)
    shapes = {mapped.graph.input: image}
    for layer in mapped.layers:
        for source in layer.sources:
            begin = mapped.arena.addresses[source]
            words = range(
                begin, begin + words_of(shapes[source], word_codes, mapped.layouts[source].size)
            )
            assert {owner[word] for word in words} == {source}
        shapes[layer.name] = layer.output_shape
        if layer is not mapped.layers[-1]:
            begin, size = mapped.arena.addresses[layer.name], mapped.layouts[layer.name].size
            for word in range(begin, begin + words_of(layer.output_shape, word_codes, size)):
                assert word < mapped.arena.depth
                assert owner.get(word) not in layer.sources, "written while it is read"
                owner[word] = layer.name
    image_words = range(words_of(image, word_codes))
    assert {owner[word] for word in image_words} == {mapped.graph.input}, "the image is exclusive"


@pytest.mark.parametrize("seed", SEEDS)
def test_program_words_hold_every_field(seed: int) -> None:
    mapped = random_plan(seed)
    for step, word in zip(mapped.steps, mapped.program, strict=True):
        offset = 0
        for (name, width, signed), field in zip(mapped.format.widths, fields(Step), strict=True):
            assert (name, signed) == (field.name, field.name in SIGNED)
            value = word >> offset & ((1 << width) - 1)
            if signed and value >> (width - 1):
                value -= 1 << width
            assert value == getattr(step, name), name
            offset += width
        assert word >> offset == 0


def test_fields_without_sign_must_not_be_negative() -> None:
    step = replace(random_plan(0).steps[0], output_tile_pixels=-1)
    with pytest.raises(ValueError, match="Field 'output_tile_pixels' must not be negative, not -1"):
        program_format([step])


@pytest.mark.parametrize("seed", SEEDS)
def test_ledger_adds_up(seed: int) -> None:
    mapped = random_plan(seed)
    report = mapped.cycles()
    assert report.macs == mapped.graph.macs
    assert report.core == sum(layer.total for layer in report.layers)
    for layer, step in zip(report.layers, mapped.steps, strict=True):
        assert layer.causes.keys() == report.causes.keys()
        assert sum(layer.causes.values()) == pytest.approx(
            layer.total, abs=1e-9
        )  # shares of whole cycles
        assert layer.causes["edge_tiles"] > -1e-9
        if not step.stream:
            tiles = (step.tap_tiles + 1) * (step.filter_tiles + 1)
            pixels = (
                step.output_tiles * (step.output_tile_pixels + 1) + step.last_output_tile_pixels + 1
            )
            assert layer.total > tiles * pixels


@pytest.mark.parametrize("accumulators", [1, 4, 7, 128])
def test_output_tiles_fit_the_accumulators(accumulators: int) -> None:
    network = convolution(np.random.default_rng(0), (3, 9, 9), 5, (2, 2), pool=(2, 2))
    shape = ArrayShape.complete(4, 4, accumulators=accumulators)
    mapped = plan(network, shape)
    assert all(step.output_tile_pixels < accumulators for step in mapped.steps if not step.stream)
    # A window that does not fit is pooled by a layer of its own.
    assert len(mapped.layers) == (1 if accumulators >= 4 else 2)
    for layer in mapped.layers:
        if layer.multiplies:
            source = mapped.layouts[layer.sources[0]]
            tiles = Tiles.of(mapped.placements[layer.name], source, shape.requantizers)
            assert output_tile_windows(layer, shape, tiles) >= 1


def chain(*nodes: Node, shape: tuple[int, ...] = (4, 6, 6)) -> Graph:
    tensors = {"image": Tensor(shape, 1.0, 0)}
    for node in nodes:
        sources = [tensors[name] for name in node.inputs]
        made = getattr(node, "requantization", sources[0])
        result = output_shape(node, [source.shape for source in sources])
        tensors[node.name] = Tensor(result, 1.0, made.zero_point)
    return Graph("chain", "image", nodes, tensors)


def rule(count: int) -> Requantization:
    return Requantization(np.ones(count), 1, 0)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (
            (Clamp("clamp", ("image",), 0, rule(1)), Flatten("flat", ("clamp",))),
            r"output 'flat' is a flattened map of shape \(4, 6, 6\).*End the network before",
        ),
        (
            (Flatten("flat", ("image",)),),
            "'chain' computes nothing.*at least one layer besides flat",
        ),
    ],
)
def test_what_the_accelerator_cannot_run_is_refused(nodes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        plan(chain(*nodes), ArrayShape.complete(4, 4))


def test_memory_limits() -> None:
    network = convolution(np.random.default_rng(0), (4, 40, 40), 4, (1, 1))
    need = plan(network, ArrayShape.complete(4, 4)).activation_bytes
    kib = -(-need // 1024)
    plan(network, ArrayShape.complete(4, 4, activation_kib=kib))
    with pytest.raises(UserError, match=f"Set accelerator.activation_kib to {kib} or more|needs"):
        plan(network, ArrayShape.complete(4, 4, activation_kib=kib - 1))


def test_blocks_are_counted_by_pe() -> None:
    blocks = (BLOCKS[0], BLOCKS[1])
    present = np.ones((2, 3, 2), dtype=bool)
    present[0, :, 1] = present[1, 0, 0] = False
    network = convolution(np.random.default_rng(0), (1, 4, 4), 2, (1, 1))
    made = plan(network, ArrayShape.complete(2, 3), pe_blocks=PeBlockMap(blocks, present))
    assert (made.blocks, made.instances, made.multipliers) == (blocks, (5, 3), 6)
