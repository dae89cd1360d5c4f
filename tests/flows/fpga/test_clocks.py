"""PLLs: within their limits, and as the vendors' tools would set them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from hawx_hw.errors import UserError
from hawx_hw.flows.fpga.clocks import Pll, ecp5_pll, gowin_pll, ice40_pll

#: Range of the oscillator, and of the phase detector, in MHz.
LIMITS = {
    ecp5_pll: ((400, 800), (3.125, 400)),
    gowin_pll: ((500, 1250), (3, 500)),
    ice40_pll: ((533, 1066), (10, 133)),
}


@pytest.mark.parametrize("board_mhz", [12.0, 25.0, 27.0, 48.0])
@pytest.mark.parametrize("pll", LIMITS)
def test_every_whole_frequency_is_made_within_the_limits(
    pll: Callable[[float, float], Pll], board_mhz: float
) -> None:
    made = 0
    for mhz in range(20, 120):
        try:
            result = pll(board_mhz, float(mhz))
        except UserError:
            continue
        made += 1
        (low, high), (slow, fast) = LIMITS[pll]
        assert low <= result.vco_mhz <= high
        assert slow <= result.reference_mhz <= fast
        exact = Fraction(board_mhz) * result.multiplier / result.divider
        if pll is ice40_pll:
            exact /= result.output
        assert result.mhz == pytest.approx(float(exact))
        assert result.mhz == pytest.approx(mhz, rel=0.005)
    assert made > 30


@pytest.mark.parametrize(
    ("pll", "board_mhz", "mhz", "settings"),
    [
        # As ecppll, icepll and gowin_pll print them.
        (ecp5_pll, 25.0, 90.0, (5, 18, 7, 630.0)),
        (ice40_pll, 12.0, 24.0, (1, 64, 32, 768.0)),
        (gowin_pll, 27.0, 81.0, (1, 3, 8, 648.0)),
    ],
)
def test_settings_are_those_of_the_vendors_tools(
    pll: Callable[[float, float], Pll],
    board_mhz: float,
    mhz: float,
    settings: tuple[int, int, int, float],
) -> None:
    result = pll(board_mhz, mhz)
    assert (result.divider, result.multiplier, result.output, result.vco_mhz) == settings


def test_a_frequency_that_cannot_be_made_is_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"cannot make 30\.3 MHz of .* 12 MHz; the nearest"):
        gowin_pll(12.0, 30.3)
    with pytest.raises(UserError, match=r"cannot make 100 MHz of the board's 1 MHz\. "):
        ice40_pll(1.0, 100.0)
