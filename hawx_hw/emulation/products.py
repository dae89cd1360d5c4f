"""The products of one layer under its blocks, and what is known of their sums beforehand."""

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
class _Rows:
    """A block's table with each row's least product taken out, in the order of raw bytes."""

    words: np.ndarray
    least: np.ndarray
    span: np.ndarray


_KEPT_ROWS = 512
_rows: OrderedDict[str, _Rows] = OrderedDict()


def _rows_of(block: Block) -> _Rows:
    found = _rows.get(block.digest)
    if found is None:
        table = block.table.astype(np.int64)
        least = table.min(axis=1)
        span = table.max(axis=1) - least
        # Byte 0 is the code 0, which stands in column 128.
        words = np.roll(table - least[:, None], _CODES // 2, axis=1)
        # A row of a wider span is never looked up here: ``Products.words_fit`` tells.
        found = _Rows(words.astype(np.uint16), least, span)
        _rows[block.digest] = found
        if len(_rows) > _KEPT_ROWS:
            _rows.popitem(last=False)
    return found


def blocks_key(blocks: LayerBlocks | None) -> bytes:
    """A digest that two equal choices of blocks share, however they were written down."""
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
    """What each weight of a layer makes of each activation code.

    Parameters
    ----------
    node : Conv2d or Linear
    blocks : LayerBlocks or None
        Of the shape of the node's weights; None is exact.

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
        self._parts = [_rows_of(block) for block in blocks.blocks]
        filters = len(node.weight)
        weight = node.weight.reshape(filters, -1).astype(np.int64) + _CODES // 2
        choice = blocks.choice.reshape(filters, -1)
        #: int64 ``(filters, taps)``: row of each weight, ``block * 256 + weight + 128``.
        self.index = choice.astype(np.int64) * _CODES + weight
        self._least = np.concatenate([part.least for part in self._parts])
        #: int64 ``(rows,)``: largest less least product of each row.
        self.span = np.concatenate([part.span for part in self._parts])
        #: int64 ``(filters,)``: the bias and each weight's least product.
        self.offset = self._least[self.index].sum(axis=1) + node.bias

    @cached_property
    def words(self) -> np.ndarray:
        """uint16 ``(rows, 256)``: products less their row's least, by the activation's byte."""
        return np.concatenate([part.words for part in self._parts])

    @cached_property
    def words_fit(self) -> bool:
        """Whether 16 bits hold what :attr:`words` should hold, for all rows in use."""
        return int(self.span[self.index].max()) <= WORD_MAX

    @cached_property
    def sums_fit(self) -> bool:
        """Whether no activation at all can lead to a sum outside int32."""
        largest = self.offset + self.span[self.index].sum(axis=1)
        return bool(self.offset.min() >= SUM_MIN and largest.max() <= SUM_MAX)

    def table(self) -> np.ndarray:
        """int64 ``(rows, 256)``: the products themselves, by ``activation + 128``."""
        return np.concatenate([block.table.astype(np.int64) for block in self.blocks])
