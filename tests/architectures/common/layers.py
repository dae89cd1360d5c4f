"""Single layers for the tests of how networks are mapped onto multipliers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hawx_hw.architectures.common.operations import Operation, operations
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.graph.graph import (
    Conv2d,
    Graph,
    MaxPool2d,
    Node,
    Requantization,
    Tensor,
    output_shape,
)
from tests.synthetic_blocks import BLOCKS


def convolution(
    rng: np.random.Generator,
    shape: tuple[int, int, int],
    filters: int,
    kernel: tuple[int, int],
    *,
    stride: tuple[int, int] = (1, 1),
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    pool: tuple[int, int] | None = None,
) -> Graph:
    """A convolution of random weights, with a fused max pooling if asked for."""
    nodes: list[Node] = [
        Conv2d(
            "conv",
            ("image",),
            rng.integers(-127, 128, (filters, shape[0], *kernel)).astype(np.int8),
            rng.integers(-500, 500, filters).astype(np.int32),
            Requantization(rng.integers(1, 65536, filters), 24, 3),
            stride,
            padding,
        )
    ]
    if pool:
        nodes.append(MaxPool2d("pool", ("conv",), pool, pool))
    tensors = {"image": Tensor(shape, 1.0, -7)}
    for node in nodes:
        shapes = [tensors[name].shape for name in node.inputs]
        tensors[node.name] = Tensor(output_shape(node, shapes), 1.0, 3)
    return Graph("parts", "image", tuple(nodes), tensors)


def layer(choice: np.ndarray, kernel: tuple[int, int] = (1, 1), name: str = "conv") -> Operation:
    """A convolution; ``choice`` (filters, taps) are indices into ``BLOCKS``."""
    filters, taps = choice.shape
    graph = convolution(
        np.random.default_rng(0), (taps // (kernel[0] * kernel[1]), 5, 5), filters, kernel
    )
    made = operations(graph, window_limit=16)[0]
    assert made.weight is not None
    blocks = np.array(BLOCKS, dtype=object)[choice].reshape(made.weight.shape)
    node = replace(made.node, name=name)
    return replace(made, blocks=LayerBlocks.by_weight(blocks), name=name, node=node)
