"""How a layer is parted: pixel groups, and beats of a tile.

There are few ways; each is timed by the cycle model. The fewest cycles win, and of equals the
fewest words of weights read: a word that has been read serves all beats of a tile. In which order
tiles of filters and lines follow each other is no choice: each instruction fetches its words anew.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from hawx_hw.architectures.simt.kernels import Emitter, Section
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.timing import time_program
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks.registry import by_name

__all__ = ["beats_of", "best_way", "layer_cycles", "weight_reads"]

_Way = TypeVar("_Way")


def beats_of(windows: int, most: int) -> list[int]:
    """Beats of a tile that come into question for a line.

    As many as there can be, as many as parts a line evenly, and as many as divide it.

    Parameters
    ----------
    windows : int
        Of a line and a group.
    most : int
        For which there are registers.
    """
    most = min(most, windows)
    balanced = -(-windows // -(-windows // most))
    divisor = max(beats for beats in range(1, most + 1) if windows % beats == 0)
    return sorted({most, balanced, divisor}, reverse=True)


def best_way(
    ways: Iterable[_Way], unit: Unit, sections: Callable[[_Way], Sequence[Section]]
) -> _Way:
    """The way to part a layer that takes the fewest cycles.

    Parameters
    ----------
    ways : iterable
        At least one; of equals the first wins.
    unit : Unit
    sections : callable
        The layer in one way.
    """
    best: tuple[tuple[int, int], _Way] | None = None
    for way in ways:
        own = tuple(sections(way))
        if best is not None and _least_cycles(own) > best[0][0]:
            continue
        cost = layer_cycles(unit, own), weight_reads(own)
        if best is None or cost < best[0]:
            best = cost, way
    if best is None:
        raise ValueError("There must be a way at least")
    return best[1]


def _tiles(section: Section) -> list[tuple[int, int]]:
    """Beats of the tiles of a section, and how many tiles have so many."""
    full, last = section.full_tiles, section.last_beats
    tiles = [(section.beats, full * section.items), (last, section.items)]
    return [(beats, count) for beats, count in tiles if beats and count]


def _least_cycles(sections: Sequence[Section]) -> int:
    """Cycles in which the multiply engine walks."""
    return sum(
        count * walk.stream.cycles(beats)
        for section in sections
        for beats, count in _tiles(section)
        for walk in section.walks
    )


def weight_reads(sections: Sequence[Section]) -> int:
    """Words of weights that a layer reads."""
    return sum(
        count * -(-walk.stream.positions * walk.stream.taps // section.groups)
        for section in sections
        for _, count in _tiles(section)
        for walk in section.walks
        if walk.mnemonic == "MAC"
    )


@functools.lru_cache(maxsize=1024)
def layer_cycles(unit: Unit, sections: tuple[Section, ...]) -> int:
    """Cycles of a layer alone, by the exact model."""
    emitter = Emitter(unit)
    emitter.layer(0, sections, releases=False, claims=False)
    emitter.halt()
    program = Program(
        unit,
        LaneBlocks.uniform([by_name("exact")], unit.lanes),
        emitter.words(),
        emitter.argument_words(unit),
        tuple(emitter.streams),
        tuple(emitter.stores),
    )
    return time_program(program).cycles
