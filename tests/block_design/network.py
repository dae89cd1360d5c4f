"""A small network with a layer to design blocks for."""

from __future__ import annotations

import numpy as np

from hawx_hw.graph.graph import Conv2d, Graph, Requantization, Tensor

__all__ = ["images", "network"]


def network(seed: int = 0, *, groups: int = 1, filters: int = 4, channels: int = 2) -> Graph:
    """Two convolutions of 3 x 3 taps on maps of 8 x 8; ``second`` is the one of interest."""
    rng = np.random.default_rng(seed)
    nodes = []
    for name, source, shape, count in (
        ("first", "x", (channels, 2, 3, 3), 1),
        ("second", "first", (filters, channels // groups, 3, 3), groups),
    ):
        weight = np.clip(np.rint(rng.normal(0, 40, shape)), -127, 127)
        rule = Requantization(
            np.full(shape[0], 20_000, dtype=np.int32), 21, zero_point=-128, low=-128, high=127
        )
        nodes.append(
            Conv2d(
                name=name,
                inputs=(source,),
                weight=weight.astype(np.int8),
                bias=np.zeros(shape[0], dtype=np.int32),
                requantization=rule,
                padding=(1, 1, 1, 1),
                groups=count,
            )
        )
    tensors = {
        "x": Tensor((2, 8, 8), 0.1, -20),
        "first": Tensor((channels, 8, 8), 0.1, -128),
        "second": Tensor((filters, 8, 8), 0.1, -128),
    }
    return Graph(name="small", input="x", nodes=tuple(nodes), tensors=tensors)


def images(count: int, seed: int = 1) -> np.ndarray:
    """Codes whose neighbors are alike, as in pictures."""
    rng = np.random.default_rng(seed)
    walk = rng.normal(0, 12, (count, 2, 8, 8)).cumsum(axis=2).cumsum(axis=3)
    return np.clip(np.rint(walk - 20), -128, 127).astype(np.int8)
