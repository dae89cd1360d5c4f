"""The layers of the accelerator: what is fused, and the kernels of linear layers."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.common.operations import Window, operations
from hawx_hw.blocks.assignment import LayerBlocks
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
    Requantization,
    Tensor,
    output_shape,
)
from tests.synthetic_blocks import Biased

IMAGE = (4, 6, 6)


def rule(count: int = 1) -> Requantization:
    return Requantization(np.ones(count), 1, 0)


def chain(*nodes: Node, shape: tuple[int, ...] = IMAGE) -> Graph:
    tensors = {"image": Tensor(shape, 1.0, 0)}
    for node in nodes:
        result = output_shape(node, [tensors[name].shape for name in node.inputs])
        tensors[node.name] = Tensor(result, 1.0, 0)
    return Graph("chain", "image", nodes, tensors)


def conv(name: str = "conv", source: str = "image", filters: int = 4) -> Conv2d:
    weight = np.arange(filters * 4, dtype=np.int8).reshape(filters, 4, 1, 1)
    bias = np.zeros(filters, np.int32)
    return Conv2d(name, (source,), weight, bias, rule(filters), (1, 1), (0, 0, 0, 0))


def names(*nodes: Node, limit: int = 16) -> list[str]:
    return [layer.name for layer in operations(chain(*nodes), window_limit=limit)]


def test_a_pooling_that_reads_each_code_once_is_fused() -> None:
    (layer,) = operations(
        chain(conv(), MaxPool2d("pool", ("conv",), (2, 3), (2, 3))), window_limit=6
    )
    assert layer.name == "pool"
    assert layer.title == "conv + pool"
    assert layer.node.name == "conv"
    assert layer.pool == Window((2, 3), (2, 3))
    assert layer.output_shape == (4, 3, 2)
    # Every output pixel of the convolution counts, 36 of 4 x 4 products.
    assert layer.macs == 36 * 16


@pytest.mark.parametrize(
    ("pool", "limit"),
    [
        (MaxPool2d("pool", ("conv",), (2, 3), (2, 3)), 5),  # larger than the accumulators
        (MaxPool2d("pool", ("conv",), (3, 3), (2, 2)), 16),  # windows overlap
        (MaxPool2d("pool", ("conv",), (2, 2), (2, 2), (1, 1, 1, 1)), 16),  # padding
        (AveragePool2d("pool", ("conv",), (2, 2), (2, 2), 0, rule()), 16),  # no maximum
    ],
)
def test_other_poolings_are_layers_of_their_own(pool: Node, limit: int) -> None:
    assert names(conv(), pool, limit=limit) == ["conv", "pool"]


def test_a_pooling_is_not_fused_if_something_else_reads_the_convolution() -> None:
    pool = MaxPool2d("pool", ("conv",), (2, 2), (2, 2))
    add = Add("add", ("conv", "conv"), 0, rule(2))
    assert names(conv(), pool, add) == ["conv", "pool", "add"]


def test_the_kernel_of_a_linear_layer_covers_the_map() -> None:
    weight = (np.arange(3 * 144) % 251 - 125).reshape(3, 144).astype(np.int8)
    flat = Flatten("flat", ("image",))
    linear = Linear("linear", ("flat",), weight, np.zeros(3, np.int32), rule(3))
    (layer,) = operations(chain(flat, linear), window_limit=16)
    assert layer.sources == ("image",)
    assert layer.input_shape == IMAGE
    assert layer.kernel == Window((6, 6))
    assert layer.weight is not None
    # Channel, row, column is the order in which a map is flattened.
    assert layer.weight[1, 2, 3, 4] == weight[1, 2 * 36 + 3 * 6 + 4]
    assert layer.macs == 3 * 144


def test_a_flattened_map_stays_a_map_in_additions_and_clamps() -> None:
    layers = operations(
        chain(
            Flatten("flat", ("image",)),
            Clamp("clamp", ("flat",), 0, rule()),
            Add("add", ("clamp", "flat"), 0, rule(2)),
            Linear("end", ("add",), np.ones((2, 144), np.int8), np.zeros(2, np.int32), rule(2)),
        ),
        window_limit=16,
    )
    assert [layer.input_shape for layer in layers] == [IMAGE] * 3
    assert layers[1].sources == ("clamp", "image")
    assert [layer.multiplies for layer in layers] == [False, False, True]
    assert layers[0].macs == 0


def test_a_vector_is_a_map_of_one_pixel() -> None:
    clamp = Clamp("clamp", ("image",), 0, rule())
    (layer,) = operations(chain(clamp, shape=(7,)), window_limit=1)
    assert layer.input_shape == layer.output_shape == (7, 1, 1)


def test_layers_without_an_assignment_are_exact() -> None:
    graph = chain(conv(), conv("second", "conv", 2))
    blocks = LayerBlocks.uniform(Biased(7), (2, 4, 1, 1))
    first, second = operations(graph, window_limit=1, assignment={"second": blocks})
    assert first.blocks is not None and second.blocks is not None
    assert [block.name for block in first.blocks.blocks] == ["exact"]
    assert second.blocks.blocks == (Biased(7),)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (
            (Flatten("flat", ("image",)),),
            "The network 'chain' computes nothing. Give it at least one layer besides flatten.",
        ),
        (
            (conv(), Flatten("flat", ("conv",))),
            "The network's output 'flat' is a flattened map of shape (4, 6, 6): the accelerator "
            "sends maps pixel by pixel and cannot reorder them. End the network before flattening, "
            "or with a linear layer.",
        ),
        (
            (
                Flatten("flat", ("image",)),
                Linear(
                    "fc",
                    ("flat",),
                    np.ones((144, 144), np.int8),
                    np.zeros(144, np.int32),
                    rule(144),
                ),
                Add("add", ("fc", "flat"), 0, rule(2)),
            ),
            "Node 'add' adds a flattened map to a vector: the accelerator stores them in different "
            "orders. Add before flattening.",
        ),
    ],
)
def test_networks_that_the_accelerator_cannot_run_are_refused(nodes, message: str) -> None:
    with pytest.raises(UserError) as caught:
        operations(chain(*nodes), window_limit=16)
    assert str(caught.value) == message


HINT = (
    "for which there is no hardware yet. It runs in the integer model and in the emulation: "
    "hawx run --until profile."
)


@pytest.mark.parametrize(
    ("node", "what"),
    [
        (
            Conv2d(
                "c", ("image",), np.ones((4, 2, 3, 3), np.int8), np.zeros(4, np.int32), rule(4),
                groups=2,
            ),
            "a convolution in 2 groups",
        ),
        (
            Conv2d(
                "c", ("image",), np.ones((4, 4, 3, 3), np.int8), np.zeros(4, np.int32), rule(4),
                dilation=(1, 2),
            ),
            "a convolution dilated by 1 x 2",
        ),
        (Concat("c", ("image", "image")), "a concatenation"),
        (
            Lookup("c", ("image",), np.zeros(256, np.int8), 0),
            "a function of each value other than a clamp",
        ),
    ],
)  # fmt: skip
def test_what_no_hardware_computes_is_refused_by_the_layer(node: Node, what: str) -> None:
    with pytest.raises(UserError) as caught:
        operations(chain(node), window_limit=16)
    assert str(caught.value) == f"The layer 'c' is {what}, {HINT}"
