"""The numbers of a unit that a config leaves open: which ones are worth trying."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from hawx_hw.architectures.simt.unit import RANGES, default_cluster, default_requantizers
from hawx_hw.util.divisors import divisors

__all__ = ["lane_counts", "open_units"]

# Share of the multipliers that are allowed which a unit must have.
_FEWEST_USED = 0.9
# What is tried where a number is left out. Wider clusters and words fetch codes that nothing uses,
# narrower ones fetch more often; one warp leaves the multiply engine waiting, and a fourth one
# gains nothing.
_TRIED = range(4, 17)
_WARPS, _REGISTERS = (2, 3), (4, 8, 16)


def lane_counts(multipliers: int) -> list[int]:
    """Numbers of lanes up to ``multipliers``, and nearly as many: 90 % of them at least."""
    fewest = min(multipliers, RANGES["lanes"][1])
    return [
        lanes
        for lanes in range(1, RANGES["lanes"][1] + 1)
        if min(fewest, _FEWEST_USED * multipliers) <= lanes <= multipliers
    ]


def open_units(
    lanes: int,
    *,
    cluster: int | None = None,
    word: int | None = None,
    warps: int | None = None,
    registers: int | None = None,
    requantizers: int | None = None,
) -> Iterator[dict[str, int]]:
    """Every unit that has the numbers that are given, and sensible ones for those left out.

    Parameters
    ----------
    lanes : int
    cluster, word, warps, registers, requantizers : int or None
        None: left out.

    Yields
    ------
    dict of str to int
        These six numbers by name. Units of less hardware come first, so that they are taken of
        equally good ones; nothing where no unit has the numbers.
    """
    for own_cluster in _parts(lanes, cluster, word or 1, requantizers or 1):
        for own_word in _parts(own_cluster, word, 1, requantizers or 1):
            counts = [requantizers] if requantizers else _requantizers(lanes, own_word)
            for own_warps, own_registers, count in itertools.product(
                [warps] if warps else _WARPS, [registers] if registers else _REGISTERS, counts
            ):
                yield {
                    "lanes": lanes,
                    "cluster": own_cluster,
                    "word": own_word,
                    "warps": own_warps,
                    "registers": own_registers,
                    "requantizers": count,
                }


def _parts(whole: int, given: int | None, multiple: int, least: int) -> Sequence[int]:
    """Divisors of a number that are tried: that of the rule of thumb, and others near it.

    Parameters
    ----------
    whole : int
    given : int or None
        The only one that counts.
    multiple, least : int
        What they must be a multiple of, and what they are at least.
    """
    possible = [
        part
        for part in divisors(whole)
        if part % multiple == 0 and part >= least and part == (given or part)
    ]
    if given:
        return possible
    usual = default_cluster(whole)
    return [part for part in possible if part in _TRIED or part == usual] or possible[:1]


def _requantizers(lanes: int, word: int) -> list[int]:
    """As many as the rule of thumb has, and twice as many."""
    usual = min(default_requantizers(lanes), word)
    return sorted({usual, min(2 * usual, word, RANGES["requantizers"][1])})
