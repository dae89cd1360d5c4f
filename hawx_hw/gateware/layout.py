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

    Parameters
    ----------
    shape : tuple of int
        ``(channels, height, width)`` or ``(features,)``.
    word_codes : int
        Bytes in a word, >= 1.
    positions : tuple of int or None
        The position of each channel, no two alike; None where each is the channel's number.
    """

    shape: tuple[int, ...]
    word_codes: int
    positions: tuple[int, ...] | None = None

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

    @property
    def channels(self) -> int:
        """Bytes of one pixel."""
        return self.shape[0]

    @property
    def pixels(self) -> int:
        """Height times width; 1 for a vector."""
        return self.shape[1] * self.shape[2] if len(self.shape) == 3 else 1

    @property
    def planes(self) -> int:
        """Words of one pixel: planes of ``word_codes`` channel positions each."""
        positions = self.channels if self.positions is None else max(self.positions) + 1
        return -(-positions // self.word_codes)

    @property
    def words(self) -> int:
        """Words of the whole tensor."""
        return self.planes * self.pixels

    @property
    def bytes(self) -> int:
        """Bytes of one packet."""
        return self.channels * self.pixels

    def place(self, index: int) -> tuple[int, int]:
        """Word address, and number in the word, of byte ``index`` of the packet."""
        pixel, channel = divmod(index, self.channels)
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
