"""The order in which a tensor's channels are stored, and which tensors must share one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.common.operations import Operation

__all__ = ["Layout", "channel_groups"]


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the channels of a tensor lie.

    Parameters
    ----------
    positions : ndarray of int64
        ``(channels,)``: the position of each channel; position ``s`` is code ``s % codes`` of word
        ``s // codes`` of a pixel, with ``codes`` codes a word.
    """

    positions: np.ndarray

    @classmethod
    def natural(cls, channels: int) -> Layout:
        """Every channel at the position of its number."""
        return cls(np.arange(channels))

    @classmethod
    def of(cls, filters: np.ndarray) -> Layout:
        """The filters of a layer as channels of its output: tile by tile, line by line.

        Parameters
        ----------
        filters : ndarray of int64
            ``(filter tiles, lines)``: the filter, or -1.
        """
        flat = filters.ravel()
        used = np.flatnonzero(flat >= 0)
        positions = np.empty(len(used), dtype=np.int64)
        positions[flat[used]] = used
        return cls(positions)

    @property
    def size(self) -> int:
        """Channel positions, with those between that hold no channel."""
        return int(self.positions.max()) + 1

    @property
    def is_natural(self) -> bool:
        """Whether every channel lies at the position of its number."""
        return bool((self.positions == np.arange(len(self.positions))).all())


def channel_groups(layers: Sequence[Operation], image: str) -> dict[str, list[str]]:
    """Tensors that must have one order of channels, by the first of them.

    Parameters
    ----------
    layers : sequence of Operation
    image : str
        Name of the network's input.

    Returns
    -------
    dict of str to list of str
        All tensors, each in one group.
    """
    root = {image: image}
    for layer in layers:
        root[layer.name] = layer.name
        if not layer.multiplies:
            # What does not multiply keeps its order, and operands must agree on it.
            joined = {root[name] for name in (layer.name, *layer.sources)}
            first = next(name for name in root.values() if name in joined)
            root = {name: first if of in joined else of for name, of in root.items()}
    groups: dict[str, list[str]] = {}
    for name, first in root.items():
        groups.setdefault(first, []).append(name)
    return groups
