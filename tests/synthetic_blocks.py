"""Blocks that no one would build, and assignments of them: whatever is mixed up shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import Module

from hawx_hw.blocks import Block
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.block import BlockComponent
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.graph.graph import Conv2d, Graph, Linear


class _Odd(Block):
    """``hardware(a, b)`` in numpy and, by the same operators, in Amaranth."""

    implementations = ("only",)

    def component(self, implementation: str | None = None) -> BlockComponent:
        block = self
        self._implementation(implementation)

        class Component(BlockComponent):
            def elaborate(self, platform: Any) -> Module:
                m = Module()
                m.d.comb += self.product.eq(block.hardware(self.a, self.b))
                return m

        return Component(self.product_bits)

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = np.asarray(a, np.int32), np.asarray(b, np.int32)
        product: np.ndarray = self.hardware(a, b) - self.activation_offset * a
        return product

    def hardware(self, a: Any, b: Any) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class Biased(_Odd):
    """Zero times zero is not zero, nor is anything else symmetric."""

    family = "biased"
    bias: int = 7

    def hardware(self, a: Any, b: Any) -> Any:
        return a * b + (b >> 1) + self.bias


@dataclass(frozen=True)
class Unsigned(_Odd):
    """Takes activations as unsigned codes, and is wrong by an odd term."""

    family = "odd_unsigned"
    activation_offset = 128
    step: int = 3

    def hardware(self, a: Any, b: Any) -> Any:
        return a * (b + 128) - (a >> 2) * self.step


@dataclass(frozen=True)
class Wide(_Odd):
    """Products of more than 16 bits."""

    family = "wide"

    def hardware(self, a: Any, b: Any) -> Any:
        return a * b * 4 + a - 3


BLOCKS: tuple[Block, ...] = (Exact(), Biased(), Biased(-20), Unsigned(), Unsigned(5), Wide())


def random_assignment(
    rng: np.random.Generator, graph: Graph, *, classes: int = 3, slices: bool = True
) -> Assignment:
    """Layers, filters or kernel slices with blocks of their own; some layers are left exact.

    Layers of equally many filters get the same filter classes, since they may be added.
    """
    filter_classes: dict[int, np.ndarray] = {}
    assignment: dict[str, LayerBlocks] = {}
    for node in graph.nodes:
        if not isinstance(node, (Conv2d, Linear)) or rng.random() < 0.15:
            continue
        shape = node.weight.shape
        kinds = rng.integers(1, classes + 1)
        mine = filter_classes.setdefault(shape[0], rng.integers(0, kinds, shape[0]))
        taps = np.zeros(shape[1:], dtype=np.int64)
        if slices and rng.random() < 0.5:
            axis = int(rng.integers(taps.ndim))
            line = rng.integers(0, 2, taps.shape[axis])
            taps += line.reshape([-1 if n == axis else 1 for n in range(taps.ndim)])
        blocks = np.array(BLOCKS, dtype=object)[rng.integers(0, len(BLOCKS), (classes, 2))]
        assignment[node.name] = LayerBlocks.by_weight(
            blocks[mine.reshape((-1,) + (1,) * taps.ndim), taps[None]]
        )
    return assignment
