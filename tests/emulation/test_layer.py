import numpy as np
import pytest

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.emulation import Emulator
from hawx_hw.emulation.layer import Layer
from hawx_hw.graph.graph import Conv2d, Graph, Linear, Requantization, Tensor
from hawx_hw.graph.random_graphs import random_codes
from tests.emulation.blocks import TableBlock, full_rank, near_product
from tests.emulation.running import WAYS, assert_equal, chain, drawn


@pytest.mark.parametrize("path", ["product", "factors"])
def test_products_of_higher_rank_are_refused(path):
    graph = chain()
    block = full_rank(np.random.default_rng(0))
    assignment = {
        node.name: LayerBlocks.uniform(block, node.weight.shape)
        for node in graph.nodes
        if isinstance(node, Linear)
    }
    with pytest.raises(ValueError, match="'linear1' cannot be computed exactly by path"):
        Emulator(graph, path=path).run(random_codes(np.random.default_rng(0), graph, 2), assignment)


@pytest.mark.parametrize(
    ("remap", "scale", "path"),
    [
        (np.arange(-128, 128), 1, "product"),
        (np.arange(-128, 128), 257, "product"),  # 127 times 257 is within 16 bits
        (np.arange(-128, 128) > 5, 258, "product"),
        (np.arange(-128, 128) > 5, 259, "tables"),
        (np.append(np.arange(-128, 127), 128), 1, "product"),  # of 16 bits
        (np.maximum(np.arange(-128, 128), 0) * 3 // 2, 1, "product"),  # of 8 bits, less 62
        (np.arange(-128, 128) ** 2 // 7, 1, "product"),
        (np.arange(-127, 129) // 2 * 2, 1, "product"),
    ],
)
def test_remapped_operands_at_their_limits(remap, scale, path):
    rng = np.random.default_rng(0)
    weight = rng.choice([-127, 127, 3], (7, 51)).astype(np.int8)
    rule = Requantization(np.array([9]), 25, 0)
    node = Linear("l", ("input",), weight, np.zeros(7, np.int32), rule)
    tensors = {"input": Tensor((51,), 1.0, 0), "l": Tensor((7,), 1.0, 0)}
    table = np.multiply.outer(scale * np.arange(-128, 128), remap)
    blocks = LayerBlocks.uniform(TableBlock(table), weight.shape)
    assert Layer(node, blocks, Emulator(chain())._native, "auto").path == path
    images = rng.choice([-128, 127, 0], (40, 51)).astype(np.int8)
    assert_equal(Emulator(Graph("g", "input", (node,), tensors)), images, {"l": blocks})


@pytest.mark.parametrize(("path", "variant"), WAYS)
def test_the_worst_sums_of_the_kernels(path, variant):
    """Words of 16 bits at their limits: every product is the least or the largest there is."""
    for low, high in ((-(2**15), 2**15 - 1), (0, 2**16 - 1), (-(2**16) + 1, 0)):
        table = np.full((256, 256), high)
        table[:, :128] = low
        weight = np.full((20, 3, 5, 5), 7, dtype=np.int8)
        rule = Requantization([40], 20, 0)
        node = Conv2d("c", ("input",), weight, np.zeros(20, np.int32), rule, (1, 1), (2, 2, 2, 2))
        tensors = {"input": Tensor((3, 9, 9), 1.0, -5), "c": Tensor((20, 9, 9), 1.0, 0)}
        images = np.random.default_rng(0).choice([-128, 127, -1, 0], (5, 3, 9, 9)).astype(np.int8)
        emulator = Emulator(Graph("g", "input", (node,), tensors), path=path, variant=variant)
        assert_equal(emulator, images, {"c": LayerBlocks.uniform(TableBlock(table), weight.shape)})


def test_a_padding_code_is_looked_up_like_any_other():
    """A block that makes 1000 of the zero point and 0 of everything else counts the padding."""
    table = np.zeros((256, 256))
    table[:, -17 + 128] = 1000
    node = Conv2d(
        *("c", ("input",), np.zeros((1, 1, 3, 3), np.int8), np.zeros(1, np.int32)),
        Requantization([131], 17, 0),  # 131 / 2^17 is 1 / 1000.5
        padding=(1, 1, 1, 1),
    )
    graph = Graph(
        "g", "input", (node,), {n: Tensor((1, 3, 3), 1.0, z) for n, z in (("input", -17), ("c", 0))}
    )
    assignment = {"c": LayerBlocks.uniform(TableBlock(table), node.weight.shape)}
    for path, variant in WAYS:
        result = Emulator(graph, path=path, variant=variant).run(
            np.zeros((1, 1, 3, 3), np.int8), assignment
        )
        assert result[0, 0].tolist() == [[5, 3, 5], [3, 0, 3], [5, 3, 5]]


@pytest.mark.parametrize("path", ["auto", "look-up"])
def test_products_beyond_16_bits_and_sums_beyond_32(path):
    rng = np.random.default_rng(1)
    graph, images, assignment, _ = drawn(4, kinds=(lambda rng: full_rank(rng, 2**23),), count=3)
    assert assignment
    assert_equal(Emulator(graph, path=path), images, assignment)

    weight = np.array([[1, 1]], np.int8)
    node = Linear("l", ("input",), weight, np.array([5], np.int32), Requantization([1], 31, 0))
    graph = Graph("g", "input", (node,), {"input": Tensor((2,), 1.0, 0), "l": Tensor((1,), 1.0, 0)})
    table = np.zeros((256, 256))
    table[129, 129] = 2**30
    blocks = {"l": LayerBlocks.uniform(TableBlock(table), weight.shape)}
    emulator = Emulator(graph, path=path)
    assert_equal(emulator, np.array([[0, 1]], np.int8), blocks)
    with pytest.raises(OverflowError, match="A sum does not fit int32"):
        emulator.run(np.array([[1, 1]], np.int8), blocks)
    assert rng is not None


@pytest.mark.parametrize("outputs", [1, 15, 16, 17, 70])
@pytest.mark.parametrize("batch", [1, 23, 24, 100])
def test_linear_of_any_size(outputs, batch):
    rng = np.random.default_rng(outputs)
    weight = rng.integers(-127, 128, (outputs, 200)).astype(np.int8)
    rule = Requantization(rng.integers(1, 9, outputs), 14, 3)
    node = Linear("l", ("input",), weight, np.arange(outputs, dtype=np.int32), rule)
    graph = Graph(
        "g", "input", (node,), {"input": Tensor((200,), 1.0, 0), "l": Tensor((outputs,), 1.0, 3)}
    )
    images = rng.integers(-128, 128, (batch, 200)).astype(np.int8)
    assignment = {"l": LayerBlocks.uniform(near_product(rng), weight.shape)}
    for threads in (1, 2, 3):
        assert_equal(Emulator(graph, threads=threads), images, assignment)


def test_sums_beyond_2_to_the_24_are_taken_in_float64():
    """In float32 the last bit of such sums is lost."""
    rng = np.random.default_rng(0)
    weight = np.full((2, 3001), 127, np.int8)
    bias = -weight.sum(axis=1, dtype=np.int64) * 126
    rule = Requantization(np.array([1]), 1, 0)
    node = Linear("l", ("input",), weight, bias.astype(np.int32), rule)
    images = np.full((64, 3001), 126, np.int8)
    images[np.arange(64), rng.integers(0, 3001, 64)] += rng.integers(-1, 2, 64).astype(np.int8)
    tensors = {"input": Tensor((3001,), 1.0, 0), "l": Tensor((2,), 1.0, 0)}
    emulator = Emulator(Graph("g", "input", (node,), tensors), path="factors")
    assert_equal(emulator, images, {})
    (layer,) = emulator._layers.values()
    assert layer._factors.kind is np.float64


@pytest.mark.parametrize(("path", "variant"), WAYS)
@pytest.mark.parametrize("count", [3, 40])
def test_the_choice_of_blocks_may_lie_in_any_order(path, variant, count):
    """Fancy indexing gives arrays in Fortran's order, which astype and arithmetic keep."""
    rng = np.random.default_rng(0)
    weight = np.asfortranarray(rng.integers(-127, 128, (7, 51)).astype(np.int8))
    rule = Requantization(np.array([9]), 15, 0)
    node = Linear("l", ("input",), weight, np.zeros(7, np.int32), rule)
    tensors = {"input": Tensor((51,), 1.0, 0), "l": Tensor((7,), 1.0, 0)}
    choice = np.asfortranarray(rng.integers(0, 2, weight.shape).astype(np.uint8))
    blocks = LayerBlocks((near_product(rng), near_product(rng)), choice)
    images = rng.integers(-128, 128, (count, 51)).astype(np.int8)
    emulator = Emulator(Graph("g", "input", (node,), tensors), path=path, variant=variant)
    assert_equal(emulator, images, {"l": blocks})
