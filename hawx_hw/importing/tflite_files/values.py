"""Tensors of a TFLite file as views of layers' outputs: channels last there, channels first here.

A change of layout (RESHAPE, TRANSPOSE, SQUEEZE) computes nothing: it changes at which place of the
file's tensor each number of the layer's output stands. What reads the tensor needs one certain
layout, or corrects for another with its weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from hawx_hw.importing.encoding import Encoding

__all__ = ["ELEMENTS_MAX", "Value", "channels_last"]

#: Of one tensor.
ELEMENTS_MAX = 2**24


def channels_last(shape: tuple[int, ...]) -> np.ndarray:
    """Positions in ``(channels, height, width)`` of the elements of ``(height, width, channels)``.

    Parameters
    ----------
    shape : tuple of int
        ``(channels, height, width)``, or ``(features,)``, whose order is the same.
    """
    positions = np.arange(math.prod(shape), dtype=np.int32).reshape(shape)
    return positions if len(shape) == 1 else positions.transpose(1, 2, 0)


@dataclass(frozen=True)
class Value:
    """A tensor of the file, without its batch.

    Parameters
    ----------
    layer : str
        Whose output it is.
    shape : tuple of int
        Of that output: ``(channels, height, width)`` or ``(features,)``.
    encoding : Encoding or None
        None: in floating point.
    positions : ndarray of int32 or None
        Of the file's shape: the position of each element in the layer's output. None: channels
        last.
    padding : tuple of int
        (top, left, bottom, right): what a PAD adds around it, for the next window to do.
    fill : float
        The real value of the padding.
    shared : bool
        Whether the output is read by more than one operator so far.
    """

    layer: str
    shape: tuple[int, ...]
    encoding: Encoding | None = None
    positions: np.ndarray | None = None
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    fill: float = 0.0
    shared: bool = False

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def dims(self) -> tuple[int, ...]:
        """The file's shape, without the batch."""
        if self.positions is not None:
            return self.positions.shape
        return self.shape if len(self.shape) == 1 else (*self.shape[1:], self.shape[0])

    @property
    def is_map(self) -> bool:
        """Whether it is a feature map, channels last."""
        return len(self.shape) == 3 and self.positions is None

    @property
    def order(self) -> np.ndarray:
        """Positions of all elements, in the file's order; ``(size,)``."""
        positions = channels_last(self.shape) if self.positions is None else self.positions
        return positions.reshape(-1)

    def viewed(self, positions: np.ndarray) -> Value:
        """The same output in another layout."""
        usual = channels_last(self.shape)
        same = positions.shape == usual.shape and np.array_equal(positions, usual)
        return replace(self, positions=None if same else positions)

    def reshaped(self, dims: tuple[int, ...]) -> Value:
        """The same elements in the same order in another shape of the same size."""
        return self.viewed(self.order.reshape(dims))

    def transposed(self, axes: tuple[int, ...]) -> Value:
        """The axes of the file's shape in another order."""
        return self.viewed(self.order.reshape(self.dims).transpose(axes))
