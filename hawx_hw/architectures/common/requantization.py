"""How any layer is requantized: multiplier and addend of each channel, and their bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.common.widths import signed_bits
from hawx_hw.graph.graph import (
    CODE_MAX,
    CODE_MIN,
    MULTIPLIER_BITS,
    Add,
    MaxPool2d,
    Requantization,
)

__all__ = [
    "OutputRule",
    "Ranges",
    "RequantizerConstants",
    "constants",
    "offsets",
    "output_rule",
    "packed",
    "ranges",
    "spans",
]


@dataclass(frozen=True)
class OutputRule:
    """What a requantizer does after the multiplier: ``clamp(sum >> shift)``, rounded to ``step``.

    Parameters
    ----------
    low, high : int
        The clamp; codes.
    shift : int
        At least 1.
    step : int
        What the codes are multiples of; a power of two.
    """

    low: int
    high: int
    shift: int
    step: int


def output_rule(layer: Operation) -> OutputRule:
    """The rule of a layer; a maximum passes codes unchanged, as ``(2 * code + 1) >> 1``."""
    if isinstance(layer.node, MaxPool2d):
        return OutputRule(CODE_MIN, CODE_MAX, 1, 1)
    rule: Requantization = layer.node.requantization  # type: ignore[attr-defined]
    return OutputRule(rule.low, rule.high, rule.shift, rule.step)


@dataclass(frozen=True)
class RequantizerConstants:
    """Multiplier and addend of one channel: ``code = clamp((sum * multiplier + addend) >> shift)``.

    The addend holds the bias, the rounding and the output's zero point:
    ``bias * multiplier + step * 2**(shift - 1) + zero_point * 2**shift``.
    """

    multiplier: int
    addend: int


def offsets(layer: Operation) -> np.ndarray:
    """What blocks of unsigned activations add to the sums of each filter: int64 ``(filters,)``.

    Such a block adds 128 times each weight.
    """
    assert layer.weight is not None and layer.blocks is not None
    each = np.array([block.activation_offset for block in layer.blocks.blocks])
    added: np.ndarray = (each[layer.blocks.choice] * layer.weight.astype(np.int64)).sum(
        axis=(1, 2, 3)
    )
    return added


def spans(layer: Operation) -> list[tuple[int, int]]:
    """The least and the largest sum of each filter, over all activations and all partial sums."""
    assert layer.weight is not None and layer.blocks is not None
    tables = np.stack([block.raw_table for block in layer.blocks.blocks])
    weight = layer.weight.astype(np.int64) + 128
    least = np.minimum(tables.min(axis=2), 0)[layer.blocks.choice, weight].sum(axis=(1, 2, 3))
    most = np.maximum(tables.max(axis=2), 0)[layer.blocks.choice, weight].sum(axis=(1, 2, 3))
    return [(int(a), int(b)) for a, b in zip(least, most, strict=True)]


def constants(
    layer: Operation, correction: np.ndarray | None = None, sum_zeros: int = 0
) -> list[RequantizerConstants]:
    """Constants of each filter, of each operand of an addition, or one pair for all channels.

    Parameters
    ----------
    layer : Operation
    correction : ndarray or None
        What the hardware adds to the sums of each filter besides its products: int64
        ``(filters,)``; nothing if left out.
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
    """Bits that a network needs: of the sums of products, of the addends, and after the
    multiplier."""

    sum_bits: int
    addend_bits: int
    product_bits: int


def ranges(
    layers: Sequence[Operation],
    corrections: Mapping[str, np.ndarray],
    sums: Mapping[str, Sequence[tuple[int, int]]],
    sum_zeros: int = 0,
) -> Ranges:
    """The narrowest widths (two's complement) in which no sum of ``layers`` can overflow.

    Activations may be any code in [-128, 127]; every partial sum lies between the sum of its most
    negative and that of its most positive terms.

    Parameters
    ----------
    layers : sequence of Operation
    corrections : mapping of str to ndarray of int64
        For each layer that multiplies, by its name, what the hardware adds to the sums of each
        filter besides its products.
    sums : mapping of str to sequence of (int, int)
        For the same layers the least and the largest sum of each filter in the hardware.
    sum_zeros : int
        Low bits of these sums that are left out.
    """
    values = [CODE_MIN, CODE_MAX]
    addends = [0]
    products = [0]
    for layer in layers:
        zeros = sum_zeros if layer.multiplies else 0
        pairs = constants(layer, corrections.get(layer.name), zeros)
        addends += [pair.addend for pair in pairs]
        if layer.multiplies:
            limits = [(least >> zeros, most >> zeros) for least, most in sums[layer.name]]
            values += [value for limit in limits for value in limit]
        else:
            elements = 1 if isinstance(layer.node, MaxPool2d) else layer.elements
            limits = [(CODE_MIN * elements, CODE_MAX * elements)] * len(pairs)
        for pair, (least_sum, most) in zip(pairs, limits, strict=True):
            # Both operands of an addition add up in one register.
            share = len(pairs) if isinstance(layer.node, Add) else 1
            peak = max(other.multiplier for other in pairs) if share > 1 else pair.multiplier
            products += [
                pair.addend + share * least_sum * peak,
                pair.addend + share * most * peak,
            ]
    addend_bits = signed_bits(*addends)
    return Ranges(signed_bits(*values), addend_bits, max(signed_bits(*products), addend_bits))


def packed(pairs: Sequence[RequantizerConstants], bits: Ranges) -> int:
    """A word of pairs, the first in the low bits; of a pair the addend is above the multiplier."""
    word = 0
    for number, pair in enumerate(pairs):
        addend = pair.addend & ((1 << bits.addend_bits) - 1)
        word |= (pair.multiplier | addend << MULTIPLIER_BITS) << (
            number * (MULTIPLIER_BITS + bits.addend_bits)
        )
    return word
