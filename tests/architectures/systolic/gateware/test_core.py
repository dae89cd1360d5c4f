"""The core computes exactly what the reference computes, in exactly the predicted cycles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.write_trace import write_trace
from hawx_hw.assignment.space import Space
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.compensation.per_filter import Compensated
from hawx_hw.errors import UserError
from hawx_hw.gateware.core_simulation import run_core
from hawx_hw.graph.graph import Add, AveragePool2d, Clamp, Conv2d, Linear, MaxPool2d
from hawx_hw.graph.random_graphs import KINDS, random_codes, random_graph
from hawx_hw.graph.reference import run_all
from tests.search.small import small_graph, small_images
from tests.synthetic_blocks import Biased, random_assignment


def check(mapped: Plan, images: np.ndarray, assignment: Assignment | None = None) -> None:
    """Results, every word that each layer stores, and cycles; all exact."""
    tensors = run_all(mapped.graph, images, assignment)
    expected = write_trace(mapped, tensors)
    cycles = [layer.total for layer in mapped.cycles().layers]
    inferences = run_core(mapped.core({}), images)
    assert len(inferences) == len(images)
    for number, inference in enumerate(inferences):
        for layer, writes in zip(expected, inference.writes, strict=True):
            assert [address for address, _ in writes] == layer.addresses.tolist(), layer.name
            codes = np.array([list(codes) for _, codes in writes], dtype=np.uint8).view(np.int8)
            differ = (codes != layer.codes[number]) & (layer.channels >= 0)
            assert not differ.any(), f"{layer.name}: words {np.flatnonzero(differ.any(axis=1))}"
        np.testing.assert_array_equal(inference.result, tensors[mapped.graph.output][number])
        assert inference.layer_cycles == cycles


@st.composite
def accelerators(draw: st.DrawFn) -> tuple[int, ArrayShape]:
    rows, columns = draw(st.integers(1, 11)), draw(st.integers(1, 9))
    slice_columns = draw(st.sampled_from([d for d in range(1, 10) if columns % d == 0]))
    requantizers = draw(st.sampled_from([d for d in range(1, 5) if slice_columns % d == 0]))
    architecture = ArrayShape(
        rows=rows,
        columns=columns,
        slice_columns=slice_columns,
        weight_rows=draw(st.integers(1, rows)),
        requantizers=requantizers,
        accumulators=draw(st.integers(1, 40)),
    )
    return draw(st.integers(0, 2**32 - 1)), architecture


def check_random(
    seed: int, architecture: ArrayShape, *, layers: int, size: int = 7, channels: int = 8
) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=layers, max_size=size, max_channels=channels)
    check(plan(graph, architecture), random_codes(rng, graph, 1))


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(accelerators(), st.integers(1, 3))
def test_random_networks(accelerator: tuple[int, ArrayShape], layers: int) -> None:
    check_random(*accelerator, layers=layers, size=5, channels=6)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(accelerators(), st.integers(1, 4))
def test_many_random_networks(accelerator: tuple[int, ArrayShape], layers: int) -> None:
    check_random(*accelerator, layers=layers)


def check_blocks(
    seed: int, architecture: ArrayShape, *, layers: int, size: int = 7, channels: int = 8
) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=layers, max_size=size, max_channels=channels)
    assignment = random_assignment(rng, graph, slices=architecture.rows > 1)
    try:
        mapped = plan(graph, architecture, assignment)
    except UserError as error:
        # Too few columns for so many kinds of filter, or fewer rows than kinds of tap.
        assert "cannot serve" in error.what
        assume(False)
    check(mapped, random_codes(rng, graph, 1), assignment)


@settings(max_examples=14, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(accelerators(), st.integers(1, 3))
def test_random_blocks(accelerator: tuple[int, ArrayShape], layers: int) -> None:
    check_blocks(*accelerator, layers=layers, size=5, channels=6)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(accelerators(), st.integers(1, 4))
def test_many_random_blocks(accelerator: tuple[int, ArrayShape], layers: int) -> None:
    check_blocks(*accelerator, layers=layers)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_layer(kind: str) -> None:
    rng = np.random.default_rng(KINDS.index(kind))
    output = "vector" if kind == "linear" else "map"
    graph = random_graph(rng, layers=1, max_size=7, max_channels=5, kinds=(kind,), output=output)
    expected = {
        "conv": Conv2d,
        "linear": Linear,
        "maxpool": MaxPool2d,
        "avgpool": AveragePool2d,
        "add": Add,
        "clamp": Clamp,
    }[kind]
    assert any(isinstance(node, expected) for node in graph.nodes)
    check(plan(graph, ArrayShape.complete(3, 4)), random_codes(rng, graph, 1))


def test_blocks_that_a_layer_does_not_select_hold_still() -> None:
    """On real activations, in every PE: of three blocks only the layer's own ever toggles."""
    made: list[tuple[int, Any]] = []

    class Remembered(Biased):
        def component(self, architecture: str | None = None) -> Any:
            component = super().component(architecture)
            made.append((self.bias, component))
            return component

    rng = np.random.default_rng(2)
    graph = random_graph(rng, layers=3, kinds=("conv",), output="map", max_size=6, max_channels=4)
    layers = [node for node in graph.nodes if isinstance(node, Conv2d)]
    assert len(layers) == 3
    blocks = [Remembered(number) for number in range(3)]
    assignment = {
        node.name: LayerBlocks.uniform(block, node.weight.shape)
        for node, block in zip(layers, blocks, strict=True)
    }
    mapped = plan(graph, ArrayShape.complete(2, 2), assignment, PeBlockMap.uniform(blocks, 2, 2))
    before: dict[int, tuple[int, int]] = {}
    toggles = np.zeros((3, 3), dtype=int)  # layer, block
    running = [-1]

    def probe(ctx: Any, core: Any) -> None:
        layer = ctx.get(core.layer)
        now = {index: (ctx.get(c.a), ctx.get(c.b)) for index, (_, c) in enumerate(made)}
        # In each PE the operands move to the next layer's block once, with its first weight.
        if ctx.get(core.busy) and layer == running[0]:
            for index, (block, _) in enumerate(made):
                toggles[layer, block] += now[index] != before[index]
        running[0] = layer
        before.update(now)

    images = random_codes(rng, graph, 1)
    (inference,) = run_core(mapped.core({}), images, probe=probe)
    expected = run_all(graph, images, assignment)[graph.output][0]
    np.testing.assert_array_equal(inference.result, expected)
    assert len(made) == 2 * 2 * 3
    assert (np.diag(toggles) > 20).all()
    moved = toggles - np.diag(np.diag(toggles))
    assert moved.sum() == np.diag(moved, -1).sum()
    assert moved.max() <= 2 * 2


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (2, 8), (33, 2)])
def test_images_one_after_another(shape: tuple[int, int]) -> None:
    """The next image is written while the present one computes, and changes nothing."""
    rng = np.random.default_rng(shape[0])
    graph = random_graph(rng, layers=3, max_size=6, max_channels=5)
    check(plan(graph, ArrayShape.complete(*shape)), random_codes(rng, graph, 4))


