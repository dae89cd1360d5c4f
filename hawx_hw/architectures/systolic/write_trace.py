"""The words that each layer stores, in the order in which the hardware stores them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hawx_hw.architectures.base import LayerWrites
from hawx_hw.architectures.systolic.plan import Plan

__all__ = ["write_trace"]


def write_trace(plan: Plan, tensors: Mapping[str, np.ndarray]) -> list[LayerWrites]:
    """What every layer stores.

    Parameters
    ----------
    plan : Plan
    tensors : mapping of str to ndarray of int8
        What :func:`hawx_hw.graph.reference.run_all` returns.
    """
    array = plan.array
    codes = array.requantizers
    result = []
    for layer, step in zip(plan.layers, plan.steps, strict=True):
        count, height, width = layer.output_shape
        positions = plan.layouts[layer.name].positions
        planes = -(-plan.layouts[layer.name].size // codes)
        channel_of = np.full(planes * codes, -1, dtype=np.int64)
        channel_of[positions] = np.arange(count)
        windows = height * width
        order = []
        if step.stream:
            order = [(plane, pixel) for plane in range(planes) for pixel in range(windows)]
        else:
            length = step.destination_output_tile
            for first_plane in range(0, planes, array.groups):
                for begin in range(0, windows, length):
                    # Slice by slice; in each, all words of a pixel before the next pixel.
                    last_plane = min(first_plane + array.groups, planes)
                    order += [
                        (plane, pixel)
                        for first in range(first_plane, last_plane, array.slice_groups)
                        for pixel in range(begin, min(begin + length, windows))
                        for plane in range(first, min(first + array.slice_groups, last_plane))
                    ]
        plane, pixel = np.array(order, dtype=np.int64).T
        # The hardware pools on its way: only what the layer stores can be compared.
        values = tensors[layer.name].reshape(-1, count, windows)
        padded = np.zeros((len(values), planes * codes, windows), dtype=np.int8)
        padded[:, positions] = values
        words = padded.reshape(len(values), planes, codes, windows).transpose(0, 1, 3, 2)
        y, x = np.divmod(pixel, width)
        result.append(
            LayerWrites(
                name=layer.name,
                addresses=step.destination + plane * windows + pixel,
                places=np.stack([y, x], axis=1).astype(np.int32),
                channels=channel_of[(plane * codes)[:, None] + np.arange(codes)].astype(np.int32),
                codes=words[:, plane, pixel],
            )
        )
    return result
