"""The operands that drive a block: uniform ones, or those of a layer in the order they flow."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.systolic.operations import Operation
from hawx_hw.architectures.systolic.parameters import weight_tiles
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.blocks.block import Block

__all__ = ["Operands", "layers_of", "operand_stream", "uniform"]


@dataclass(frozen=True, eq=False)
class Operands:
    """Pairs of codes, one a step in each lane.

    Parameters
    ----------
    weights, activations : ndarray of int8, shape (steps, lanes)
    name : str
        What they are, for people.
    """

    weights: NDArray[np.int8]
    activations: NDArray[np.int8]
    name: str

    def __post_init__(self) -> None:
        shape = self.weights.shape
        if len(shape) != 2 or shape != self.activations.shape or shape[0] < 2:
            raise ValueError(
                "weights and activations must be of one shape (steps, lanes), with at least two "
                f"steps, not {shape} and {self.activations.shape}"
            )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the codes."""
        state = hashlib.sha256(repr(self.weights.shape).encode())
        for codes in (self.weights, self.activations):
            state.update(np.ascontiguousarray(codes).tobytes())
        return state.hexdigest()

    def accepted(self, block: Block) -> Operands:
        """With codes that ``block`` does not accept replaced by the nearest that it does."""
        clipped = [
            np.clip(codes, accepted.start, accepted.stop - 1).astype(np.int8)
            for codes, accepted in (
                (self.weights, block.weights),
                (self.activations, block.activations),
            )
        ]
        return Operands(clipped[0], clipped[1], self.name)


def uniform(steps: int = 513, lanes: int = 256, seed: int = 0) -> Operands:
    """Independent codes, all as likely, new ones in each step.

    Parameters
    ----------
    steps, lanes : int
        At least 2 and 1.
    seed : int
    """
    draw = np.random.default_rng(seed)
    weights, activations = (
        draw.integers(-128, 128, size=(steps, lanes), dtype=np.int8) for _ in range(2)
    )
    return Operands(weights, activations, f"uniform, seed {seed}")


def layers_of(plan: Plan) -> dict[str, Operation]:
    """The layers that use the array, by each name that they have: node and stored tensor."""
    found: dict[str, Operation] = {}
    for layer in plan.layers:
        if layer.uses_array:
            found.setdefault(layer.node.name, layer)
            found.setdefault(layer.name, layer)
    return found


def operand_stream(
    plan: Plan, layer: str, values: Mapping[str, np.ndarray], *, limit: int = 20_000
) -> Operands:
    """What the PEs multiply while the array computes a layer.

    A PE keeps its weight while the pixels of an output tile flow past, then gets that of the next
    tile of taps; PEs without a tap or a filter get zeros, as in the accelerator. The delays from
    PE to PE are left out: they do not change what one PE multiplies.

    Parameters
    ----------
    plan : Plan
    layer : str
        A name of :func:`layers_of`.
    values : mapping of str to ndarray of int8
        Codes of every tensor for some images, as
        :meth:`~hawx_hw.emulation.emulator.Emulator.run_all` gives them.
    limit : int
        The most steps; what comes later is left out.

    Returns
    -------
    Operands
        One lane a PE, row by row; image after image.

    Raises
    ------
    ValueError
        The plan has no such layer on the array.
    """
    named = layers_of(plan)
    if layer not in named:
        raise ValueError(f"layer must be one of {', '.join(named)}, not {layer!r}")
    operation = named[layer]
    placement = plan.placements[operation.name]
    step = plan.steps[plan.layers.index(operation)]
    tiles = weight_tiles(operation, placement)
    source = operation.sources[0]
    images = values[source].reshape(-1, *operation.input_shape)
    pixels = _pixels(operation)
    output_tiles = np.split(
        pixels, range(step.output_tile_pixels + 1, len(pixels), step.output_tile_pixels + 1)
    )
    weights, activations = [], []
    taken = 0
    for image in images:
        seen = _Rows(image, operation, placement.taps, plan.graph.tensors[source].zero_point)
        for filter_tile in tiles:
            for output_tile in output_tiles:
                for tap_tile, held in enumerate(filter_tile):
                    if taken >= limit:
                        break
                    flow = seen.of(tap_tile, output_tile)
                    weights.append(np.broadcast_to(held, (len(flow), *held.shape)))
                    activations.append(np.broadcast_to(flow[:, :, None], weights[-1].shape))
                    taken += len(flow)
    lanes = placement.active.size
    streams = [np.concatenate(part).reshape(-1, lanes)[:limit] for part in (weights, activations)]
    name = f"{operation.node.name}, {len(images)} images"
    return Operands(streams[0], streams[1], name)


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
        found = self._image[
            channel,
            pixels[:, :1] * self._stride[0] + row,
            pixels[:, 1:] * self._stride[1] + column,
        ]
        return np.where(taps >= 0, found, 0).astype(np.int8)
