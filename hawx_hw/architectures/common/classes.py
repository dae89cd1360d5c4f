"""Filters and kernel taps of a layer by the blocks that compute them.

Filters that have the same blocks for the same taps form a *filter class*, taps that have the same
blocks for the same filters a *tap class*.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hawx_hw.architectures.common.block_map import BlockMap
from hawx_hw.architectures.common.operations import Operation
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
        its index in the block map.

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


def layer_classes(layer: Operation, block_map: BlockMap) -> LayerClasses:
    """Group the filters and taps of a layer by the blocks that compute them.

    Raises
    ------
    UserError
        No cell holds a block of the layer.
    """
    assert layer.blocks is not None
    order = []
    for block in layer.blocks.blocks:
        index = block_map.index(block)
        if index is None:
            raise UserError(
                f"Layer {layer.node.name!r} uses block {block.name}, which no {block_map.cell} "
                "holds",
                where=block_map.key,
                hint=f"Add it to {block_map.key}, or leave that out to have it derived.",
            )
        order.append(index)
    required = np.array(order)[layer.blocks.choice.reshape(len(layer.blocks.choice), -1)]
    # Most filters are alike: grouping them by their bytes first leaves few to be sorted.
    distinct: dict[bytes, int] = {}
    alike = np.array([distinct.setdefault(each.tobytes(), len(distinct)) for each in required])
    first = np.unique(alike, return_index=True)[1]
    kinds, place = np.unique(required[first], axis=0, return_inverse=True)
    filters = place.reshape(-1)[alike]
    blocks, taps = np.unique(kinds, axis=1, return_inverse=True)
    return LayerClasses(layer, filters.reshape(-1), taps.reshape(-1), blocks)
