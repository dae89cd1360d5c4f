"""Operands of a block: uniform ones, or those of a layer in the order of the accelerator."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.base import Plan
from hawx_hw.blocks.block import Block

__all__ = ["Operands", "operand_stream", "uniform"]


@dataclass(frozen=True, eq=False)
class Operands:
    """Streams of pairs of codes, one pair a step in each stream.

    Parameters
    ----------
    weights, activations : ndarray of int8, shape (steps, streams)
    name : str
        Description for users.
    """

    weights: NDArray[np.int8]
    activations: NDArray[np.int8]
    name: str

    def __post_init__(self) -> None:
        shape = self.weights.shape
        if len(shape) != 2 or shape != self.activations.shape or shape[0] < 2:
            raise ValueError(
                "weights and activations must be of one shape (steps, streams), with at least two "
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
        """Replace codes that ``block`` does not accept by the nearest that it accepts."""
        clipped = [
            np.clip(codes, accepted.start, accepted.stop - 1).astype(np.int8)
            for codes, accepted in (
                (self.weights, block.weights),
                (self.activations, block.activations),
            )
        ]
        return Operands(clipped[0], clipped[1], self.name)


def uniform(steps: int = 513, streams: int = 256, seed: int = 0) -> Operands:
    """Independent, uniformly distributed codes, new ones in each step.

    Parameters
    ----------
    steps, streams : int
        At least 2 and 1.
    seed : int
    """
    draw = np.random.default_rng(seed)
    weights, activations = (
        draw.integers(-128, 128, size=(steps, streams), dtype=np.int8) for _ in range(2)
    )
    return Operands(weights, activations, f"uniform, seed {seed}")


def operand_stream(
    plan: Plan, layer: str, values: Mapping[str, np.ndarray], *, limit: int = 20_000
) -> Operands:
    """The operands of an accelerator's multipliers during a layer.

    Parameters
    ----------
    plan : Plan
    layer : str
        One of the plan's ``operand_layers``.
    values : mapping of str to ndarray of int8
        Codes of every tensor for some images, from
        :meth:`~hawx_hw.emulation.emulator.Emulator.run_all`.
    limit : int
        The most steps; see :func:`~hawx_hw.architectures.base.sampled_steps`.

    Raises
    ------
    ValueError
        The plan has no such layer, or ``limit`` is less than one step an image.
    """
    stream = plan.operands(layer, values, limit)
    images = len(next(iter(values.values())))
    return Operands(
        stream.weights, stream.activations, f"{plan.operand_layers[layer]}, {images} images"
    )
