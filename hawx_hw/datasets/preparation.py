"""What is done to the uint8 images of a data set before a network sees them.

In this order:

1. ``grey``: one channel, (19595 R + 38470 G + 7471 B + 32768) // 65536, the luma of ITU-R BT.601 in
   the rounding of Pillow. Images of one channel stay as they are.
2. ``resize``: bilinear, antialiased where it reduces, by Pillow in integers: the same on every
   machine. ``stretch`` scales both axes to the size, ``crop`` takes the largest region around the
   center that has the shape, ``pad`` scales the whole image into the size and makes the rest black.
3. ``rgb``, ``bgr``: three channels in this order, of images that are stored as RGB; those of one
   channel are repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hawx_hw.datasets.arrays import BYTES_MAX
from hawx_hw.errors import UserError

__all__ = ["Channels", "Fit", "Preparation", "grey", "resized"]

Channels = Literal["rgb", "bgr", "grey"]
Fit = Literal["stretch", "crop", "pad"]
_LUMA = (19595, 38470, 7471)
_BATCH = 1 << 22  # pixels that become grey at once


@dataclass(frozen=True)
class Preparation:
    """What is done to images; by default nothing.

    Parameters
    ----------
    channels : str or None
        None: those that the images have.
    resize : tuple of int or None
        Height and width; None: those that the images have.
    fit : str
        How images of another shape come to it.
    """

    channels: Channels | None = None
    resize: tuple[int, int] | None = None
    fit: Fit = "stretch"

    def apply(self, images: np.ndarray, where: str) -> np.ndarray:
        """The images as a network sees them.

        Parameters
        ----------
        images : ndarray of uint8
            ``(n, C, H, W)``.
        where : str
            Where they are from, for errors.

        Returns
        -------
        ndarray of uint8
            ``(n, C', H', W')``.

        Raises
        ------
        UserError
            They have neither one channel nor three, and others are requested.
        """
        if self.channels is not None and images.shape[1] not in (1, 3):
            raise UserError(
                f"Images of {images.shape[1]} channels cannot become {self.channels}: they must "
                "have one channel or three.",
                where=f"network.preprocess.channels: {where}",
            )
        self._check_size(images.shape, where)
        if self.channels == "grey" and images.shape[1] == 3:
            images = grey(images)
        if self.resize is not None and images.shape[2:] != self.resize:
            images = resized(images, self.resize, self.fit)
        if self.channels in ("rgb", "bgr") and images.shape[1] == 1:
            return np.repeat(images, 3, axis=1)
        return np.ascontiguousarray(images[:, ::-1]) if self.channels == "bgr" else images

    def _check_size(self, shape: tuple[int, ...], where: str) -> None:
        size = shape[0] * max(shape[1], 3)
        for length in self.resize or ():
            size *= length
        if self.resize is not None and size > BYTES_MAX:
            raise UserError(
                f"{shape[0]:,} images of {self.resize[0]:,} x {self.resize[1]:,} pixels have "
                f"{size / 2**30:,.1f} GiB, more than {BYTES_MAX >> 30} GiB.",
                where=f"network.preprocess.resize: {where}",
                hint="State a smaller size, or take fewer images.",
            )


def grey(images: np.ndarray) -> np.ndarray:
    """The luma of RGB images, in Pillow's rounding.

    Parameters
    ----------
    images : ndarray of uint8
        ``(n, 3, H, W)``.

    Returns
    -------
    ndarray of uint8
        ``(n, 1, H, W)``.
    """
    result = np.empty((len(images), 1, *images.shape[2:]), dtype=np.uint8)
    size = max(1, _BATCH // max(1, result[0].size)) if len(images) else 1
    for start in range(0, len(images), size):
        red, green, blue = images[start : start + size].transpose(1, 0, 2, 3).astype(np.uint32)
        luma = red * _LUMA[0] + green * _LUMA[1] + blue * _LUMA[2] + (1 << 15)
        result[start : start + size, 0] = luma >> 16
    return result


def resized(images: np.ndarray, size: tuple[int, int], fit: Fit) -> np.ndarray:
    """Images of another size; every channel by itself.

    Parameters
    ----------
    images : ndarray of uint8
        ``(n, C, H, W)``.
    size : tuple of int
        New height and width.
    fit : str

    Returns
    -------
    ndarray of uint8
        ``(n, C, *size)``.
    """
    from PIL import Image

    count, channels, height, width = images.shape
    region, inner = _geometry((height, width), size, fit)
    top, left = ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2)
    result = np.zeros((count, channels, *size), dtype=np.uint8)
    planes = np.ascontiguousarray(images).reshape(-1, height, width)
    into = result.reshape(-1, *size)[:, top : top + inner[0], left : left + inner[1]]
    for plane, target in zip(planes, into, strict=True):
        image = Image.fromarray(plane)
        target[...] = image.resize(inner[::-1], Image.Resampling.BILINEAR, box=region)
    return result


def _geometry(
    before: tuple[int, int], after: tuple[int, int], fit: Fit
) -> tuple[tuple[float, float, float, float], tuple[int, int]]:
    """The region that is scaled (left, top, right, bottom), and the size that it is scaled to."""
    (height, width), (high, wide) = before, after
    whole = (0.0, 0.0, float(width), float(height))
    broader = width * high > height * wide
    if fit == "stretch" or width * high == height * wide:
        return whole, after
    if fit == "crop":
        if broader:
            part = height * wide / high
            return ((width - part) / 2, 0.0, (width + part) / 2, float(height)), after
        part = width * high / wide
        return (0.0, (height - part) / 2, float(width), (height + part) / 2), after
    if broader:
        return whole, (max(1, (2 * height * wide + width) // (2 * width)), wide)
    return whole, (high, max(1, (2 * width * high + height) // (2 * height)))
