"""Dimensions and layers for the tests of the core's parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import Step
from hawx_hw.graph.graph import (
    Conv2d,
    Graph,
    MaxPool2d,
    Node,
    Requantization,
    Tensor,
    output_shape,
)


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


def planned(graph: Graph, architecture: ArrayShape) -> tuple[Plan, Dimensions]:
    """The plan and the dimensions of its core."""
    mapped = plan(graph, architecture)
    return mapped, Dimensions.of(mapped)


def set_layer(ctx: Any, layer: Any, dimensions: Dimensions, step: Step) -> None:
    """Put a program step on a port of type ``Dimensions.descriptor``."""
    for name, _, _ in dimensions.fields:
        ctx.set(layer[name], getattr(step, name))
