"""The assignment of blocks to the products of a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from hawx_hw.blocks.block import Block

__all__ = ["Assignment", "LayerBlocks"]


@dataclass(frozen=True, eq=False)
class LayerBlocks:
    """The blocks of one layer: one for every weight.

    Parameters
    ----------
    blocks : tuple of Block
        At least one, no two with the same table; every one is in use.
    choice : ndarray of uint8
        Indices into ``blocks``, in the shape of the weights: ``(filters, channels, kernel height,
        kernel width)`` or ``(outputs, inputs)``.
    """

    blocks: tuple[Block, ...]
    choice: np.ndarray

    def __post_init__(self) -> None:
        if self.choice.dtype != np.uint8:
            raise TypeError(f"choice must be uint8, not {self.choice.dtype}")
        if set(np.unique(self.choice).tolist()) != set(range(len(self.blocks))):
            raise ValueError("choice must use every block, and no other")
        if len({block.digest for block in self.blocks}) != len(self.blocks):
            raise ValueError("No two blocks may have the same table")

    @classmethod
    def uniform(cls, block: Block, shape: tuple[int, ...]) -> LayerBlocks:
        """One block for all weights of ``shape``."""
        return cls((block,), np.zeros(shape, dtype=np.uint8))

    def filters(self, part: slice) -> LayerBlocks:
        """The blocks of some filters."""
        choice = self.choice[part]
        used = np.unique(choice)
        return LayerBlocks(
            tuple(self.blocks[index] for index in used),
            np.searchsorted(used, choice).astype(np.uint8),
        )

    @classmethod
    def by_filter(cls, filters: Iterable[Block], shape: tuple[int, ...]) -> LayerBlocks:
        """One block for each filter of weights of ``shape``."""
        column = np.array(list(filters), dtype=object).reshape((-1,) + (1,) * (len(shape) - 1))
        return cls.by_weight(np.broadcast_to(column, shape))

    @classmethod
    def by_weight(cls, blocks: np.ndarray) -> LayerBlocks:
        """One block for each weight; ``blocks`` is an object array of the weights' shape."""
        distinct: dict[str, Block] = {}
        for block in blocks.flat:
            distinct.setdefault(block.digest, block)
        order = {digest: index for index, digest in enumerate(distinct)}
        choice = np.array([order[block.digest] for block in blocks.flat], dtype=np.uint8)
        return cls(tuple(distinct.values()), choice.reshape(blocks.shape))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the weights."""
        return self.choice.shape

    @property
    def tables(self) -> np.ndarray:
        """The blocks' tables: int32 ``(blocks, 256, 256)``."""
        return np.stack([block.table for block in self.blocks])

    def products(self, weight: np.ndarray) -> np.ndarray:
        """The product of each weight with each activation code.

        Parameters
        ----------
        weight : ndarray of int8
            Codes of shape ``shape``.

        Returns
        -------
        ndarray of int32
            ``(*shape, 256)``, indexed ``[..., activation + 128]``.
        """
        products: np.ndarray = self.tables[self.choice, weight.astype(np.int64) + 128]
        return products


#: The blocks of each convolution and linear layer, by the node's name; layers that are left out
#: are exact.
Assignment = Mapping[str, LayerBlocks]
