"""Cycles of LeNet-5 on arrays of several shapes, against the lower bound and against published
generators.

    python benchmarks/cycles.py

The cycle model is exact (``hawx verify`` compares it with the simulation, to the cycle), and
depends on the network's shape only, so all weights here are 127. The lower bound is that of any
weight-stationary array:
``ceil(K / rows) * ceil(F / columns) * pixels`` for a convolution, weights / (weight bytes a cycle)
for a linear layer at batch 1. The numbers of other generators are quoted from the project's
references, not measured here.
"""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.table import Table

from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.gateware.shell import CYCLES_AFTER_DONE, CYCLES_BEFORE_START
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

_QUOTED = [
    ("NNgen 1.3.4", 25, 92089),
    ("NNgen 1.3.4", 50, 40657),
    ("NNgen 1.3.4", 100, 23617),
]
_SHAPES = [(1, 1), (4, 4), (5, 3), (8, 8), (16, 4), (16, 16), (32, 32)]


def lenet5() -> Graph:
    """LeNet-5 for 28 x 28 images, with all weights 127."""
    nodes: list[Node] = []
    tensors = {"image": Tensor((1, 28, 28), 1.0, -128)}

    def add(node: Node, shape: tuple[int, ...]) -> None:
        nodes.append(node)
        tensors[node.name] = Tensor(shape, 1.0, 0)

    def parts(*shape: int) -> tuple[np.ndarray, np.ndarray, Requantization]:
        rule = Requantization(np.ones(shape[0]), 1, 0)
        return np.full(shape, 127, np.int8), np.zeros(shape[0], np.int32), rule

    add(Conv2d("conv1", ("image",), *parts(6, 1, 5, 5), padding=(2, 2, 2, 2)), (6, 28, 28))
    add(MaxPool2d("pool1", ("conv1",), (2, 2), (2, 2)), (6, 14, 14))
    add(Conv2d("conv2", ("pool1",), *parts(16, 6, 5, 5)), (16, 10, 10))
    add(MaxPool2d("pool2", ("conv2",), (2, 2), (2, 2)), (16, 5, 5))
    add(Flatten("flat", ("pool2",)), (400,))
    for name, source, outputs, inputs in (
        ("fc1", "flat", 120, 400),
        ("fc2", "fc1", 84, 120),
        ("fc3", "fc2", 10, 84),
    ):
        add(Linear(name, (source,), *parts(outputs, inputs)), (outputs,))
    return Graph("lenet5", "image", tuple(nodes), tensors)


def lower_bound(mapped: Plan) -> int:
    """Cycles that no weight-stationary array of this shape can undercut."""
    shape = mapped.array
    cycles = 0
    for layer in mapped.layers:
        if layer.weight is None:
            continue
        filters, taps = len(layer.weight), layer.weight[0].size
        pixels = layer.macs // layer.weight.size
        if pixels == 1:
            cycles += -(-layer.weight.size // (shape.weight_rows * shape.columns))
        else:
            cycles += -(-taps // shape.rows) * -(-filters // shape.columns) * pixels
    return cycles


def main() -> None:
    """Print the table."""
    graph = lenet5()
    table = Table(title="LeNet-5, one 28 x 28 image at a time (NNgen: quoted, parameters streamed)")
    for name in ("array", "multipliers", "cycles", "of it core", "lower bound", "utilization"):
        table.add_column(name, justify="right")
    image, result = graph.tensors["image"].size, graph.tensors[graph.output].size
    for rows, columns in _SHAPES:
        mapped = plan(graph, ArrayShape.complete(rows, columns))
        report = mapped.cycles()
        total = image + CYCLES_BEFORE_START + report.core + CYCLES_AFTER_DONE + result
        table.add_row(
            f"{rows} x {columns}",
            str(rows * columns),
            f"{total:,}",
            f"{report.core:,}",
            f"{lower_bound(mapped):,}",
            f"{report.macs / (rows * columns * total):.1%}",
        )
    for name, multipliers, cycles in _QUOTED:
        share = graph.macs / (multipliers * cycles)
        table.add_row(name, str(multipliers), f"{cycles:,}", "", "", f"{share:.1%}")
    Console().print(table)


if __name__ == "__main__":
    main()
