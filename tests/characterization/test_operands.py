"""Operands: the products of a layer's stream add up to the layer's own sums."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.characterization.operands import Operands, operand_stream, uniform
from hawx_hw.graph.reference import run_all
from tests.architectures.common.layers import convolution

CASES = [
    # Shape, filters, kernel, stride, padding, pool, rows, columns, accumulators.
    ((3, 6, 5), 5, (3, 2), (1, 1), (1, 0, 1, 0), None, 4, 2, 7),
    ((2, 9, 9), 3, (3, 3), (2, 2), (0, 1, 0, 1), None, 8, 4, 64),
    ((1, 8, 8), 4, (3, 3), (1, 1), (1, 1, 1, 1), (2, 2), 5, 3, 12),
]


def sums_of(graph, image: np.ndarray) -> np.ndarray:
    """Sums of the convolution before its bias, by definition: (filters, rows, columns)."""
    node = graph.nodes[0]
    top, left, bottom, right = node.padding
    zero = graph.tensors["image"].zero_point
    padded = np.pad(image.astype(int), ((0, 0), (top, bottom), (left, right)), constant_values=zero)
    filters, _, height, width = node.weight.shape
    rows = (padded.shape[1] - height) // node.stride[0] + 1
    columns = (padded.shape[2] - width) // node.stride[1] + 1
    result = np.zeros((filters, rows, columns), dtype=int)
    for row in range(rows):
        for column in range(columns):
            y, x = row * node.stride[0], column * node.stride[1]
            window = padded[:, y : y + height, x : x + width]
            result[:, row, column] = (node.weight.astype(int) * window).sum(axis=(1, 2, 3))
    return result


@pytest.mark.parametrize(
    ("shape", "filters", "kernel", "stride", "padding", "pool", "rows", "columns", "deep"), CASES
)
def test_products_add_up_to_the_layer(
    shape, filters, kernel, stride, padding, pool, rows, columns, deep
) -> None:
    rng = np.random.default_rng(1)
    graph = convolution(rng, shape, filters, kernel, stride=stride, padding=padding, pool=pool)
    mapped = plan(graph, ArrayShape.complete(rows, columns, accumulators=deep))
    images = rng.integers(-128, 128, (2, *shape)).astype(np.int8)
    values = {name: np.asarray(codes) for name, codes in run_all(graph, images).items()}
    result = operand_stream(mapped, "conv", values)
    assert result.weights.shape == result.activations.shape
    assert result.weights.shape[1] == rows * columns
    products = result.weights.astype(int) * result.activations
    per_column = products.reshape(-1, rows, columns).sum(axis=1)

    placement = next(iter(mapped.placements.values()))
    step = mapped.steps[0]
    pixels = []
    layer = mapped.layers[0]
    for row in range(layer.output_shape[1]):
        for column in range(layer.output_shape[2]):
            for y in range(layer.pool.kernel[0]):
                for x in range(layer.pool.kernel[1]):
                    pixels.append((row * layer.pool.stride[0] + y,
                                   column * layer.pool.stride[1] + x))  # fmt: skip
    at = 0
    for image in images:
        expected = sums_of(graph, image)
        for tile in placement.filters:
            for first in range(0, len(pixels), step.output_tile_pixels + 1):
                output_tile = pixels[first : first + step.output_tile_pixels + 1]
                total = np.zeros((len(output_tile), columns), dtype=int)
                for _ in placement.taps:
                    total += per_column[at : at + len(output_tile)]
                    at += len(output_tile)
                for column, number in enumerate(tile):
                    sums = [0 if number < 0 else expected[number, y, x] for y, x in output_tile]
                    assert total[:, column].tolist() == sums
    assert at == len(result.weights)


def test_a_weight_stays_while_pixels_flow() -> None:
    graph = convolution(np.random.default_rng(2), (1, 6, 6), 1, (1, 1))
    mapped = plan(graph, ArrayShape.complete(1, 1, accumulators=9))
    image = np.arange(36, dtype=np.int8).reshape(1, 1, 6, 6)
    result = operand_stream(mapped, "conv", run_all(graph, image))
    assert result.activations[:, 0].tolist() == list(range(36))
    assert set(result.weights[:, 0].tolist()) == {int(graph.nodes[0].weight[0, 0, 0, 0])}
    assert result.name == "conv, 1 images"
    assert len(operand_stream(mapped, "conv", run_all(graph, image), limit=10).weights) == 10


def test_layers_have_the_names_of_node_and_tensor() -> None:
    graph = convolution(np.random.default_rng(3), (1, 8, 8), 2, (3, 3), pool=(2, 2))
    mapped = plan(graph, ArrayShape.complete(4, 2))
    assert list(mapped.operand_layers) == ["conv", "pool"]
    with pytest.raises(ValueError, match="layer must be one of conv, pool, not 'fc'"):
        operand_stream(mapped, "fc", {})


def test_uniform_operands_are_the_same_each_time() -> None:
    first = uniform(steps=300, streams=50)
    assert first.digest == uniform(steps=300, streams=50).digest != uniform(300, 50, 1).digest
    for codes in (first.weights, first.activations):
        assert codes.shape == (300, 50)
        counts = np.bincount(codes.ravel().astype(int) + 128, minlength=256)
        assert counts.min() > 20
    assert abs(np.corrcoef(first.weights.ravel(), first.activations.ravel())[0, 1]) < 0.03


@dataclasses.dataclass(frozen=True)
class Narrow(Exact):
    family = "narrow"

    @property
    def weights(self) -> range:
        return range(-100, 101)

    @property
    def activations(self) -> range:
        return range(128)


def test_only_accepted_codes_come_to_a_block() -> None:
    result = uniform(100, 64).accepted(Narrow())
    assert (int(result.weights.min()), int(result.weights.max())) == (-100, 100)
    assert (int(result.activations.min()), int(result.activations.max())) == (0, 127)
    same = uniform(100, 64)
    assert same.accepted(by_name("exact")).digest == same.digest


@pytest.mark.parametrize("shapes", [((4,), (4,)), ((4, 2), (4, 3)), ((1, 2), (1, 2))])
def test_wrong_shapes_are_refused(shapes) -> None:
    with pytest.raises(ValueError, match="must be of one shape"):
        Operands(*(np.zeros(shape, dtype=np.int8) for shape in shapes), "odd")
