"""What the parameter memories hold: weights by bank, and the constants of requantization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.systolic.operations import Operation
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.placement import Placement
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.graph.graph import (
    CODE_MAX,
    CODE_MIN,
    MULTIPLIER_BITS,
    Add,
    MaxPool2d,
    Requantization,
)

__all__ = [
    "Ranges",
    "RequantizerConstants",
    "constants",
    "corrections",
    "ranges",
    "requantization_words",
    "weight_tiles",
]


@dataclass(frozen=True)
class RequantizerConstants:
    """Multiplier and addend of one channel: ``code = clamp((sum * multiplier + addend) >> shift)``.

    The addend holds the bias, the rounding and the output's zero point:
    ``bias * multiplier + step * 2**(shift - 1) + zero_point * 2**shift``.
    """

    multiplier: int
    addend: int


def corrections(layer: Operation, placement: Placement, pe_blocks: PeBlockMap) -> np.ndarray:
    """What the array adds to the sums of each filter besides its products: int64 ``(filters,)``.

    A block of unsigned activations adds 128 times each weight; a row without a tap multiplies 0 by
    0, which need not be 0.
    """
    assert layer.weight is not None and layer.blocks is not None
    offsets = np.array([block.activation_offset for block in layer.blocks.blocks])
    added = (offsets[layer.blocks.choice] * layer.weight.astype(np.int64)).sum(axis=(1, 2, 3))
    zeros = np.array([int(block.raw_table[128, 128]) for block in pe_blocks.blocks])
    rests = np.count_nonzero(placement.taps < 0, axis=0)
    columns = (zeros[placement.active] * rests[:, None]).sum(axis=0)
    _, column = np.nonzero(placement.filters >= 0)
    added[placement.filters[placement.filters >= 0]] += columns[column]
    return added


def constants(
    layer: Operation, correction: np.ndarray | None = None, sum_zeros: int = 0
) -> list[RequantizerConstants]:
    """Constants of each filter (array), of each operand (addition), or the one pair of a stream.

    Parameters
    ----------
    layer : Operation
    correction : ndarray or None
        What :func:`corrections` gave for a layer of the array; nothing if left out.
    sum_zeros : int
        Low bits of a layer's sums that are left out. The bits of the addend below them can carry
        into no bit that counts, so they are cut off; the shift is that much less.
    """
    node = layer.node
    if isinstance(node, MaxPool2d):
        return [RequantizerConstants(2, 1)]
    rule: Requantization = node.requantization  # type: ignore[attr-defined]
    fixed = (rule.step << (rule.shift - 1)) + (rule.zero_point << rule.shift)
    multipliers = [int(m) for m in rule.multiplier]
    if isinstance(node, Add):
        return [RequantizerConstants(m, node.bias + fixed) for m in multipliers]
    if layer.weight is None:
        return [RequantizerConstants(multipliers[0], int(node.bias) * multipliers[0] + fixed)]  # type: ignore[attr-defined]
    if len(multipliers) == 1:
        multipliers *= len(layer.weight)
    biases = node.bias.astype(np.int64)  # type: ignore[attr-defined]
    if correction is not None:
        biases = biases - correction
    return [
        RequantizerConstants(m, (int(b) * m + fixed) >> sum_zeros)
        for m, b in zip(multipliers, biases, strict=True)
    ]


@dataclass(frozen=True)
class Ranges:
    """Bits that a network needs: of the sums in the array, of the addends, and after the
    multiplier."""

    sum_bits: int
    addend_bits: int
    product_bits: int


def ranges(
    layers: Sequence[Operation],
    placements: Mapping[str, Placement],
    pe_blocks: PeBlockMap,
    sum_zeros: int = 0,
) -> Ranges:
    """The narrowest widths (two's complement) in which no sum of ``layers`` can overflow.

    ``sum_zeros`` low bits of the array's sums are left out.

    Activations may be any code in [-128, 127]; every partial sum of a column lies between the sum
    of its most negative and that of its most positive terms.
    """
    sums = [CODE_MIN, CODE_MAX]
    addends = [0]
    products = [0]
    for layer in layers:
        placement = placements.get(layer.name)
        added = None if placement is None else corrections(layer, placement, pe_blocks)
        pairs = constants(layer, added, sum_zeros if placement else 0)
        addends += [pair.addend for pair in pairs]
        if placement is None:
            elements = 1 if isinstance(layer.node, MaxPool2d) else _elements(layer)
            spans = [(CODE_MIN * elements, CODE_MAX * elements)] * len(pairs)
        else:
            spans = [
                (least >> sum_zeros, most >> sum_zeros)
                for least, most in _spans(layer, placement, pe_blocks)
            ]
            sums += [value for span in spans for value in span]
        for pair, (least_sum, most) in zip(pairs, spans, strict=True):
            # Both operands of an addition add up in one register.
            share = len(pairs) if isinstance(layer.node, Add) else 1
            peak = max(other.multiplier for other in pairs) if share > 1 else pair.multiplier
            products += [
                pair.addend + share * least_sum * peak,
                pair.addend + share * most * peak,
            ]
    return Ranges(_bits(sums), _bits(addends), max(_bits(products), _bits(addends)))


def _spans(layer: Operation, placement: Placement, pe_blocks: PeBlockMap) -> list[tuple[int, int]]:
    """The least and the largest sum of each filter in the array, products of unused rows
    included."""
    assert layer.weight is not None and layer.blocks is not None
    tables = np.stack([block.raw_table for block in layer.blocks.blocks])
    weight = layer.weight.astype(np.int64) + 128
    least = np.minimum(tables.min(axis=2), 0)[layer.blocks.choice, weight].sum(axis=(1, 2, 3))
    most = np.maximum(tables.max(axis=2), 0)[layer.blocks.choice, weight].sum(axis=(1, 2, 3))
    zeros = np.array([abs(int(block.raw_table[128, 128])) for block in pe_blocks.blocks])
    rests = np.count_nonzero(placement.taps < 0, axis=0)
    slack = int((zeros[placement.active] * rests[:, None]).sum(axis=0).max())
    return [(int(a) - slack, int(b) + slack) for a, b in zip(least, most, strict=True)]


def requantization_words(
    layer: Operation,
    placement: Placement | None,
    pe_blocks: PeBlockMap,
    array: ArrayShape,
    bits: Ranges,
    sum_zeros: int = 0,
) -> list[int]:
    """Words of one pair for each requantizer, the first in the low bits.

    Of a pair the addend is above the multiplier.

    A layer of the array has one word for each group of as many columns of each filter tile;
    columns without a filter get zeros. A stream has one word, an addition one for each operand.
    """
    requantizers = array.requantizers
    if placement is None:
        return [_word([pair] * requantizers, bits) for pair in constants(layer)]
    of_filters = constants(layer, corrections(layer, placement, pe_blocks), sum_zeros)
    pairs = [
        of_filters[f] if f >= 0 else RequantizerConstants(0, 0) for f in placement.filters.flat
    ]
    return [_word(pairs[i : i + requantizers], bits) for i in range(0, len(pairs), requantizers)]


def weight_tiles(layer: Operation, placement: Placement) -> np.ndarray:
    """Weights as the array holds them: int8 ``(filter tiles, tap tiles, rows, columns)``,
    zero-filled."""
    if layer.weight is None:
        raise ValueError(f"Layer {layer.name!r} has no weights")
    flat = layer.weight.reshape(len(layer.weight), -1)
    # Index -1, which stands for nothing, reads the zeros at the end.
    padded = np.pad(flat, ((0, 1), (0, 1)))
    filters, taps = placement.filters, placement.taps
    tiles: np.ndarray = padded[filters[:, None, None, :], taps[None, :, :, None]]
    return tiles


def _elements(layer: Operation) -> int:
    return layer.pool.kernel[0] * layer.pool.kernel[1]


def _word(pairs: Sequence[RequantizerConstants], bits: Ranges) -> int:
    word = 0
    for number, pair in enumerate(pairs):
        addend = pair.addend & ((1 << bits.addend_bits) - 1)
        word |= (pair.multiplier | addend << MULTIPLIER_BITS) << (
            number * (MULTIPLIER_BITS + bits.addend_bits)
        )
    return word


def _bits(values: Sequence[int]) -> int:
    return max((v.bit_length() if v >= 0 else (~v).bit_length()) + 1 for v in values)
