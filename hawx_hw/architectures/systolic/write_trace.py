"""The words that each layer stores, in the order in which the hardware stores them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hawx_hw.architectures.base import LayerWrites
from hawx_hw.architectures.common.write_trace import layer_writes
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import Step

__all__ = ["write_trace"]


def write_trace(plan: Plan, tensors: Mapping[str, np.ndarray]) -> list[LayerWrites]:
    """What every layer stores.

    Parameters
    ----------
    plan : Plan
    tensors : mapping of str to ndarray of int8
        What :func:`hawx_hw.graph.reference.run_all` returns.
    """
    codes = plan.array.requantizers
    result = []
    for layer, step in zip(plan.layers, plan.steps, strict=True):
        _, height, width = layer.output_shape
        layout = plan.layouts[layer.name]
        planes = -(-layout.size // codes)
        result.append(
            layer_writes(
                layer.name,
                # The hardware pools on its way: only what the layer stores can be compared.
                tensors[layer.name].reshape(-1, *layer.output_shape),
                layout,
                word_codes=codes,
                destination=step.destination,
                order=_order(plan.array, step, planes, height * width),
            )
        )
    return result


def _order(array: ArrayShape, step: Step, planes: int, windows: int) -> list[tuple[int, int]]:
    """Plane of channels and pixel of each word."""
    if step.stream:
        return [(plane, pixel) for plane in range(planes) for pixel in range(windows)]
    order: list[tuple[int, int]] = []
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
    return order
