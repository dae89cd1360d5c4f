"""The operands of the PEs while the array computes a layer, in the order in which they flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.base import OperandStream, sampled_steps
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.systolic.parameters import weight_tiles
from hawx_hw.architectures.systolic.plan import Plan

__all__ = ["layers_of", "operand_stream"]


def layers_of(plan: Plan) -> dict[str, Operation]:
    """The layers that use the array, by each name that they have: node and stored tensor."""
    named: dict[str, Operation] = {}
    for layer in plan.layers:
        if layer.multiplies:
            named.setdefault(layer.node.name, layer)
            named.setdefault(layer.name, layer)
    return named


def operand_stream(
    plan: Plan, layer: str, values: Mapping[str, np.ndarray], limit: int
) -> OperandStream:
    """What the PEs multiply while the array computes a layer.

    A PE keeps its weight while the pixels of an output tile flow past, then gets that of the next
    tile of taps; PEs without a tap or a filter get zeros, as in the accelerator. The delays from
    row to row and from column to column are left out: they do not change what one PE multiplies.

    Parameters
    ----------
    plan : Plan
    layer : str
        A name of :func:`layers_of`.
    values : mapping of str to ndarray of int8
        Codes of every tensor for some images, as
        :meth:`~hawx_hw.emulation.emulator.Emulator.run_all` gives them.
    limit : int
        The most steps; see :func:`~hawx_hw.architectures.base.sampled_steps`.

    Returns
    -------
    OperandStream
        Of all PEs, row by row.

    Raises
    ------
    ValueError
        The plan has no such layer on the array, or ``limit`` is less than one step an image.
    """
    named = layers_of(plan)
    if layer not in named:
        raise ValueError(f"layer must be one of {', '.join(named)}, not {layer!r}")
    operation = named[layer]
    placement = plan.placements[operation.name]
    source = operation.sources[0]
    images = values[source].reshape(-1, *operation.input_shape)
    tiles = _Tiles(plan, operation)
    zero = plan.graph.tensors[source].zero_point
    weights, activations = [], []
    for image, taken in zip(images, sampled_steps(tiles.steps, len(images), limit), strict=True):
        seen = _Rows(image, operation, placement.taps, zero)
        for tap_tile, tile_weights, pixels in tiles.between(taken):
            flow = seen.of(tap_tile, pixels)
            weights.append(np.broadcast_to(tile_weights, (len(flow), *tile_weights.shape)))
            activations.append(np.broadcast_to(flow[:, :, None], weights[-1].shape))
    active = placement.active.ravel()
    flows = [np.concatenate(part).reshape(-1, active.size) for part in (weights, activations)]
    blocks = np.broadcast_to(active, flows[0].shape)
    return OperandStream(flows[0], flows[1], blocks, tiles.steps)


class _Tiles:
    """The order in which the array computes a layer: by filters, pixels, taps."""

    def __init__(self, plan: Plan, operation: Operation):
        step = plan.steps[plan.layers.index(operation)]
        pixels, most = _pixels(operation), step.output_tile_pixels + 1
        self._pixels = np.split(pixels, range(most, len(pixels), most))
        self._weights = weight_tiles(operation, plan.placements[operation.name])
        filter_tiles, tap_tiles = self._weights.shape[:2]
        self.steps = len(pixels) * filter_tiles * tap_tiles

    def between(self, taken: range) -> Iterator[tuple[int, NDArray[np.int8], NDArray[np.int64]]]:
        """Number of the tile of taps, weights ``(rows, columns)`` and pixels, in these steps."""
        at = 0
        for filter_tile in self._weights:
            for pixels in self._pixels:
                for tap_tile, weights in enumerate(filter_tile):
                    first, end = (max(step - at, 0) for step in (taken.start, taken.stop))
                    if len(pixels[first:end]):
                        yield tap_tile, weights, pixels[first:end]
                    at += len(pixels)


def _pixels(operation: Operation) -> NDArray[np.int64]:
    """Row and column of each output of the convolution in the order in which they are computed."""
    _, rows, columns = operation.output_shape
    pool = operation.pool
    axes = np.meshgrid(
        *(np.arange(n) for n in (rows, columns, *pool.kernel)), indexing="ij"
    )  # fmt: skip
    row, column, inner_row, inner_column = (axis.ravel() for axis in axes)
    return np.stack(
        [row * pool.stride[0] + inner_row, column * pool.stride[1] + inner_column], axis=1
    )


class _Rows:
    """Activations of each row of the array for some pixels and a tile of taps."""

    def __init__(
        self, image: np.ndarray, operation: Operation, taps: NDArray[np.int64], pad_code: int
    ):
        kernel = operation.kernel
        rows, columns = kernel.kernel
        top, left = kernel.padding
        self._image = np.pad(
            image,
            ((0, 0), (top, top + rows), (left, left + columns)),
            constant_values=pad_code,
        )
        self._stride = kernel.stride
        self._taps = taps
        self._shape = (operation.input_shape[0], rows, columns)

    def of(self, tile: int, pixels: NDArray[np.int64]) -> np.ndarray:
        taps = self._taps[tile]
        channel, row, column = np.unravel_index(np.maximum(taps, 0), self._shape)
        codes = self._image[
            channel,
            pixels[:, :1] * self._stride[0] + row,
            pixels[:, 1:] * self._stride[1] + column,
        ]
        return np.where(taps >= 0, codes, 0).astype(np.int8)
