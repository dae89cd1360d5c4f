"""docs/drawing-*.svg: both architectures, drawn from plans of LeNet-5 as a report draws them."""

from __future__ import annotations

import numpy as np

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import plan as simt_plan
from hawx_hw.architectures.systolic.plan import plan as systolic_plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.graph.graph import (
    Conv2d,
    Flatten,
    Graph,
    Linear,
    MaxPool2d,
    Node,
    Requantization,
    Tensor,
)
from hawx_hw.report.html.drawing_svg import picture

__all__ = ["simt", "systolic"]

#: The convolutions have one block, the linear layers another one.
_BLOCKS = ("exact", "array(ha=2,hb=2,v=6)")
_CONVOLUTIONS = (("conv1", 6, 1, 2), ("conv2", 16, 6, 0))
_LINEAR = (("fc1", 120, 400), ("fc2", 84, 120), ("fc3", 10, 84))


def systolic() -> str:
    """The systolic array, 8 x 8."""
    shape = ArrayShape.complete(8, 8)
    return _written("drawing-systolic.svg", systolic_plan(_lenet5(), shape, _assignment()))


def simt() -> str:
    """The SIMT unit of 16 lanes."""
    unit = SimtConfig(lanes=16)
    return _written("drawing-simt.svg", simt_plan(_lenet5(), unit, _assignment()))


def _written(name: str, plan: Plan) -> str:
    return f"<!-- Written by python -m docs.generate {name} -->\n{picture(plan.drawing())}"


def _assignment() -> Assignment:
    nodes = _lenet5().nodes
    convolution, linear = map(by_name, _BLOCKS)
    return {
        node.name: LayerBlocks.uniform(
            convolution if isinstance(node, Conv2d) else linear, node.weight.shape
        )
        for node in nodes
        if isinstance(node, (Conv2d, Linear))
    }


def _lenet5() -> Graph:
    """LeNet-5 for images of 28 x 28 pixels, with random weights."""
    rng = np.random.default_rng(5)
    nodes: list[Node] = []
    tensors: dict[str, Tensor] = {"image": Tensor((1, 28, 28), 1.0, -128)}
    size = 28
    for name, filters, channels, padding in _CONVOLUTIONS:
        weight = _weights(rng, filters, channels, 5, 5)
        source = nodes[-1].name if nodes else "image"
        rule, bias = _rule(filters), np.zeros(filters, np.int32)
        nodes.append(Conv2d(name, (source,), weight, bias, rule, padding=(padding,) * 4))
        size += 2 * padding - 4
        tensors[name] = Tensor((filters, size, size), 1.0, 0)
        size //= 2
        nodes.append(MaxPool2d(f"pool{name[-1]}", (name,), (2, 2), (2, 2)))
        tensors[nodes[-1].name] = Tensor((filters, size, size), 1.0, 0)
    nodes.append(Flatten("flat", (nodes[-1].name,)))
    tensors["flat"] = Tensor((400,), 1.0, 0)
    for name, outputs, inputs in _LINEAR:
        weight, bias = _weights(rng, outputs, inputs), np.zeros(outputs, np.int32)
        nodes.append(Linear(name, (nodes[-1].name,), weight, bias, _rule(outputs)))
        tensors[name] = Tensor((outputs,), 1.0, 0)
    return Graph("lenet5", "image", tuple(nodes), tensors)


def _weights(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(-127, 128, shape).astype(np.int8)


def _rule(outputs: int) -> Requantization:
    return Requantization(np.full(outputs, 20_000), 24, 0)
