"""The input codes of images: the only definition of how a pixel becomes an int8 code.

A network takes real values that are computed from 8-bit pixels, channel by channel: divided by 255
as a rule, often normalized by a mean and a standard deviation too. Of a pixel there are 256 values,
so that its code is looked up in a table, which is a part of the integer graph.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "DEFAULT_CODES",
    "INPUT_SCALE",
    "INPUT_ZERO_POINT",
    "Preprocessing",
    "codes",
]

INPUT_SCALE = 1 / 255
INPUT_ZERO_POINT = -128
#: ``pixel - 128``, so that a black pixel is the zero point.
DEFAULT_CODES = np.arange(-128, 128, dtype=np.int8).reshape(1, 256)


def codes(images: np.ndarray, table: np.ndarray = DEFAULT_CODES) -> np.ndarray:
    """Input codes of images.

    Parameters
    ----------
    images : ndarray of uint8
        ``(..., C, H, W)``; any shape where one table serves all channels.
    table : ndarray of int8
        ``(1, 256)`` or ``(C, 256)``: the code of each pixel value.

    Returns
    -------
    ndarray of int8
        The same shape.
    """
    if images.dtype != np.uint8:
        raise TypeError(f"Images must be uint8, not {images.dtype}")
    if len(table) == 1:
        # The usual table without a look-up, which takes several times as long.
        if np.array_equal(table, DEFAULT_CODES):
            return (images ^ np.uint8(0x80)).view(np.int8)
        return np.ascontiguousarray(table[0][images])
    if images.ndim < 3 or images.shape[-3] != len(table):
        raise ValueError(f"Images must have {len(table)} channels, not the shape {images.shape}")
    result = np.empty(images.shape, dtype=np.int8)
    for channel, row in enumerate(table):
        result[..., channel, :, :] = row[images[..., channel, :, :]]
    return result


@dataclass(frozen=True)
class Preprocessing:
    """The real values that a network takes: ``(pixel * scale - mean) / std``.

    Parameters
    ----------
    scale : float
        > 0 and finite.
    mean, std : tuple of float
        One for all channels, or one a channel; finite, ``std`` > 0.
    """

    scale: float = INPUT_SCALE
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        numbers = (self.scale, *self.mean, *self.std)
        if not (self.mean and self.std and all(np.isfinite(number) for number in numbers)):
            raise ValueError("Preprocessing must have a scale, means and deviations, all finite")
        if min(self.scale, *self.std) <= 0:
            raise ValueError("Preprocessing must have a scale and deviations > 0")
        if len({len(self.mean), len(self.std)} - {1}) > 1:
            raise ValueError("Preprocessing must have as many means as deviations, or one")

    @property
    def channels(self) -> int | None:
        """How many the images must have; None: any number."""
        number = max(len(self.mean), len(self.std))
        return None if number == 1 else number

    def values(self) -> np.ndarray:
        """The real value of every pixel value, float64 ``(1 or channels, 256)``."""
        pixels = np.arange(256) / (1 / self.scale)  # a scale of 1/255 divides by 255 exactly
        mean, std = (np.array(each, dtype=np.float64)[:, None] for each in (self.mean, self.std))
        result: np.ndarray = (pixels - mean) / std
        return result

    def real(self, images: np.ndarray, dtype: type[np.floating] = np.float64) -> np.ndarray:
        """What the network takes.

        Parameters
        ----------
        images : ndarray of uint8
            ``(n, C, H, W)``.
        dtype : numpy type
            The type of the result.

        Returns
        -------
        ndarray of ``dtype``
            The same shape.
        """
        values = self.values().astype(dtype)
        if len(values) == 1:
            return np.ascontiguousarray(values[0][images])
        if images.shape[1] != len(values):
            raise ValueError(
                f"Images must have {len(values)} channels, not the shape {images.shape}"
            )
        return np.stack([row[images[:, c]] for c, row in enumerate(values)], axis=1)

    def table(self, scale: float, zero_point: int) -> np.ndarray:
        """Codes of every pixel value in the encoding of a network's input.

        Parameters
        ----------
        scale : float
            > 0.
        zero_point : int

        Returns
        -------
        ndarray of int8
            ``(1 or channels, 256)``; values beyond the range of the codes saturate.
        """
        codes = np.floor(self.values() / scale + 0.5) + zero_point
        return np.clip(codes, -128, 127).astype(np.int8)
