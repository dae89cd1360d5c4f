"""Block maps of networks whose config gives none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.common.placement import fixed_lines
from hawx_hw.architectures.common.shares import share
from hawx_hw.blocks.block import Block

__all__ = ["blocks_of", "fill_empty", "serve"]


def blocks_of(layers: Sequence[Operation]) -> tuple[Block, ...]:
    """The blocks of all layers that multiply, in the order of their first use."""
    blocks: dict[str, Block] = {}
    for layer in layers:
        if layer.blocks is not None:
            for block in layer.blocks.blocks:
                blocks.setdefault(block.digest, block)
    return tuple(blocks.values())


def serve(
    present: np.ndarray, required: np.ndarray, filter_class: np.ndarray, *, fixed: bool = False
) -> np.ndarray | None:
    """Add blocks to cells so that lines of them serve filter classes; the fewest, found greedily.

    Parameters
    ----------
    present : ndarray of bool
        ``(cells of a line, lines, blocks)``: what the cells hold so far; what is added is set.
    required : ndarray of bool
        ``(cells of a line, filter classes, blocks)``: what the cells of a line must hold to serve a
        class.
    filter_class : ndarray of int64
        ``(filters,)``: the class of each filter.
    fixed : bool
        Whether the order is given: filter ``f`` on line ``f`` modulo lines.

    Returns
    -------
    ndarray of int64
        ``(lines,)``: the class that each line serves, or -1.
    None
        If there are not enough lines; then nothing is added.
    """
    lines, classes = present.shape[1], required.shape[1]
    price = np.zeros((lines, classes))
    for line in range(lines):
        price[line] = (required & ~present[:, line, None, :]).sum(axis=(0, 2))
    able = np.ones((lines, classes), dtype=bool)
    counts = np.bincount(filter_class).tolist()
    shared = fixed_lines(filter_class, able) if fixed else share(counts, able, price)
    if shared is None:
        return None
    for line, kind in enumerate(shared[1]):
        if kind >= 0:
            present[:, line] |= required[:, kind]
    return shared[1]


def fill_empty(present: np.ndarray) -> None:
    """Give cells that no layer needs, but which are there, the block that most cells hold.

    Parameters
    ----------
    present : ndarray of bool
        ``(*cells, blocks)``; what is added is set.
    """
    common = int(np.argmax(present.reshape(-1, present.shape[-1]).sum(axis=0)))
    present[~present.any(axis=-1), common] = True
