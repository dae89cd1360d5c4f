"""The words of a layer that the hardware stores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hawx_hw.architectures.base import LayerWrites
from hawx_hw.architectures.common.channels import Layout

__all__ = ["layer_writes"]


def layer_writes(
    name: str,
    codes: np.ndarray,
    layout: Layout,
    *,
    word_codes: int,
    destination: int,
    order: Sequence[tuple[int, int]],
) -> LayerWrites:
    """What one layer stores, word after word.

    Parameters
    ----------
    name : str
        The tensor that the layer stores.
    codes : ndarray of int8, shape (images, channels, height, width)
        Its values.
    layout : Layout
        Where its channels lie.
    word_codes : int
        Codes in a word.
    destination : int
        Address of its first word.
    order : sequence of (int, int)
        Plane of channels and pixel of each word, in the order in which they are stored.
    """
    images, count, height, width = codes.shape
    pixels = height * width
    planes = -(-layout.size // word_codes)
    channel_of = np.full(planes * word_codes, -1, dtype=np.int64)
    channel_of[layout.positions] = np.arange(count)
    plane, pixel = np.array(order, dtype=np.int64).T
    padded = np.zeros((images, planes * word_codes, pixels), dtype=np.int8)
    padded[:, layout.positions] = codes.reshape(images, count, pixels)
    words = padded.reshape(images, planes, word_codes, pixels).transpose(0, 1, 3, 2)
    y, x = np.divmod(pixel, width)
    return LayerWrites(
        name=name,
        addresses=destination + plane * pixels + pixel,
        places=np.stack([y, x], axis=1).astype(np.int32),
        channels=channel_of[(plane * word_codes)[:, None] + np.arange(word_codes)].astype(np.int32),
        codes=words[:, plane, pixel],
    )
