"""What the parameter memories hold: weights by bank, and the constants of requantization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.common.requantization import (
    Ranges,
    RequantizerConstants,
    constants,
    offsets,
    packed,
    ranges,
    spans,
)
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.placement import Placement
from hawx_hw.architectures.systolic.shape import ArrayShape

__all__ = ["array_ranges", "corrections", "requantization_words", "weight_tiles"]


def corrections(layer: Operation, placement: Placement, pe_blocks: PeBlockMap) -> np.ndarray:
    """What the array adds to the sums of each filter besides its products: int64 ``(filters,)``.

    A block of unsigned activations adds 128 times each weight; a row without a tap multiplies 0 by
    0, which need not be 0.
    """
    added = offsets(layer)
    zeros = np.array([int(block.raw_table[128, 128]) for block in pe_blocks.blocks])
    rests = np.count_nonzero(placement.taps < 0, axis=0)
    columns = (zeros[placement.active] * rests[:, None]).sum(axis=0)
    _, column = np.nonzero(placement.filters >= 0)
    added[placement.filters[placement.filters >= 0]] += columns[column]
    return added


def array_ranges(
    layers: Sequence[Operation],
    placements: Mapping[str, Placement],
    pe_blocks: PeBlockMap,
    sum_zeros: int = 0,
) -> Ranges:
    """The narrowest widths in which no sum of ``layers`` can overflow.

    ``sum_zeros`` low bits of the array's sums are left out. See
    :func:`~hawx_hw.architectures.common.requantization.ranges`.
    """
    placed = [(layer, placements[layer.name]) for layer in layers if layer.name in placements]
    return ranges(
        layers,
        {layer.name: corrections(layer, own, pe_blocks) for layer, own in placed},
        {layer.name: _spans(layer, own, pe_blocks) for layer, own in placed},
        sum_zeros,
    )


def _spans(layer: Operation, placement: Placement, pe_blocks: PeBlockMap) -> list[tuple[int, int]]:
    """The least and the largest sum of each filter, products of unused rows included."""
    zeros = np.array([abs(int(block.raw_table[128, 128])) for block in pe_blocks.blocks])
    rests = np.count_nonzero(placement.taps < 0, axis=0)
    slack = int((zeros[placement.active] * rests[:, None]).sum(axis=0).max())
    return [(least - slack, most + slack) for least, most in spans(layer)]


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
        return [packed([pair] * requantizers, bits) for pair in constants(layer)]
    of_filters = constants(layer, corrections(layer, placement, pe_blocks), sum_zeros)
    pairs = [
        of_filters[f] if f >= 0 else RequantizerConstants(0, 0) for f in placement.filters.flat
    ]
    return [packed(pairs[i : i + requantizers], bits) for i in range(0, len(pairs), requantizers)]


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