def test_one_pixel_follows_itself() -> None:
    """A linear layer at one tile a cycle adds to a sum that is not yet in the memory."""
    rng = np.random.default_rng(3)
    graph = random_graph(rng, layers=2, kinds=("linear",), max_features=24)
    mapped = plan(graph, ArrayShape.complete(4, 4, weight_rows=4))
    assert any(step.output_tile_pixels == 0 and step.tap_tiles > 1 for step in mapped.steps)
    check(mapped, random_codes(rng, graph, 2))


@pytest.mark.parametrize(
    ("slices", "shape"),
    [
        ("channels", (3, 3)),
        pytest.param("rows", (4, 3), marks=pytest.mark.slow),
        pytest.param("columns", (5, 2), marks=pytest.mark.slow),
    ],
)
def test_parts_of_kernels_are_skipped(slices: str, shape: tuple[int, int]) -> None:
    """Groups of filters, each with blocks of its own in each slice; some of them multiply nothing.

    A layer with nothing to multiply at all has its biases for sums.
    """
    graph = small_graph()
    blocks = [by_name(name) for name in ("exact", "none", "array(1,0,4)")]
    groups = {"a": np.array([0, 1]), "b": np.array([0, 1, 1]), "c": np.array([0, 1, 0, 1, 0])}
    groups["d"] = np.zeros(4, dtype=np.int64)
    space = Space.by_granularity(graph, blocks, "kernel", slices, groups=groups)
    vector = np.random.default_rng(len(slices)).integers(0, 3, space.units)
    unit = space.unit("b")
    vector[np.unique(unit[0])[1:]] = 1
    vector[np.unique(space.unit("d"))] = 1
    assignment = space.assignment(vector)
    assert all(by_name("none") in assignment[name].blocks for name in ("b", "d"))
    images = small_images(graph, 2)[0]
    compensated = Compensated(graph, space, images)(vector)
    check(plan(compensated, ArrayShape.complete(*shape), assignment), images, assignment)


def test_an_array_that_skips_everything() -> None:
    graph = small_graph()
    space = Space.by_layer(graph, [by_name("exact"), by_name("none")])
    assignment = space.assignment(space.uniform(1))
    images = small_images(graph, 2)[0]
    compensated = Compensated(graph, space, images)(space.uniform(1))
    mapped = plan(compensated, ArrayShape.complete(3, 2), assignment)
    assert mapped.pe_blocks.blocks == (by_name("none"),)
    check(mapped, images, assignment)
