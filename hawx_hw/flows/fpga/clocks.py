"""Dividers of the PLLs that make a design's clock from a board's."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from hawx_hw.errors import UserError

__all__ = ["Pll", "ecp5_pll", "gowin_pll", "ice40_pll"]

#: Of the requested frequency, by which the PLL's may differ.
_TOLERANCE = 0.005


@dataclass(frozen=True)
class Pll:
    """Settings of a PLL: ``mhz = board's clock * multiplier / divider``.

    Parameters
    ----------
    mhz : float
        Of its output.
    divider, multiplier : int
        Of the reference, and of the feedback. On the iCE40 the feedback comes before the output
        divider, and ``mhz`` is that divided by ``output``.
    output : int
        Divider between the oscillator and the output.
    vco_mhz, reference_mhz : float
        Of its oscillator, and of its phase detector.
    """

    mhz: float
    divider: int
    multiplier: int
    output: int
    vco_mhz: float
    reference_mhz: float


def ecp5_pll(board_mhz: float, mhz: float) -> Pll:
    """Set an ECP5's EHXPLLL, with its first output as feedback.

    Its oscillator runs at 400 to 800 MHz, its phase detector at 3.125 to 400 MHz (Lattice FPGA-DS-
    02012, sysCLOCK PLL timing).

    Raises
    ------
    UserError
        It cannot make this frequency.
    """

    def settings() -> Iterator[Pll]:
        for divider, reference in _references(board_mhz, range(1, 129), 3.125, 400):
            for multiplier in _multipliers(mhz / reference, 80):
                yield from _outputs(reference, divider, multiplier, range(1, 129), 400, 800)

    return _best("an ECP5", board_mhz, mhz, 600, settings)


def gowin_pll(board_mhz: float, mhz: float) -> Pll:
    """Set the GW2A's rPLL at speed grade C8/I7.

    Its oscillator runs at 500 to 1250 MHz, its phase detector at 3 to 500 MHz (Gowin DS226).

    Raises
    ------
    UserError
        It cannot make this frequency.
    """

    def settings() -> Iterator[Pll]:
        outputs = (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)
        for divider, reference in _references(board_mhz, range(1, 65), 3, 500):
            for multiplier in _multipliers(mhz / reference, 64):
                yield from _outputs(reference, divider, multiplier, outputs, 500, 1250)

    return _best("a GW2A", board_mhz, mhz, 875, settings)


def ice40_pll(board_mhz: float, mhz: float) -> Pll:
    """Set the iCE40's SB_PLL40 with simple feedback.

    Its oscillator runs at 533 to 1066 MHz, its phase detector at 10 to 133 MHz, its output at 16 to
    275 MHz (Lattice FPGA-DS-02029).

    Raises
    ------
    UserError
        It cannot make this frequency.
    """

    def settings() -> Iterator[Pll]:
        for divider, reference in _references(board_mhz, range(1, 17), 10, 133):
            for output in (1 << power for power in range(1, 7)):
                for multiplier in _multipliers(mhz * output / reference, 128):
                    vco = reference * multiplier
                    if 533 <= vco <= 1066 and 16 <= vco / output <= 275:
                        yield Pll(vco / output, divider, multiplier, output, vco, reference)

    return _best("an iCE40", board_mhz, mhz, 800, settings)


def _references(
    board_mhz: float, dividers: Iterable[int], low: float, high: float
) -> Iterator[tuple[int, float]]:
    for divider in dividers:
        if low <= board_mhz / divider <= high:
            yield divider, board_mhz / divider


def _multipliers(exact: float, most: int) -> Iterable[int]:
    """The whole numbers next to ``exact``, of 1 to ``most``."""
    return sorted({min(max(1, math.floor(exact)), most), min(max(1, math.ceil(exact)), most)})


def _outputs(
    reference: float, divider: int, multiplier: int, outputs: Iterable[int], low: float, high: float
) -> Iterator[Pll]:
    """Settings of a PLL whose output, behind the output divider, is its feedback."""
    mhz = reference * multiplier
    for output in outputs:
        if low <= mhz * output <= high:
            yield Pll(mhz, divider, multiplier, output, mhz * output, reference)


def _best(
    device: str,
    board_mhz: float,
    mhz: float,
    middle: float,
    settings: Callable[[], Iterator[Pll]],
) -> Pll:
    """The setting nearest to ``mhz``.

    Of several the one with the fastest phase detector, and of these that whose oscillator is
    nearest to ``middle``.
    """
    nearest = min(
        settings(),
        key=lambda pll: (
            round(abs(pll.mhz - mhz), 9),
            -pll.reference_mhz,
            abs(pll.vco_mhz - middle),
        ),
        default=None,
    )
    if nearest is None or abs(nearest.mhz / mhz - 1) > _TOLERANCE:
        other = "" if nearest is None else f"; the nearest is {nearest.mhz:g} MHz"
        raise UserError(
            f"The PLL of {device} cannot make {mhz:g} MHz of the board's {board_mhz:g} MHz{other}.",
            where="clock_mhz",
            hint="Choose another clock.",
        )
    return nearest
