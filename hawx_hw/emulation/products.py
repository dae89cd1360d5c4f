"""The products of one layer with its blocks, and bounds of their sums."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.graph.graph import SUM_MAX, SUM_MIN, Conv2d, Linear

__all__ = ["EXACT", "Products", "blocks_key"]

EXACT = Exact()
WORD_MAX = 2**16 - 1
_CODES = 256


@dataclass(frozen=True, eq=False)
class _Entries:
    """A block's table entries less their least product, in the order of raw bytes."""

    words: np.ndarray
    least: np.ndarray
    span: np.ndarray


_CACHED_BLOCKS = 512
_cache: OrderedDict[str, _Entries] = OrderedDict()


def _entries_of(block: Block) -> _Entries:
    entries = _cache.get(block.digest)
    if entries is None:
        table = block.table.astype(np.int64)
        least = table.min(axis=1)
        span = table.max(axis=1) - least
        # Byte 0 is the code 0, whose index is 128.
        words = np.roll(table - least[:, None], _CODES // 2, axis=1)
        # Entries of a wider span are not used: see ``Products.words_fit``.
        entries = _Entries(words.astype(np.uint16), least, span)
        _cache[block.digest] = entries
        if len(_cache) > _CACHED_BLOCKS:
            _cache.popitem(last=False)
    return entries


def blocks_key(blocks: LayerBlocks | None) -> bytes:
    """A digest of a choice of blocks, independent of the order of the blocks."""
    if blocks is None:
        return b""
    if len(blocks.blocks) == 1 and blocks.blocks[0].digest == EXACT.digest:
        return b""
    digest = hashlib.sha256()
    # In the order of first use, so that the order of the tuple does not matter.
    used, first = np.unique(blocks.choice, return_index=True)
    order = used[np.argsort(first)]
    rank = np.zeros(len(blocks.blocks), dtype=np.uint8)
    rank[order] = np.arange(len(order))
    for index in order:
        digest.update(bytes.fromhex(blocks.blocks[index].digest))
    if len(order) > 1:
        digest.update(rank[blocks.choice].tobytes())
    return digest.digest()


class Products:
    """The product of each weight of a layer with each activation code.

    Parameters
    ----------
    node : Conv2d or Linear
    blocks : LayerBlocks or None
        Blocks in the shape of the node's weights; None is exact.

    Raises
    ------
    ValueError
        The blocks have another shape than the weights.
    """

    def __init__(self, node: Conv2d | Linear, blocks: LayerBlocks | None):
        if blocks is None:
            blocks = LayerBlocks.uniform(EXACT, node.weight.shape)
        if blocks.shape != node.weight.shape:
            raise ValueError(f"Blocks must be of shape {node.weight.shape}, not {blocks.shape}")
        self.node = node
        self.blocks = blocks.blocks
        self._parts = [_entries_of(block) for block in blocks.blocks]
        filters = len(node.weight)
        weight = node.weight.reshape(filters, -1).astype(np.int64) + _CODES // 2
        choice = blocks.choice.reshape(filters, -1)
        #: int64 ``(filters, taps)``: entry of each weight, ``block * 256 + weight + 128``.
        self.index = choice.astype(np.int64) * _CODES + weight
        self._least = np.concatenate([part.least for part in self._parts])
        #: int64 ``(entries,)``: largest less least product of each entry.
        self.span = np.concatenate([part.span for part in self._parts])
        #: int64 ``(filters,)``: the bias and each weight's least product.
        self.offset = self._least[self.index].sum(axis=1) + node.bias

    @cached_property
    def words(self) -> np.ndarray:
        """uint16 ``(entries, 256)``: products less the entry's least, by the activation's byte."""
        return np.concatenate([part.words for part in self._parts])

    @cached_property
    def words_fit(self) -> bool:
        """Whether :attr:`words` fit 16 bits, for all entries in use."""
        return int(self.span[self.index].max()) <= WORD_MAX

    @cached_property
    def sums_fit(self) -> bool:
        """Whether all sums fit int32, for any activations."""
        largest = self.offset + self.span[self.index].sum(axis=1)
        return bool(self.offset.min() >= SUM_MIN and largest.max() <= SUM_MAX)

    def table(self) -> np.ndarray:
        """int64 ``(entries, 256)``: the products, by ``activation + 128``."""
        return np.concatenate([block.table.astype(np.int64) for block in self.blocks])
