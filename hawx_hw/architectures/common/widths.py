"""How many bits a network really needs of activations, weights and products.

A block that cuts its operands does not read their low bits, codes and weights of a lower precision
have zeros there, and the products of both have zeros below them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hawx_hw.architectures.common.operations import Operation
from hawx_hw.blocks.block import Block

__all__ = ["activation_zeros", "signed_bits", "sum_zeros", "unread_bits", "weight_zeros"]

#: Operands have eight bits, of which one is always stored.
_MOST_ZEROS = 7


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


def activation_zeros(layers: Sequence[Operation], image: str) -> int:
    """Low bits of the codes in the activation memory that are zero, or read by no block.

    Those of the tensor that needs most bits; the last layer's is not stored in this memory.

    Parameters
    ----------
    layers : sequence of Operation
    image : str
        Name of the network's input.
    """
    unread = _unread(layers)
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


def weight_zeros(layers: Sequence[Operation]) -> int:
    """Low bits of all weights that are zero, or not read by the weight's block."""
    unread = _unread(layers)
    zeros = _MOST_ZEROS
    for layer in layers:
        if layer.blocks is None or layer.weight is None:
            continue
        for index, block in enumerate(layer.blocks.blocks):
            used = layer.weight[layer.blocks.choice == index]
            zeros = min(zeros, max(unread[block.digest][0], _trailing_zeros(used, _MOST_ZEROS)))
    return zeros


def sum_zeros(layers: Sequence[Operation], zero_blocks: Sequence[Block] = ()) -> int:
    """Low bits that are zero in the products of all weights, whatever the activations.

    At most as many as every layer's requantization shifts out, and fewer than a product has bits,
    also where all products are zero.

    Parameters
    ----------
    layers : sequence of Operation
    zero_blocks : sequence of Block
        Blocks whose products with the weight 0 are added up too, where a cell without a weight
        multiplies all the same.
    """
    rules = [layer.node.requantization for layer in layers if layer.multiplies]  # type: ignore[attr-defined]
    zeros = min((rule.shift for rule in rules), default=0)
    for block in zero_blocks:
        zeros = min(zeros, block.product_bits - 1)
        zeros = _trailing_zeros(block.raw_table[128], zeros)
    for layer in layers:
        if layer.blocks is None or layer.weight is None:
            continue
        for index, block in enumerate(layer.blocks.blocks):
            zeros = min(zeros, block.product_bits - 1)
            used = np.unique(layer.weight[layer.blocks.choice == index].astype(np.int64))
            zeros = _trailing_zeros(block.raw_table[used + 128], zeros)
    return zeros


def _blocks(layer: Operation) -> Sequence[Block]:
    return () if layer.blocks is None else layer.blocks.blocks


def _unread(layers: Sequence[Operation]) -> dict[str, tuple[int, int]]:
    """What :func:`unread_bits` gives for every block of some layers, by its digest."""
    return {block.digest: unread_bits(block) for layer in layers for block in _blocks(layer)}


def _trailing_zeros(values: np.ndarray, most: int) -> int:
    """Low bits that are zero in all of ``values``, at most ``most``."""
    bits = int(np.bitwise_or.reduce(np.abs(values.astype(np.int64)), axis=None))
    return min(most, (bits & -bits).bit_length() - 1) if bits else most
