"""Streams and stores: the words that stream and store instructions name.

A :class:`Stream` is an affine loop nest over activations and weights, a :class:`Store` is how
registers become words of a memory. Both are plain integers;
:class:`~hawx_hw.architectures.simt.packed_words.PackedFormat` packs them into memory words.
"""

from __future__ import annotations

from dataclasses import dataclass

from hawx_hw.architectures.simt.isa import HAZARD
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["Store", "Stream"]


@dataclass(frozen=True)
class Stream:
    """What a stream instruction reads::

        for block, kernel_y, kernel_x:              # positions; blocks of channels outermost
          for down, beats, across:                  # registers; beats come from s[rs + 4]
            for taps:                               # a run
              for group in groups:                  # at once

    Every loop adds its ``step`` to the address (bytes), its ``x`` and ``y`` to the coordinates; the
    start is in s[rs], s[rs + 1] and s[rs + 2]. Taps beyond ``width`` or ``height`` read ``pad``.

    Parameters
    ----------
    taps : int
        Of a run: bytes that lie together.
    across, down : int
        Elements of a window, along x and along y; 1 where nothing is pooled.
    kernel_x, kernel_y : int
        Positions of the kernel, without those that ``taps`` covers.
    blocks : int
        Blocks of channels.
    groups : int
        Pixel groups: parts of the lanes that work on neighboring windows.
    words : int
        Words that a run of all groups together reads: those at the run's first address of group 0,
        plus multiples of ``word_step``. A run lasts at least as many cycles.
    width, height : int
        Of the map; 0 where nothing lies beyond it.
    pad : int
        The code read beyond the map, in [-128, 127].
    selection : int
        Which blocks count, where the instruction has ``sel`` 0.
    """

    taps: int = 1
    tap_step: int = 0
    tap_x: int = 0
    across: int = 1
    across_step: int = 0
    across_x: int = 0
    beat_step: int = 0
    beat_x: int = 0
    beat_y: int = 0
    down: int = 1
    down_step: int = 0
    down_y: int = 0
    kernel_x: int = 1
    kernel_x_step: int = 0
    kernel_x_x: int = 0
    kernel_y: int = 1
    kernel_y_step: int = 0
    kernel_y_y: int = 0
    blocks: int = 1
    block_step: int = 0
    groups: int = 1
    group_step: int = 0
    group_x: int = 0
    words: int = 1
    word_step: int = 0
    width: int = 0
    height: int = 0
    pad: int = 0
    selection: int = 0

    @property
    def positions(self) -> int:
        """Runs into each register."""
        return self.blocks * self.kernel_y * self.kernel_x

    @property
    def window(self) -> int:
        """Registers of one beat."""
        return self.across * self.down

    @property
    def reach(self) -> int:
        """Bytes from the first tap of a run to its last."""
        return (self.taps - 1) * self.tap_step

    @property
    def run(self) -> int:
        """Cycles of one run."""
        return max(self.taps, self.words)

    def cycles(self, beats: int) -> int:
        """Cycles of the walk: n.

        ``words - 1`` before the first tap, and then for each position the runs of all registers, at
        least :data:`~hawx_hw.architectures.simt.isa.HAZARD` where there are several.
        """
        registers = beats * self.window
        hazard = HAZARD if registers > 1 else 0
        return self.words - 1 + self.positions * max(registers * self.run, hazard)


@dataclass(frozen=True)
class Store:
    """How registers become codes, and where the codes go.

    Parameters
    ----------
    window : int
        Registers of a window, for ``.max`` and ``.sum``.
    shift : int
        Of the requantization, in [1, 39]; others are a trap.
    low, high : int
        The clamp, in [-128, 127].
    step : int
        Codes are multiples of it, a power of two in [1, 128].
    lanes : int
        Lanes of each group whose codes are stored: words of L bytes, zero beyond them.
    groups : int
        Pixel groups, as in the stream.
    window_step, block_step : int
        Words from one window to the next, and from one word of a window to the next.
    constant_step, element_step : int
        Words of the requantization memory from one word of a window to the next, and from one
        register of a window to the next.
    result : bool
        Whether the words go to the result memory, not to the activation memory.
    """

    window: int = 1
    shift: int = 1
    low: int = -128
    high: int = 127
    step: int = 1
    lanes: int = 1
    groups: int = 1
    window_step: int = 1
    block_step: int = 1
    constant_step: int = 1
    element_step: int = 0
    result: bool = False

    def words(self, unit: Unit) -> int:
        """Words of one window."""
        return -(-self.lanes // unit.word)

    def codes(self, unit: Unit, word: int) -> int:
        """Codes of one word of a window."""
        return min(unit.word, self.lanes - word * unit.word)

    def windows(self, beats: int, remaining: int) -> int:
        """Windows that are stored, of all groups."""
        return min(beats * self.groups, remaining)

    def cycles(self, unit: Unit, beats: int, remaining: int, reduces: bool) -> int:
        """Cycles of the walk: m.

        Parameters
        ----------
        beats, remaining : int
            s[rs + 2] and s[rs + 3].
        reduces : bool
            Whether windows are reduced: ``.max`` or ``.sum``.
        """
        steps = sum(
            -(-self.codes(unit, word) // unit.requantizers) for word in range(self.words(unit))
        )
        window = self.window if reduces else 1
        return max(1, self.windows(beats, remaining) * window * steps)
