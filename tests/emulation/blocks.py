"""Blocks of any table, and random assignments of them."""

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import CODES, Block
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.graph.graph import Conv2d, Linear


class TableBlock(Block):
    """A block of a given table; optionally with factors."""

    family = "table"
    implementations = ()

    def __init__(self, table, factors=None):
        self._given = table.astype(np.int32)
        self._factors = factors

    def multiply(self, a, b):
        return self._given[a + 128, b + 128]

    def component(self, implementation=None):
        raise NotImplementedError

    def factors(self):
        return self._factors


def full_rank(rng, largest=2**15 - 1):
    return TableBlock(rng.integers(-largest - 1, largest + 1, (256, 256)))


def near_product(rng):
    """The exact product with a small error of full rank."""
    return TableBlock(np.multiply.outer(CODES, CODES) + rng.integers(-9, 10, (256, 256)))


def rank_one(rng):
    """Remapped operands, and a constant for each weight."""
    u, v = rng.integers(-60, 61, (2, 256))
    return TableBlock(np.outer(u, v) + rng.integers(-999, 1000, (256, 1)))


def low_rank(rng, rank=3):
    u, v = rng.integers(-60, 61, (2, 256, rank)).astype(np.int32)
    return TableBlock(u @ v.T, (u, v))


def random_assignment(rng, graph, kinds):
    """Blocks of ``kinds`` by layer, by filter, by kernel slice or by weight; some layers exact."""
    assignment = {}
    for node in graph.nodes:
        if not isinstance(node, (Conv2d, Linear)) or rng.random() < 0.15:
            continue
        count = int(rng.integers(1, 4))
        blocks = np.empty(count + 1, dtype=object)
        blocks[:] = [kinds[int(rng.integers(len(kinds)))](rng) for _ in range(count)] + [Exact()]
        shape = node.weight.shape
        of = [(1,) * len(shape), (shape[0], *[1] * (len(shape) - 1)), (1, *shape[1:]), shape]
        choice = rng.integers(0, count + 1, of[int(rng.integers(4))])
        assignment[node.name] = LayerBlocks.by_weight(np.broadcast_to(blocks[choice], shape))
    return assignment
