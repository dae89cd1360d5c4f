"""What the tensors of an ONNX graph are: constants, or views of what a layer computes.

ONNX has tensors of any number of axes, with the batch among them; layers here have feature maps
``(C, H, W)`` and vectors ``(F,)``. A tensor of the file is therefore a layer's output seen in some
order of axes, of which several may be one (a flattened map) and some may be of length 1. That order
is followed through transpositions and reshapes, until a layer reads the tensor.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hawx_hw.importing.encoding import Encoding

__all__ = [
    "BATCH",
    "CodeFormat",
    "Constant",
    "ConstantCodes",
    "Feature",
    "Value",
    "ViewError",
    "natural",
]

Axis = tuple[str, ...]
BATCH: Axis = ("n",)


class ViewError(ValueError):
    """A change of axes that no view of a layer's output is; the text goes on after "it "."""


@dataclass(frozen=True)
class ConstantCodes:
    """The integers that a constant was dequantized from.

    Parameters
    ----------
    codes : ndarray of int64
        Of the constant's shape, the zero point subtracted.
    scale : ndarray of float64
        ``(1,)``, or one for each place along ``axis``.
    axis : int
        0 where there is one scale.
    """

    codes: np.ndarray
    scale: np.ndarray
    axis: int

    def transposed(self, order: Sequence[int]) -> ConstantCodes:
        """The integers of the transposed constant."""
        axis = order.index(self.axis) if self.scale.size > 1 else 0
        return ConstantCodes(self.codes.transpose(order), self.scale, axis)


@dataclass(frozen=True)
class Constant:
    """Numbers that do not depend on the input.

    Parameters
    ----------
    array : ndarray
    name : str
        Of the initializer; empty: none.
    codes : ConstantCodes or None
        Where the file gives integers for it.
    """

    array: np.ndarray
    name: str = ""
    codes: ConstantCodes | None = None


@dataclass(frozen=True)
class CodeFormat:
    """The codes of a quantized tensor of the file.

    Parameters
    ----------
    kind : str
        ``int8`` or ``uint8``: the file's codes are those of :class:`Encoding`, or 128 more.
    encoding : Encoding or None
        None: the input, before the first operator that gives its scale.
    """

    kind: str
    encoding: Encoding | None

    @property
    def offset(self) -> int:
        """The file's code less the integer graph's."""
        return 128 if self.kind == "uint8" else 0


@dataclass(frozen=True)
class Feature:
    """A view of a layer's output.

    Parameters
    ----------
    layer : str
        The layer.
    shape : tuple of int
        Of its output: ``(C, H, W)`` or ``(F,)``.
    axes : tuple of tuple of str
        The axes of the file's tensor. Each is made of some of the layer's, ``n`` (the batch) and
        ``c``, ``h``, ``w`` or ``f``, the slowest first; one of length 1 is of none.
    batch : int
    label : str
        The node that made the view.
    shared : bool
        Whether anything else reads it, or what it is a view of.
    padding : tuple of int
        Zeros around the map that the next layer pads with: (top, left, bottom, right).
    padding_label : str
        The node that pads.
    codes : CodeFormat or None
        Where the file's tensor holds codes rather than real values.
    """

    layer: str
    shape: tuple[int, ...]
    axes: tuple[Axis, ...]
    batch: int
    label: str = ""
    shared: bool = False
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    padding_label: str = ""
    codes: CodeFormat | None = None

    @property
    def sizes(self) -> dict[str, int]:
        """The length of each axis of the layer, and of the batch."""
        names = "chw" if len(self.shape) == 3 else "f"
        return {"n": self.batch, **dict(zip(names, self.shape, strict=True))}

    @property
    def file_shape(self) -> tuple[int, ...]:
        """The shape of the file's tensor, with the batch and with padding."""
        top, left, bottom, right = self.padding
        sizes = self.sizes
        if any(self.padding):
            sizes |= {"h": sizes["h"] + top + bottom, "w": sizes["w"] + left + right}
        return tuple(math.prod(sizes[atom] for atom in axis) for axis in self.axes)

    @property
    def is_map(self) -> bool:
        """Whether the file's tensor is the layer's map, ``(N, C, H, W)``."""
        return len(self.shape) == 3 and self.axes == natural(self.shape)

    def channel_axis(self) -> int | None:
        """The axis of the file's tensor that the layer's channels or features are."""
        own = ("c",) if len(self.shape) == 3 else ("f",)
        return self.axes.index(own) if own in self.axes else None

    def transposed(self, order: Sequence[int], label: str) -> Feature:
        """The view with its axes in another order."""
        if sorted(order) != list(range(len(self.axes))):
            raise ViewError(f"orders {len(self.axes)} axes as {list(order)}")
        return replace(self, axes=tuple(self.axes[axis] for axis in order), label=label)

    def reshaped(self, dims: Sequence[int], label: str) -> Feature:
        """The view with other axes of the same values in the same order.

        Raises
        ------
        ViewError
            It divides an axis of the layer, or mixes the batch with it.
        """
        if math.prod(dims) != math.prod(self.file_shape) or any(self.padding):
            raise ViewError(f"reshapes {self.file_shape} to {tuple(dims)}")
        sizes = self.sizes
        rest = [atom for axis in self.axes for atom in axis if sizes[atom] > 1 and atom != "n"]
        axes: list[Axis] = []
        if dims and dims[0] == self.batch and self.axes and self.axes[0] == BATCH:
            axes.append(BATCH)
        elif self.batch > 1:
            raise ViewError(f"reshapes {self.file_shape} to {tuple(dims)}, across the batch")
        for length in dims[len(axes) :]:
            atoms: list[str] = []
            while length > 1 and rest and length % sizes[rest[0]] == 0:
                length //= sizes[rest[0]]
                atoms.append(rest.pop(0))
            if length != 1:
                raise ViewError(
                    f"reshapes {self.file_shape} to {tuple(dims)}, which divides channels, height "
                    "or width"
                )
            axes.append(tuple(atoms))
        return replace(self, axes=tuple(axes), label=label)


Value = Constant | Feature


def natural(shape: tuple[int, ...]) -> tuple[Axis, ...]:
    """The axes ``(N, C, H, W)`` or ``(N, F)`` of a layer's output."""
    names = "chw" if len(shape) == 3 else "f"
    axes = ((name,) if length > 1 else () for name, length in zip(names, shape, strict=True))
    return (BATCH, *axes)
