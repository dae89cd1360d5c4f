"""Where the codes of a tensor lie in a memory of words, and in a stream of bytes."""

from __future__ import annotations

import builtins
from dataclasses import dataclass

__all__ = ["TensorLayout", "index_width"]


def index_width(count: int) -> int:
    """Bits of an index below ``count``; at least one, so that a port never vanishes."""
    return max(1, (count - 1).bit_length())


@dataclass(frozen=True)
class TensorLayout:
    """One tensor in memory words of ``word_codes`` bytes, and in a packet of single bytes.

    Channel position ``s`` of pixel ``(y, x)`` is byte ``s % word_codes`` (byte 0 is bits 7 to 0) of
    word ``(s // word_codes) * height * width + y * width + x``; mostly the position of a channel is
    its number. A packet has the pixels in raster order and the channels of one pixel together
    (HWC). A vector ``(N,)`` is one pixel of N channels.

    With several ``pixels_per_word`` a word holds so many neighbors along x, each with all of its
    channels, and each line of pixels begins at a word: channel ``c`` of pixel ``(y, x)`` is byte
    ``x % pixels_per_word * channels + c`` of word ``y * line_words + x // pixels_per_word``.

    Parameters
    ----------
    shape : tuple of int
        ``(channels, height, width)`` or ``(features,)``.
    word_codes : int
        Bytes in a word, >= 1.
    positions : tuple of int or None
        The position of each channel, no two alike; None where each is the channel's number.
    pixels_per_word : int
        Pixels in a word, >= 1; several only where their channels fit and lie in their natural
        order.
    """

    shape: tuple[int, ...]
    word_codes: int
    positions: tuple[int, ...] | None = None
    pixels_per_word: int = 1

    def __post_init__(self) -> None:
        if len(self.shape) not in (1, 3) or any(n < 1 for n in self.shape):
            raise ValueError(f"Tensor shape must be (C, H, W) or (N,), not {self.shape!r}")
        if self.word_codes < 1:
            raise ValueError(f"Codes of a word must be a positive number, not {self.word_codes!r}")
        if self.positions is not None and (
            len(self.positions) != self.shape[0]
            or len(set(self.positions)) != len(self.positions)
            or min(self.positions) < 0
        ):
            raise ValueError(
                f"Channel positions must be {self.shape[0]} different numbers >= 0, "
                f"not {self.positions!r}"
            )
        packed = self.pixels_per_word
        if packed < 1 or (packed > 1 and packed * self.channels > self.word_codes):
            raise ValueError(
                f"Pixels of a word must be 1, or so many that their {self.channels} channels each "
                f"fit its {self.word_codes} codes, not {packed!r}"
            )
        if packed > 1 and self.positions is not None:
            raise ValueError("Channels of several pixels in a word must be in their natural order")

    @property
    def channels(self) -> int:
        """Bytes of one pixel."""
        return self.shape[0]

    @property
    def pixels(self) -> int:
        """Height times width; 1 for a vector."""
        return self.shape[1] * self.shape[2] if len(self.shape) == 3 else 1

    @property
    def lines(self) -> int:
        """Lines of pixels: the height; 1 for a vector."""
        return self.shape[1] if len(self.shape) == 3 else 1

    @property
    def line_pixels(self) -> int:
        """Pixels of a line: the width; 1 for a vector."""
        return self.shape[2] if len(self.shape) == 3 else 1

    @property
    def line_words(self) -> int:
        """Words of one line of pixels in one plane."""
        return -(-self.line_pixels // self.pixels_per_word)

    @property
    def planes(self) -> int:
        """Words of one pixel: planes of ``word_codes`` channel positions each."""
        positions = self.channels if self.positions is None else max(self.positions) + 1
        return -(-positions // self.word_codes)

    @property
    def words(self) -> int:
        """Words of the whole tensor."""
        return self.planes * self.lines * self.line_words

    @property
    def bytes(self) -> int:
        """Bytes of one packet."""
        return self.channels * self.pixels

    def place(self, index: int) -> tuple[int, int]:
        """Word address, and number in the word, of byte ``index`` of the packet."""
        pixel, channel = divmod(index, self.channels)
        if self.pixels_per_word > 1:
            y, x = divmod(pixel, self.line_pixels)
            word, neighbor = divmod(x, self.pixels_per_word)
            return y * self.line_words + word, neighbor * self.channels + channel
        position = channel if self.positions is None else self.positions[channel]
        plane, byte = divmod(position, self.word_codes)
        return plane * self.pixels + pixel, byte

    def words_of(self, packet: builtins.bytes) -> list[int]:
        """Memory words, by address, that hold ``packet``; bytes without a channel are zero."""
        words = [0] * self.words
        for index, value in enumerate(packet):
            address, byte = self.place(index)
            words[address] |= value << (8 * byte)
        return words

    def packet_of(self, words: list[int]) -> builtins.bytes:
        """The packet that memory ``words`` hold."""
        places = (self.place(index) for index in range(self.bytes))
        return builtins.bytes((words[address] >> (8 * byte)) & 0xFF for address, byte in places)
