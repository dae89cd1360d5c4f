"""Where the codes of a tensor lie in the activation memory, as streams address them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.operations import Operation

__all__ = ["Map", "image_pixels_per_word"]


@dataclass(frozen=True, eq=False)
class Map:
    """A tensor in words of L codes: planes of L channel positions, pixels in raster order.

    A packed map has several neighboring pixels along x in each word, each line begins at a word,
    and nothing lies between pixels.

    Parameters
    ----------
    first : int
        Its first word.
    shape : tuple of int
        ``(channels, height, width)``.
    word : int
        L.
    layout : Layout
        Where its channels lie; natural where it is packed.
    pixels_per_word : int
        1 where it is not packed.
    """

    first: int
    shape: tuple[int, int, int]
    word: int
    layout: Layout
    pixels_per_word: int = 1

    @property
    def packed(self) -> bool:
        """Whether a word has several pixels."""
        return self.pixels_per_word > 1

    @property
    def planes(self) -> int:
        """Words of a pixel; 1 where it is packed."""
        return 1 if self.packed else -(-self.layout.size // self.word)

    @property
    def line_words(self) -> int:
        """Words of a line of one plane."""
        return -(-self.shape[2] // self.pixels_per_word)

    @property
    def plane_words(self) -> int:
        """Words of a plane."""
        return self.shape[1] * self.line_words

    @property
    def words(self) -> int:
        """Words of all."""
        return self.planes * self.plane_words

    @property
    def pixel_bytes(self) -> int:
        """Bytes from a pixel to its neighbor along x."""
        return self.shape[0] if self.packed else self.word

    @property
    def line_bytes(self) -> int:
        """Bytes from a pixel to the one below."""
        return self.line_words * self.word

    @property
    def plane_bytes(self) -> int:
        """Bytes from a plane to the next."""
        return self.plane_words * self.word

    @property
    def x_units(self) -> int:
        """What a pixel counts in coordinates along x: its bytes where the map is packed."""
        return self.shape[0] if self.packed else 1

    def used(self, plane: int) -> int:
        """Codes of a plane's words, up to the last one that is a channel; 0 where none is."""
        own = self.layout.positions[self.layout.positions // self.word == plane]
        return int(own.max()) % self.word + 1 if len(own) else 0

    def memory(self, codes: np.ndarray) -> np.ndarray:
        """Its words, from the first on, for the codes of a tensor.

        Parameters
        ----------
        codes : ndarray of int8, shape (channels, height, width)

        Returns
        -------
        ndarray of int8, shape (words, L)
        """
        channels, height, width = self.shape
        if self.packed:
            lines = np.zeros((height, self.line_bytes), dtype=np.int8)
            lines[:, : width * channels] = codes.transpose(1, 2, 0).reshape(height, -1)
            return lines.reshape(-1, self.word)
        padded = np.zeros((self.planes * self.word, height * width), dtype=np.int8)
        padded[self.layout.positions] = codes.reshape(channels, -1)
        planes = padded.reshape(self.planes, self.word, -1).transpose(0, 2, 1)
        return np.ascontiguousarray(planes.reshape(-1, self.word))

    def codes(self, memory: np.ndarray) -> np.ndarray:
        """The codes of the tensor, int8 ``(channels, height, width)``, in a memory.

        Parameters
        ----------
        memory : ndarray of int8, shape (words, L)
        """
        channels, height, width = self.shape
        words = memory[self.first : self.first + self.words]
        if self.packed:
            lines = words.reshape(height, -1)[:, : width * channels]
            return lines.reshape(height, width, channels).transpose(2, 0, 1)
        planes = words.reshape(self.planes, height * width, self.word).transpose(0, 2, 1)
        return planes.reshape(-1, height, width)[self.layout.positions]


def image_pixels_per_word(layers: Sequence[Operation], image: str, word: int) -> int:
    """How many pixels of the image a word holds.

    Several where the channels divide a word of a power of two codes, so that bytes and pixels have
    steps in common, and where every layer that reads the image multiplies: others take whole words.

    Parameters
    ----------
    layers : sequence of Operation
    image : str
        Name of the network's input.
    word : int
        L.
    """
    readers = [layer for layer in layers if image in layer.sources]
    if word & (word - 1) or not all(layer.multiplies for layer in readers):
        return 1
    channels, _, width = readers[0].input_shape if readers else (word, 1, 1)
    return word // channels if width > 1 and channels < word and word % channels == 0 else 1
