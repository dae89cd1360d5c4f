"""Grouped and dilated convolutions, computed as several ordinary ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.emulation.layer import Layer
from hawx_hw.graph.graph import Conv2d
from hawx_hw.graph.groups import padded_input, phases, split

__all__ = ["GroupedLayer"]

_UNDILATED = (1, 1)


class GroupedLayer:
    """A convolution in groups, or with dilation, with its blocks.

    Every group and every phase of a dilation is an ordinary convolution; the products, and with
    them the codes, are the same.

    Parameters
    ----------
    node : Conv2d
    blocks : LayerBlocks or None
        None is exact.
    layer : callable
        Makes the layer of an ordinary convolution with its blocks.

    Raises
    ------
    ValueError
        See :class:`~hawx_hw.emulation.layer.Layer`.
    """

    def __init__(
        self,
        node: Conv2d,
        blocks: LayerBlocks | None,
        layer: Callable[[Conv2d, LayerBlocks | None], Layer],
    ):
        self._node = node
        # The strides of all phases are one.
        height, width = node.dilation
        (stride, *_) = (phase.stride for phase in phases(node, height, width))
        self._parts = [
            (
                filters,
                channels,
                layer(
                    replace(plain, padding=(0, 0, 0, 0), dilation=_UNDILATED, stride=stride),
                    None if blocks is None else blocks.filters(filters),
                ),
            )
            for filters, channels, plain in split(node)
        ]

    @property
    def nbytes(self) -> int:
        """Memory of the layer, without what layers share."""
        return sum(layer.nbytes for *_, layer in self._parts)

    def run(self, x: np.ndarray, zero_point: int) -> np.ndarray:
        """Codes of the layer; see :meth:`hawx_hw.emulation.layer.Layer.run`."""
        node = self._node
        padded = padded_input(node, x, zero_point)
        height = (padded.shape[2] - node.extent[0]) // node.stride[0] + 1
        width = (padded.shape[3] - node.extent[1]) // node.stride[1] + 1
        result = np.empty((len(x), len(node.weight), height, width), dtype=np.int8)
        for phase in phases(node, height, width):
            of_phase = result[:, :, phase.outputs[0], phase.outputs[1]]
            read = padded[:, :, phase.inputs[0], phase.inputs[1]]
            for filters, channels, layer in self._parts:
                codes = layer.run(read[:, channels], zero_point)
                of_phase[:, filters] = codes[:, :, : of_phase.shape[2], : of_phase.shape[3]]
        return result
