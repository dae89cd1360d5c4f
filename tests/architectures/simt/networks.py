"""Random networks with blocks on units of many shapes, and LeNet-5 with random weights."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import Plan, plan
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.block import Block
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
from hawx_hw.graph.random_graphs import random_graph

__all__ = ["BLOCKS", "UNITS", "assignment", "lenet5", "random_plan"]

#: One of them has an offset for its activations, and none but the first gives zero for zero.
BLOCKS: tuple[Block, ...] = tuple(map(by_name, ("exact", "drum(4)", "array(ha=1,hb=0,v=4)")))

UNITS: tuple[dict[str, Any], ...] = (
    {"lanes": 8},
    {"lanes": 1},
    {"lanes": 4, "warps": 1},
    {"lanes": 13},
    {"lanes": 32},
    {"lanes": 16, "warps": 8},
    {"lanes": 12, "warps": 3, "registers": 5},
    {"lanes": 6, "warps": 2, "word": 3, "requantizers": 2},
    {"lanes": 8, "cluster": 2, "block_register": True},
    {"lanes": 3, "taps": 2, "registers": 2},
    {"lanes": 16, "word": 4, "cluster": 4, "taps": 3, "warps": 5},
    {"lanes": 24, "cluster": 12, "word": 12},
)


def assignment(rng: np.random.Generator, graph: Graph, level: int) -> Assignment:
    """Blocks: none, or by layer, by filter, by tap of all filters, for ``level`` 0 to 3."""
    blocks: dict[str, LayerBlocks] = {}
    for node in graph.nodes:
        if not isinstance(node, (Conv2d, Linear)) or level == 0:
            continue
        shape = node.weight.shape
        if level == 1:
            blocks[node.name] = LayerBlocks.uniform(BLOCKS[rng.integers(3)], shape)
        elif level == 2:
            choice = rng.integers(0, 3, len(node.weight))
            blocks[node.name] = LayerBlocks.by_filter([BLOCKS[i] for i in choice], shape)
        else:
            taps = (
                rng.integers(0, 2, shape[1:]) if node.weight[0].size <= 60 else np.zeros(shape[1:])
            )
            each = np.array([BLOCKS[int(i)] for i in taps.ravel()], dtype=object)
            blocks[node.name] = LayerBlocks.by_weight(
                np.broadcast_to(each.reshape(shape[1:]), shape)
            )
    return blocks


@cache
def random_plan(seed: int) -> Plan:
    """A small network on one of :data:`UNITS`, with blocks of one of the four levels."""
    rng = np.random.default_rng(seed)
    keys = UNITS[seed % len(UNITS)]
    while True:
        graph = random_graph(
            rng,
            layers=int(rng.integers(1, 5)),
            max_size=int(rng.integers(1, 10)),
            max_channels=int(rng.choice([1, 2, 4, 13, 20])),
        )
        if graph.macs <= 3000 * min(keys["lanes"], 8):
            break
    level = seed // len(UNITS) % 4
    loaded = {"parameters": "loaded"} if seed % 2 else {}
    accelerator = SimtConfig.model_validate({**keys, **loaded})
    return plan(graph, accelerator, assignment(rng, graph, level))


@cache
def lenet5() -> Graph:
    """LeNet-5 for 28 x 28 images, with random weights whose codes fill their range."""
    rng = np.random.default_rng(5)
    nodes: list[Node] = []
    tensors = {"image": Tensor((1, 28, 28), 1.0, -128)}

    def parts(*shape: int) -> tuple[np.ndarray, np.ndarray, Requantization]:
        weight = rng.integers(-127, 128, shape).astype(np.int8)
        spread = 73 * 73 * np.sqrt(weight[0].size)
        rule = Requantization(np.full(shape[0], int(40 / spread * 2**24)), 24, 0)
        # Padding and images have a mean that no bias takes away; signs of weights do.
        return weight, np.zeros(shape[0], np.int32), rule

    def add(node: Node, *shape: int) -> None:
        nodes.append(node)
        tensors[node.name] = Tensor(shape, 1.0, 0)

    add(Conv2d("conv1", ("image",), *parts(6, 1, 5, 5), padding=(2, 2, 2, 2)), 6, 28, 28)
    add(MaxPool2d("pool1", ("conv1",), (2, 2), (2, 2)), 6, 14, 14)
    add(Conv2d("conv2", ("pool1",), *parts(16, 6, 5, 5)), 16, 10, 10)
    add(MaxPool2d("pool2", ("conv2",), (2, 2), (2, 2)), 16, 5, 5)
    add(Flatten("flat", ("pool2",)), 400)
    sizes = (400, 120, 84, 10)
    for number, name in enumerate(("fc1", "fc2", "fc3")):
        source = nodes[-1].name
        add(Linear(name, (source,), *parts(sizes[number + 1], sizes[number])), sizes[number + 1])
    return Graph("lenet5", "image", tuple(nodes), tensors)
