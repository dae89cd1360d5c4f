"""How many bits a network really needs of activations, weights, products and sums.

A block that cuts its operands does not read their low bits, codes and weights of a lower precision
have zeros there, and the products of both have zeros below them. None of these bits is stored,
moved, or added up. Partial sums are only as wide as the rows above can make them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.common.widths import (
    activation_zeros,
    signed_bits,
    sum_zeros,
    weight_zeros,
)
from hawx_hw.architectures.systolic.parameters import weight_tiles
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.placement import Placement

__all__ = ["Widths", "widths"]


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
    # PEs without a weight multiply by 0.
    zeros = sum_zeros(layers, pe_blocks.blocks)
    product_bits, sum_bits = _partial_sums(layers, placements, pe_blocks, zeros)
    return Widths(
        activation_zeros=activation_zeros(layers, image),
        weight_zeros=weight_zeros(layers),
        sum_zeros=zeros,
        product_bits=product_bits,
        sum_bits=sum_bits,
    )


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
