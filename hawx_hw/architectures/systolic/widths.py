"""How many bits a network really needs of activations, weights, products and sums.

A block that cuts its operands does not read their low bits, codes and weights of a lower precision
have zeros there, and the products of both have zeros below them. None of these bits is stored,
moved, or added up. Partial sums are only as wide as the rows above can make them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.systolic.operations import Operation
from hawx_hw.architectures.systolic.parameters import weight_tiles
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.placement import Placement
from hawx_hw.blocks.block import Block

__all__ = ["Widths", "signed_bits", "unread_bits", "widths"]

#: Operands have eight bits, of which one is always kept.
_MOST_ZEROS = 7


@dataclass(frozen=True)
class Widths:
    """Bits of the datapath of an array.

    Parameters
    ----------
    activation_zeros : int
        Low bits of the codes in the activation memory that are left out: zero, or read by no block.
    weight_zeros : int
        Low bits of the weights that are left out.
    sum_zeros : int
        Low bits of products and sums that are left out: always zero.
    product_bits, sum_bits : tuple of int
        Two's complement widths of the products in each row, and of the sums that leave it, without
        these bits.
    """

    activation_zeros: int
    weight_zeros: int
    sum_zeros: int
    product_bits: tuple[int, ...]
    sum_bits: tuple[int, ...]

    @property
    def activation_bits(self) -> int:
        """Bits of a code in the activation memory."""
        return 8 - self.activation_zeros

    @property
    def weight_bits(self) -> int:
        """Bits of a stored weight."""
        return 8 - self.weight_zeros


def widths(
    layers: Sequence[Operation],
    image: str,
    placements: Mapping[str, Placement],
    pe_blocks: PeBlockMap,
) -> Widths:
    """The narrowest widths that change no result of ``layers``.

    Parameters
    ----------
    layers : sequence of Operation
    image : str
        Name of the network's input.
    placements : mapping of str to Placement
        Of each layer of the array.
    pe_blocks : PeBlockMap
    """
    unread = {block.digest: unread_bits(block) for layer in layers for block in _blocks(layer)}
    sum_zeros = _sum_zeros(layers, pe_blocks)
    product_bits, sum_bits = _partial_sums(layers, placements, pe_blocks, sum_zeros)
    return Widths(
        activation_zeros=_activation_zeros(layers, image, unread),
        weight_zeros=_weight_zeros(layers, unread),
        sum_zeros=sum_zeros,
        product_bits=product_bits,
        sum_bits=sum_bits,
    )


def unread_bits(block: Block) -> tuple[int, int]:
    """Low bits of the weight and of the activation that do not change the block's product."""
    table = block.raw_table
    codes = np.arange(256)
    zeros = []
    for axis in (0, 1):
        bits = next(
            bits
            for bits in range(_MOST_ZEROS, -1, -1)
            if np.array_equal(table, table.take(codes >> bits << bits, axis=axis))
        )
        zeros.append(bits)
    return zeros[0], zeros[1]


def signed_bits(*values: int) -> int:
    """Two's complement bits that hold every one of ``values``."""
    return max((v.bit_length() if v >= 0 else (~v).bit_length()) + 1 for v in values)


def _blocks(layer: Operation) -> Sequence[Block]:
    return () if layer.blocks is None else layer.blocks.blocks


def _trailing_zeros(values: np.ndarray, most: int) -> int:
    """Low bits that are zero in all of ``values``, at most ``most``."""
    bits = int(np.bitwise_or.reduce(np.abs(values.astype(np.int64)), axis=None))
    return min(most, (bits & -bits).bit_length() - 1) if bits else most


def _activation_zeros(
    layers: Sequence[Operation], image: str, unread: Mapping[str, tuple[int, int]]
) -> int:
    """Those of the tensor that needs most bits; the last layer's is not kept in this memory."""
    written = {image: 0}
    needed = {image: _MOST_ZEROS}
    for layer in layers:
        # The codes that a layer passes on, such as the largest of a window, are as they were read.
        rule = getattr(layer.node, "requantization", None)
        written[layer.name] = (
            min(written[source] for source in layer.sources)
            if rule is None
            else rule.step.bit_length() - 1
        )
        needed[layer.name] = _MOST_ZEROS
        for source in layer.sources:
            own = min((unread[block.digest][1] for block in _blocks(layer)), default=0)
            needed[source] = min(needed[source], max(own, written[source]))
    stored = (image, *(layer.name for layer in layers[:-1]))
    return min(needed[name] for name in stored)


def _weight_zeros(layers: Sequence[Operation], unread: Mapping[str, tuple[int, int]]) -> int:
    zeros = _MOST_ZEROS
    for layer in layers:
        if layer.blocks is None or layer.weight is None:
            continue
        for index, block in enumerate(layer.blocks.blocks):
            used = layer.weight[layer.blocks.choice == index]
            zeros = min(zeros, max(unread[block.digest][0], _trailing_zeros(used, _MOST_ZEROS)))
    return zeros


def _sum_zeros(layers: Sequence[Operation], pe_blocks: PeBlockMap) -> int:
    """Low zeros of all weights' products, and of the zeros that PEs without a weight multiply by.

    At most as many as every layer's requantization shifts out.
    """
    rules = [layer.node.requantization for layer in layers if layer.uses_array]  # type: ignore[attr-defined]
    zeros = min((rule.shift for rule in rules), default=0)
    for block in pe_blocks.blocks:
        zeros = _trailing_zeros(block.raw_table[128], zeros)
    for layer in layers:
        if layer.blocks is None or layer.weight is None:
            continue
        for index, block in enumerate(layer.blocks.blocks):
            used = np.unique(layer.weight[layer.blocks.choice == index].astype(np.int64))
            zeros = _trailing_zeros(block.raw_table[used + 128], zeros)
    return zeros


def _partial_sums(
    layers: Sequence[Operation],
    placements: Mapping[str, Placement],
    pe_blocks: PeBlockMap,
    zeros: int,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Bits of the products and of the sums of each row, over all tiles, columns and activations."""
    tables = [block.raw_table for block in pe_blocks.blocks]
    extremes = np.stack([[t.min(axis=1), t.max(axis=1)] for t in tables], axis=1).astype(np.int64)
    spans = np.zeros((2, 2, pe_blocks.rows), dtype=np.int64)  # products and sums; least and most
    for layer in layers:
        placement = placements.get(layer.name)
        if placement is None:
            continue
        tiles = weight_tiles(layer, placement).astype(np.int64) + 128
        products = extremes[:, placement.active, tiles]
        for number, values in enumerate((products, products.cumsum(axis=-2))):
            spans[number, 0] = np.minimum(spans[number, 0], values[0].min(axis=(0, 1, 3)))
            spans[number, 1] = np.maximum(spans[number, 1], values[1].max(axis=(0, 1, 3)))
    bits = [
        [signed_bits(int(least) >> zeros, int(most) >> zeros) for least, most in pair.T]
        for pair in spans
    ]
    return tuple(bits[0]), tuple(bits[1])
