"""The blocks of a layer from a list of them and an index for each weight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import Block

__all__ = ["indexed"]


def indexed(blocks: Sequence[Block], index: np.ndarray) -> LayerBlocks:
    """One block for each weight, as :meth:`LayerBlocks.by_weight` orders them.

    Parameters
    ----------
    blocks : sequence of Block
        Some may have the same table, or not be in use.
    index : ndarray of int
        Indices into ``blocks``, in the shape of the weights.
    """
    digests = [block.digest for block in blocks]
    first = np.array([digests.index(digest) for digest in digests])
    merged = first[index]
    used, position = np.unique(merged, return_index=True)
    order = used[np.argsort(position)]
    choice = np.zeros(len(blocks), dtype=np.uint8)
    choice[order] = np.arange(len(order))
    return LayerBlocks(tuple(blocks[k] for k in order), choice[merged])
