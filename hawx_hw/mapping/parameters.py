"""What the parameter memories hold: weights by bank, and the constants of requantisation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.mapping.architecture import Architecture
from hawx_hw.mapping.lowering import tap_tiles
from hawx_hw.mapping.operations import Operation
from hawx_hw.quantize.graph import (
    CODE_MAX,
    CODE_MIN,
    MULTIPLIER_BITS,
    Add,
    MaxPool2d,
    Requantization,
)

__all__ = ["LaneConstants", "Ranges", "constants", "ranges", "requantization_words", "weight_tiles"]


@dataclass(frozen=True)
class LaneConstants:
    """Multiplier and addend of one channel: ``code = clamp((sum * multiplier + addend) >> shift)``.

    The addend holds the bias, the rounding and the output's zero point:
    ``bias * multiplier + step * 2**(shift - 1) + zero_point * 2**shift``.
    """

    multiplier: int
    addend: int


def constants(layer: Operation) -> list[LaneConstants]:
    """Constants of each filter (array), of each operand (addition), or the one pair of a stream."""
    node = layer.node
    if isinstance(node, MaxPool2d):
        return [LaneConstants(2, 1)]
    rule: Requantization = node.requantization  # type: ignore[attr-defined]
    fixed = (rule.step << (rule.shift - 1)) + (rule.zero_point << rule.shift)
    multipliers = [int(m) for m in rule.multiplier]
    if isinstance(node, Add):
        return [LaneConstants(m, node.bias + fixed) for m in multipliers]
    if layer.weight is None:
        return [LaneConstants(multipliers[0], int(node.bias) * multipliers[0] + fixed)]  # type: ignore[attr-defined]
    if len(multipliers) == 1:
        multipliers *= len(layer.weight)
    biases = [int(b) for b in node.bias]  # type: ignore[attr-defined]
    return [LaneConstants(m, b * m + fixed) for m, b in zip(multipliers, biases, strict=True)]


@dataclass(frozen=True)
class Ranges:
    """Bits that a network needs: of the sums in the array, of the addends, and after the
    multiplier."""

    sum_bits: int
    addend_bits: int
    product_bits: int


def ranges(layers: Sequence[Operation]) -> Ranges:
    """The narrowest widths (two's complement) in which no sum of ``layers`` can overflow.

    Activations may be any code in [-128, 127]; every partial sum of a column lies between the sum
    of its most negative and that of its most positive terms.
    """
    sums = [CODE_MIN, CODE_MAX]
    addends = [0]
    products = [0]
    for layer in layers:
        lanes = constants(layer)
        addends += [lane.addend for lane in lanes]
        if layer.weight is None:
            elements = 1 if isinstance(layer.node, MaxPool2d) else _elements(layer)
            spans = [(CODE_MIN * elements, CODE_MAX * elements)] * len(lanes)
        else:
            weight = layer.weight.reshape(len(layer.weight), -1).astype(np.int64)
            worst = np.maximum(weight * CODE_MIN, weight * CODE_MAX).sum(axis=1)
            least = np.minimum(weight * CODE_MIN, weight * CODE_MAX).sum(axis=1)
            spans = [(int(a), int(b)) for a, b in zip(least, worst, strict=True)]
            sums += [value for span in spans for value in span]
        for lane, (least_sum, most) in zip(lanes, spans, strict=True):
            # Both operands of an addition add up in one register.
            share = len(lanes) if isinstance(layer.node, Add) else 1
            peak = max(other.multiplier for other in lanes) if share > 1 else lane.multiplier
            products += [
                lane.addend + share * least_sum * peak,
                lane.addend + share * most * peak,
            ]
    return Ranges(_bits(sums), _bits(addends), max(_bits(products), _bits(addends)))


def requantization_words(layer: Operation, architecture: Architecture, bits: Ranges) -> list[int]:
    """Words of ``lanes`` pairs; lane 0 in the low bits, each addend above its multiplier.

    A layer of the array has one word for each group of ``lanes`` columns of each filter tile;
    columns without a filter get zeros. A stream has one word, an addition one for each operand.
    """
    pairs = constants(layer)
    lanes = architecture.lanes
    if layer.weight is None:
        return [_word([pair] * lanes, bits) for pair in pairs]
    tiles = -(-len(pairs) // architecture.columns)
    pairs += [LaneConstants(0, 0)] * (tiles * architecture.columns - len(pairs))
    return [_word(pairs[i : i + lanes], bits) for i in range(0, len(pairs), lanes)]


def weight_tiles(layer: Operation, architecture: Architecture) -> np.ndarray:
    """Weights as the array holds them: int8 ``(filter tiles, tap tiles, rows, columns)``,
    zero-filled."""
    if layer.weight is None:
        raise ValueError(f"Layer {layer.name!r} has no weights")
    filters = len(layer.weight)
    flat = layer.weight.reshape(filters, -1)
    across = -(-filters // architecture.columns)
    down = tap_tiles(layer, architecture)
    padded = np.zeros((across * architecture.columns, down * architecture.rows), dtype=np.int8)
    padded[:filters, : flat.shape[1]] = flat
    tiles = padded.reshape(across, architecture.columns, down, architecture.rows)
    return tiles.transpose(0, 2, 3, 1)


def _elements(layer: Operation) -> int:
    return layer.pool.kernel[0] * layer.pool.kernel[1]


def _word(pairs: Sequence[LaneConstants], bits: Ranges) -> int:
    word = 0
    for lane, pair in enumerate(pairs):
        addend = pair.addend & ((1 << bits.addend_bits) - 1)
        word |= (pair.multiplier | addend << MULTIPLIER_BITS) << (
            lane * (MULTIPLIER_BITS + bits.addend_bits)
        )
    return word


def _bits(values: Sequence[int]) -> int:
    return max((v.bit_length() if v >= 0 else (~v).bit_length()) + 1 for v in values)
