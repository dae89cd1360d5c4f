"""The self-test of the C kernels: a few networks compared with the reference before use."""

from __future__ import annotations

import functools
import warnings

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import CODES, Block, BlockComponent
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.emulation import compiler
from hawx_hw.emulation.compiler import CompilerError, Variant
from hawx_hw.emulation.factors import single
from hawx_hw.emulation.native import Native
from hawx_hw.emulation.products import Products
from hawx_hw.emulation.rank_one import lay_out
from hawx_hw.graph import reference
from hawx_hw.graph.graph import (
    Add,
    AveragePool2d,
    Clamp,
    Conv2d,
    Graph,
    Linear,
    MaxPool2d,
    Node,
    Requantization,
    Tensor,
)
from hawx_hw.graph.random_graphs import random_codes, random_graph

__all__ = ["checked_native"]

_SEEDS = range(12)


def checked_native(name: str | None, threads: int) -> Native:
    """The kernels of the variant ``name`` (None: the widest that pass), tested once.

    Where a wider variant fails, a RuntimeWarning is issued.

    Raises
    ------
    CompilerError
        They cannot be compiled, this CPU does not support them, or their results differ from the
        reference.
    ValueError
        There is no such variant.
    """
    variants = {variant.name: variant for variant in compiler.VARIANTS}
    if name is not None and name not in variants:
        raise ValueError(f"Variant must be one of {', '.join(variants)}, not {name!r}")
    supported = compiler.supported()
    requested = supported if name is None else (variants[name],)
    if not set(requested) <= set(supported):
        raise CompilerError(f"This CPU cannot run the kernels for {name}")
    wrong: list[str] = []
    for variant in requested:
        if _right(variant):
            if wrong:
                warnings.warn(
                    f"{_complaint(wrong)}; those for {variant.name} are used",
                    RuntimeWarning,
                    stacklevel=4,
                )
            return Native(variant, threads)
        wrong.append(variant.name)
    raise CompilerError(_complaint(wrong))


def _complaint(wrong: list[str]) -> str:
    names = " and ".join(wrong)
    return f"The compiled kernels for {names} compute wrong codes"


class _Sample(Block):
    """Base of blocks without gateware."""

    implementations = ()

    def component(self, implementation: str | None = None) -> BlockComponent:
        raise NotImplementedError("There is no gateware for a block of the self-test")


class _Arbitrary(_Sample):
    """Any 16-bit product for any operands."""

    family = "arbitrary"

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(0)
        table = rng.integers(-(2**15), 2**15, (len(CODES), len(CODES)), dtype=np.int32)
        products: np.ndarray = table[a - CODES[0], b - CODES[0]]
        return products


class _Remapped(_Sample):
    """Products of rank 1 whose remapped activations need more than 8 bits."""

    family = "remapped"

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        products: np.ndarray = (a * (b * abs(b) // 99 + 7)).astype(np.int32)
        return products


@functools.cache
def _right(variant: Variant) -> bool:
    native = Native(variant, 1)
    kinds: list[Block] = [Exact(), _Arbitrary(), _Remapped()]
    for seed in _SEEDS:
        rng = np.random.default_rng(seed)
        graph = random_graph(rng, layers=5, max_size=9, max_channels=7)
        images = random_codes(rng, graph, 4)
        blocks = {
            node.name: LayerBlocks.uniform(kinds[seed % len(kinds)], node.weight.shape)
            for node in graph.nodes
            if isinstance(node, (Conv2d, Linear))
        }
        if not _same(native, graph, images, blocks):
            return False
    return _same(native, _plain_nodes(), random_codes(rng, _plain_nodes(), 4), {})


def _plain_nodes() -> Graph:
    """One node of every kind without weights."""
    nodes = (
        MaxPool2d("max", ("input",), (3, 2), (1, 1), (1, 0, 1, 1)),
        AveragePool2d(
            *("average", ("max",), (2, 3), (1, 1), 30),
            requantization=Requantization(np.array([9000]), 16, 3),
            padding=(1, 1, 0, 1),
        ),
        Clamp("clamp", ("average",), -3, Requantization(np.array([40000]), 15, -4, -90, 100, 2)),
        Add("add", ("clamp", "average"), 777, Requantization(np.array([20000, 35000]), 15, 1)),
    )
    points = {"input": -5, "max": -5, "average": 3, "clamp": -4, "add": 1}
    return Graph("nodes", "input", nodes, {n: Tensor((3, 8, 7), 1.0, p) for n, p in points.items()})


def _same(native: Native, graph: Graph, images: np.ndarray, blocks: dict[str, LayerBlocks]) -> bool:
    values = reference.run_all(graph, images, blocks)
    for node in graph.nodes:
        inputs = [values[name] for name in node.inputs]
        zero_point = graph.tensors[node.inputs[0]].zero_point
        for result in _results(native, node, inputs, zero_point, blocks.get(node.name)):
            if result is not None and not np.array_equal(result, values[node.name]):
                return False
    return True


def _results(
    native: Native,
    node: Node,
    inputs: list[np.ndarray],
    zero_point: int,
    blocks: LayerBlocks | None,
) -> list[np.ndarray | None]:
    """The results of each kernel for this node; None where the node is not supported."""
    x = inputs[0]
    match node:
        case Conv2d() | Linear():
            products = Products(node, blocks)
            if not (products.words_fit and products.sums_fit):
                return []
            tables = native.prepare(products)
            results: list[np.ndarray | None] = [
                native.convolve(node, tables, x, zero_point, by_entries=way)
                for way in (False, True)
            ]
            factors = single(products)
            product = lay_out(factors) if factors is not None else None
            if product is not None:
                results.append(native.convolve(node, product, x, zero_point))
            return results
        case MaxPool2d():
            return [native.max_pool(node, x)]
        case AveragePool2d():
            return [native.average_pool(node, x, zero_point)]
        case Add():
            return [native.add(node, *inputs)]
        case Clamp():
            return [native.clamp(node, x)]
        case _:
            return []
