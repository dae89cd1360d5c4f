"""What each layer of the accelerator computes: the graph's nodes, fused and named.

An :class:`Operation` is one layer: a convolution (a linear layer is one whose kernel is the whole
map) with the pooling that can be fused with it, or a pooling, addition or clamp that streams codes
past the multipliers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import (
    Add,
    AveragePool2d,
    Clamp,
    Concat,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    Lookup,
    MaxPool2d,
    Node,
)

__all__ = ["Operation", "Window", "operations"]

Pair = tuple[int, int]


@dataclass(frozen=True)
class Window:
    """A window that slides over a feature map: (vertical, horizontal) sizes; top and left
    padding."""

    kernel: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)


@dataclass(frozen=True, eq=False)
class Operation:
    """One layer of the accelerator.

    Parameters
    ----------
    name : str
        The tensor that it stores.
    sources : tuple of str
        The tensors that it reads (flattened ones under the name of the map that they are).
    input_shape, output_shape : tuple of int
        ``(channels, height, width)``.
    node : Node
        The node whose sums are requantized.
    kernel : Window
        Of the convolution; 1 x 1 where the layer does not multiply.
    pool : Window
        Of the pooling, fused or not.
    weight : ndarray of int8 or None
        ``(filters, channels, kernel height, kernel width)``; None where it does not multiply.
    blocks : LayerBlocks or None
        Of the weights; None where it does not multiply.
    macs : int
        Multiplications of the layer.
    """

    name: str
    sources: tuple[str, ...]
    input_shape: tuple[int, int, int]
    output_shape: tuple[int, int, int]
    node: Node
    kernel: Window
    pool: Window
    weight: np.ndarray | None
    blocks: LayerBlocks | None
    macs: int

    @property
    def title(self) -> str:
        """What the layer computes, for people: the names of the nodes that are one layer."""
        return self.name if self.node.name == self.name else f"{self.node.name} + {self.name}"

    @property
    def elements(self) -> int:
        """Elements of a pooling window, fused or not; 1 without pooling."""
        return self.pool.kernel[0] * self.pool.kernel[1]

    @property
    def multiplies(self) -> bool:
        """Whether the layer multiplies weights and activations."""
        return self.weight is not None


def operations(
    graph: Graph, *, window_limit: int, assignment: Assignment | None = None
) -> list[Operation]:
    """The layers of ``graph``, in order.

    Parameters
    ----------
    graph : Graph
    window_limit : int
        Largest pooling window (elements) that may be fused with a convolution.
    assignment : Assignment or None
        The blocks of convolutions and linear layers; what is left out is exact.

    Raises
    ------
    UserError
        Where the accelerator cannot run a node.
    """
    readers: dict[str, list[Node]] = {name: [] for name in graph.tensors}
    for node in graph.nodes:
        for name in node.inputs:
            readers[name].append(node)

    aliases: dict[str, str] = {}
    # The map as which each tensor is stored; a flattened map stays what it is.
    stored = {graph.input: _map_shape(graph.tensors[graph.input].shape)}
    layers: list[Operation] = []
    fused: set[str] = set()
    for node in graph.nodes:
        _check_supported(node)
        if node.name in fused:
            continue
        if isinstance(node, Flatten):
            aliases[node.name] = aliases.get(node.inputs[0], node.inputs[0])
            stored[node.name] = stored[node.inputs[0]]
            continue
        sources = tuple(aliases.get(name, name) for name in node.inputs)
        shape = stored[node.inputs[0]]
        if any(stored[name] != shape for name in node.inputs):
            raise UserError(
                f"Node {node.name!r} adds a flattened map to a vector: the accelerator stores them "
                "in different orders",
                hint="Add before flattening.",
            )
        pool: Node | None = None
        if isinstance(node, (Conv2d, Linear)):
            following = readers[node.name]
            if len(following) == 1 and _fusible(following[0], window_limit):
                pool = following[0]
                fused.add(pool.name)
        name = node.name if pool is None else pool.name
        elementwise = isinstance(node, (Add, Clamp))
        stored[name] = shape if elementwise else _map_shape(graph.tensors[name].shape)
        blocks = (assignment or {}).get(node.name)
        layers.append(_operation(node, name, pool, sources, shape, stored[name], graph, blocks))
    if not layers:
        raise UserError(
            f"The network {graph.name!r} computes nothing",
            hint="Give it at least one layer besides flatten.",
        )
    _check_output(graph, stored[graph.output])
    return layers


def _operation(
    node: Node,
    name: str,
    pool: Node | None,
    sources: tuple[str, ...],
    shape: tuple[int, int, int],
    output_shape: tuple[int, int, int],
    graph: Graph,
    blocks: LayerBlocks | None,
) -> Operation:
    kernel = window = Window()
    weight: np.ndarray | None = None
    macs = 0
    if isinstance(node, Conv2d):
        weight = node.weight
        kernel = Window(_pair(node.weight.shape[2:]), node.stride, _pair(node.padding[:2]))
        macs = int(weight.size) * int(np.prod(graph.tensors[node.name].shape[1:]))
    elif isinstance(node, Linear):
        # The kernel covers the whole map: channel, row, column is the order in which a map is
        # flattened.
        weight = node.weight.reshape(-1, *shape)
        kernel = Window(kernel=_pair(shape[1:]))
        macs = int(weight.size)
    elif isinstance(node, (MaxPool2d, AveragePool2d)):
        window = Window(node.kernel, node.stride, _pair(node.padding[:2]))
    if isinstance(pool, MaxPool2d):
        window = Window(pool.kernel, pool.stride)
    if weight is None:
        blocks = None
    elif blocks is None:
        blocks = LayerBlocks.uniform(by_name("exact"), weight.shape)
    else:
        blocks = LayerBlocks(blocks.blocks, blocks.choice.reshape(weight.shape))
    return Operation(
        name=name,
        sources=sources,
        input_shape=shape,
        output_shape=output_shape,
        node=node,
        kernel=kernel,
        pool=window,
        weight=weight,
        blocks=blocks,
        macs=macs,
    )


def _check_supported(node: Node) -> None:
    """Refuse what the integer model computes and no hardware of this project does yet."""
    lacking = None
    if isinstance(node, Conv2d) and node.groups > 1:
        lacking = f"a convolution in {node.groups} groups"
    elif isinstance(node, Conv2d) and node.dilation != (1, 1):
        lacking = f"a convolution dilated by {node.dilation[0]} x {node.dilation[1]}"
    elif isinstance(node, Concat):
        lacking = "a concatenation"
    elif isinstance(node, Lookup):
        lacking = "a function of each value other than a clamp"
    if lacking is not None:
        raise UserError(
            f"The layer {node.name!r} is {lacking}, for which there is no hardware yet",
            hint="It runs in the integer model and in the emulation: hawx run --until profile.",
        )


def _fusible(node: Node, limit: int) -> bool:
    """Whether a pooling needs each of its inputs just once, so that it can follow the
    requantizer."""
    return (
        isinstance(node, MaxPool2d)
        and node.kernel == node.stride
        and not any(node.padding)
        and node.kernel[0] * node.kernel[1] <= limit
    )


def _check_output(graph: Graph, stored: tuple[int, int, int]) -> None:
    shape = graph.tensors[graph.output].shape
    if _map_shape(shape) != stored:
        raise UserError(
            f"The network's output {graph.output!r} is a flattened map of shape {stored}: the "
            "accelerator sends maps pixel by pixel and cannot reorder them",
            hint="End the network before flattening, or with a linear layer.",
        )


def _map_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return (shape[0], shape[1], shape[2]) if len(shape) == 3 else (shape[0], 1, 1)


def _pair(values: tuple[int, ...]) -> Pair:
    first, second = values
    return int(first), int(second)
