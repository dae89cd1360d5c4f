"""The lists of taps: what each row of the array multiplies, tile by tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.systolic.placement import Placement

__all__ = ["Tap", "TapFormat", "stream_taps", "taps"]


@dataclass(frozen=True)
class Tap:
    """One tap of a kernel, for one row of the array.

    Parameters
    ----------
    column, row : int
        In the kernel.
    offset : int
        Words from the kernel's first tap in the first plane of channels.
    code : int
        Number of the channel in its word.
    live : int
        0 where the row has no tap in this tile; its activation is then 0.
    """

    column: int = 0
    row: int = 0
    offset: int = 0
    code: int = 0
    live: int = 0


@dataclass(frozen=True)
class TapFormat:
    """Bits of the fields of a list's words, ``column`` lowest, then ``row``, ``offset``, ``code``,
    ``live``."""

    column: int
    row: int
    offset: int
    code: int

    @classmethod
    def of(cls, lists: Sequence[Sequence[Tap]]) -> TapFormat:
        """The narrowest format that holds ``lists``."""
        every = [tap for row in lists for tap in row]
        return cls(
            *(
                max(1, *(getattr(tap, name).bit_length() for tap in every))
                for name in ("column", "row", "offset", "code")
            )
        )

    @property
    def bits(self) -> int:
        """Bits of a word."""
        return self.column + self.row + self.offset + self.code + 1

    def pack(self, tap: Tap) -> int:
        """The memory word of ``tap``."""
        word, at = 0, 0
        for name in ("column", "row", "offset", "code"):
            word |= getattr(tap, name) << at
            at += getattr(self, name)
        return word | tap.live << at


def taps(
    layer: Operation, placement: Placement, source: Layout, word_codes: int
) -> list[list[Tap]]:
    """The taps of a layer of the array: one list a row, one tap a tile.

    Parameters
    ----------
    layer : Operation
    placement : Placement
    source : Layout
        Of the layer's input.
    word_codes : int
        Codes in a word.
    """
    channels, height, width = layer.input_shape
    shape = (channels, *layer.kernel.kernel)
    lists = []
    for row in placement.taps.T:
        entries = []
        for number in row.tolist():
            if number < 0:
                entries.append(Tap())
                continue
            channel, y, x = (int(i) for i in np.unravel_index(number, shape))
            plane, code = divmod(int(source.positions[channel]), word_codes)
            entries.append(Tap(x, y, plane * height * width + y * width + x, code, 1))
        lists.append(entries)
    return lists


def stream_taps(layer: Operation, source: Layout, rows: int, word_codes: int) -> list[list[Tap]]:
    """Planes of channels that the first row reads, one a tile; the other rows rest."""
    _, height, width = layer.input_shape
    planes = -(-source.size // word_codes)
    first = [Tap(offset=plane * height * width, live=1) for plane in range(planes)]
    return [first, *([Tap()] * planes for _ in range(rows - 1))]
