"""How many multiplications each block computes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hawx_hw.architectures.base import Multiplications
from hawx_hw.architectures.common.operations import Operation

__all__ = ["multiplications"]


def multiplications(layers: Sequence[Operation]) -> list[Multiplications]:
    """The multiplications of each layer that has any, an image, by block."""
    counts = []
    for layer in layers:
        if layer.blocks is None:
            continue
        each = layer.macs // layer.blocks.choice.size
        numbers = (np.bincount(layer.blocks.choice.ravel()) * each).tolist()
        names = [block.name for block in layer.blocks.blocks]
        counts.append(Multiplications(layer.title, dict(zip(names, numbers, strict=True))))
    return counts
