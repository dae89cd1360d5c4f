"""Filters and kernel taps of a layer by the blocks that compute them.

Filters that have the same blocks for the same taps form a *filter class*, taps that have the same
blocks for the same filters a *tap class*.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hawx_hw.architectures.systolic.operations import Operation
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.errors import UserError

__all__ = ["LayerClasses", "layer_classes"]


@dataclass(eq=False)
class LayerClasses:
    """The filter classes and tap classes of one layer.

    Parameters
    ----------
    layer : Operation
    filters, taps : ndarray of int64
        ``(filters,)`` and ``(taps,)``: the class of each.
    blocks : ndarray of int64
        ``(filter classes, tap classes)``: the block that computes these taps of these filters, by
        its index in the PE block map.

    Attributes
    ----------
    tap_counts : list of int
        Taps of each tap class.
    """

    layer: Operation
    filters: np.ndarray
    taps: np.ndarray
    blocks: np.ndarray
    tap_counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.tap_counts = np.bincount(self.taps).tolist()


def layer_classes(layer: Operation, pe_blocks: PeBlockMap) -> LayerClasses:
    """Group the filters and taps of a layer by the blocks that compute them.

    Raises
    ------
    UserError
        No PE holds a block of the layer.
    """
    assert layer.blocks is not None
    order = []
    for block in layer.blocks.blocks:
        index = pe_blocks.index(block)
        if index is None:
            raise UserError(
                f"Layer {layer.name!r} uses block {block.name}, which no PE holds",
                where="accelerator.pe_blocks",
                hint="Add it to accelerator.pe_blocks, or leave that out to have it derived.",
            )
        order.append(index)
    required = np.array(order)[layer.blocks.choice.reshape(len(layer.blocks.choice), -1)]
    # Most filters are alike: grouping them by their bytes first leaves few to be sorted.
    distinct: dict[bytes, int] = {}
    alike = np.array([distinct.setdefault(row.tobytes(), len(distinct)) for row in required])
    first = np.unique(alike, return_index=True)[1]
    rows, place = np.unique(required[first], axis=0, return_inverse=True)
    filters = place.reshape(-1)[alike]
    columns, taps = np.unique(rows, axis=1, return_inverse=True)
    return LayerClasses(layer, filters.reshape(-1), taps.reshape(-1), columns)
