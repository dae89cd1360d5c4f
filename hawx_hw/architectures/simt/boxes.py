"""Taps of a layer as boxes: what one stream can walk.

The taps that have one block each (a *tap class*) may be any of a kernel. A box of them is a range
of channel blocks, kernel lines, places along x and bytes of a word; each is the stream of a MAC.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.simt.tensors import Map

__all__ = ["Box", "TapSpace", "boxes"]


@dataclass(frozen=True)
class Box:
    """Taps that one stream walks, in the order of its loops.

    Parameters
    ----------
    planes, lines, steps, taps : range
        Planes of channels, kernel lines, steps along x, and the bytes of a run. A step along x is a
        pixel; of a packed map it is a run, and ``taps`` are the bytes of the first one.
    """

    planes: range
    lines: range
    steps: range
    taps: range

    @property
    def size(self) -> int:
        """How many taps."""
        return len(self.planes) * len(self.lines) * len(self.steps) * len(self.taps)


@dataclass(frozen=True, eq=False)
class TapSpace:
    """The taps of a kernel as they lie in a map.

    Parameters
    ----------
    source : Map
    kernel : tuple of int
        Height and width.
    longest : int
        Most taps of a run.
    """

    source: Map
    kernel: tuple[int, int]
    longest: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Planes, kernel lines, pixels along x, bytes; of a packed map, all bytes of a line are
        those of one pixel."""
        height, width = self.kernel
        if self.source.packed:
            return 1, height, 1, width * self.source.shape[0]
        return self.source.planes, height, width, self.source.word

    def spread(self, values: np.ndarray, empty: int) -> np.ndarray:
        """Values of taps at their places.

        Parameters
        ----------
        values : ndarray, shape (..., channels, height, width)
        empty : int
            For places without a tap.

        Returns
        -------
        ndarray, shape (..., *shape)
        """
        lead = values.shape[:-3]
        if self.source.packed:
            moved = np.moveaxis(values, -3, -1)
            return moved.reshape(*lead, *self.shape)
        planes, height, width, word = self.shape
        result = np.full((*lead, planes * word, height, width), empty, dtype=values.dtype)
        result[..., self.source.layout.positions, :, :] = values
        parted = result.reshape(*lead, planes, word, height, width)
        return np.moveaxis(parted, -3, -1)

    def weights(self, spread: np.ndarray, box: Box) -> np.ndarray:
        """Weights of a box in the order of its stream.

        Parameters
        ----------
        spread : ndarray, shape (filters, *shape)
        box : Box

        Returns
        -------
        ndarray, shape (taps, filters)
        """
        part = spread[:, _slice(box.planes), _slice(box.lines)]
        if self.source.packed:
            first, run = box.taps.start, len(box.taps)
            part = part[..., 0, first : first + run * len(box.steps)]
        else:
            part = part[..., _slice(box.steps), _slice(box.taps)]
        flat: np.ndarray = part.reshape(len(spread), -1).T
        return flat


def boxes(space: TapSpace, mask: np.ndarray) -> list[Box]:
    """Boxes that cover the taps of a mask, each tap once.

    Parameters
    ----------
    space : TapSpace
    mask : ndarray of bool, shape ``space.shape``
    """
    if space.source.packed:
        return list(_packed_boxes(mask[0, :, 0], space.longest))
    # A class may be some kernel lines of all channels, or all of some channels.
    orders = ((2, 1, 0), (0, 1, 2), (0, 2, 1))
    return min((list(_boxes(mask, space.longest, order)) for order in orders), key=len)


def _boxes(mask: np.ndarray, longest: int, order: Sequence[int]) -> Iterator[Box]:
    left = mask.copy()
    while left.any():
        start = np.argwhere(left)[0]
        ranges = [range(i, i + 1) for i in start.tolist()]
        ranges[3] = _grown(left, ranges, 3, longest)
        for axis in order:
            ranges[axis] = _grown(left, ranges, axis, left.shape[axis])
        left[tuple(map(_slice, ranges))] = False
        yield Box(*ranges)


def _grown(left: np.ndarray, ranges: Sequence[range], axis: int, most: int) -> range:
    """A range as long as all taps are there."""
    first = ranges[axis].start
    end = ranges[axis].stop
    while end < left.shape[axis] and end - first < most:
        next_ = [*ranges]
        next_[axis] = range(end, end + 1)
        if not left[tuple(map(_slice, next_))].all():
            break
        end += 1
    return range(first, end)


def _packed_boxes(mask: np.ndarray, longest: int) -> Iterator[Box]:
    """Boxes of bytes of lines: runs that lie together are repeated along a line."""
    left = mask.copy()
    while left.any():
        line, first = np.argwhere(left)[0].tolist()
        end = first
        while end < left.shape[1] and left[line, end]:
            end += 1
        run = _run(end - first, longest)
        steps = (end - first) // run
        end = first + steps * run
        last = line
        while last < len(left) and left[last, first:end].all():
            last += 1
        left[line:last, first:end] = False
        yield Box(range(1), range(line, last), range(steps), range(first, first + run))


def _run(length: int, longest: int) -> int:
    """Taps of a run, so that runs are long and few are left over."""
    if length <= longest:
        return length
    whole = max(run for run in range(1, longest + 1) if length % run == 0)
    return whole if 2 * whole > longest else longest


def _slice(part: range) -> slice:
    return slice(part.start, part.stop)
