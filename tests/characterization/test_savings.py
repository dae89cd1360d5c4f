"""Savings from synthetic measurements, and the errors by which blocks are compared."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.characterization.measure import Measurement
from hawx_hw.characterization.savings import baselines, compare, errors
from hawx_hw.errors import UserError


def measurement(
    block: str, implementation: str, area: float, delay: float, energy: float
) -> Measurement:
    return Measurement(block, implementation, area, delay, 1, energy, 0.0, 0.0, {"m": "k"})


MEASURED = {
    "exact": [measurement("exact", "multiply", 200.0, 2.0, 80.0),
              measurement("exact", "booth", 100.0, 3.0, 90.0),
              measurement("exact", "tree", 120.0, 1.0, 60.0)],
    "array(ha=1,hb=1,v=0)": [measurement("array(ha=1,hb=1,v=0)", "booth", 80.0, 2.0, 66.0),
                             measurement("array(ha=1,hb=1,v=0)", "tree", 90.0, 1.0, 45.0)],
    "precision(w=7,a=7)": [measurement("precision(w=7,a=7)", "booth", 70.0, 2.0, 50.0)],
    "precision(w=4,a=4)": [measurement("precision(w=4,a=4)", "booth", 10.0, 1.0, 10.0)],
}  # fmt: skip
BLOCKS = [by_name("exact"), by_name("array(1,1,0)")]


def test_savings_count_against_the_best_exact_one() -> None:
    exact, array = compare(BLOCKS, MEASURED, 100.0)
    assert exact.chosen.implementation == "booth"
    # The smallest exact multiplier is not the one that takes the least energy.
    assert exact.area_saving == 0.0
    assert exact.energy_saving == pytest.approx(1 - 90 / 60)
    assert array.chosen.implementation == "booth"
    assert array.area_saving == pytest.approx(0.2)
    assert array.energy_saving == pytest.approx(1 - 66 / 60)
    assert array.energy_fj == 66.0
    assert array.power_uw == pytest.approx(6.6)
    assert array.as_dict()["runs"] == {"m": "k"}


def test_the_objective_chooses_the_implementation() -> None:
    for objective, name in (("area", "booth"), ("delay", "tree"), ("energy", "tree")):
        assert compare(BLOCKS, MEASURED, 100.0, objective)[1].chosen.implementation == name
    with pytest.raises(ValueError, match="objective must be area, delay or energy, not 'power'"):
        compare(BLOCKS, MEASURED, 100.0, "power")


def test_plain_precision_of_no_larger_error() -> None:
    # Rounding both codes to seven bits errs as much as leaving out a bit of each operand.
    error = errors(by_name("array(1,1,0)")).deviation
    assert errors(by_name("precision(7,7)")).deviation == pytest.approx(error, rel=0.001)
    assert errors(by_name("precision(4,4)")).deviation > error
    exact, array = compare(BLOCKS, MEASURED, 100.0)
    assert exact.precision == "exact"
    assert array.precision == "precision(w=7,a=7)"
    assert array.area_over_precision == pytest.approx(1 - 80 / 70)
    assert array.energy_over_precision == pytest.approx(1 - 66 / 50)


@pytest.mark.parametrize(("area", "energy"), [(0.0, 60.0), (100.0, 0.0)])
def test_nothing_is_compared_with_what_costs_nothing(area: float, energy: float) -> None:
    free = MEASURED | {"exact": [measurement("exact", "multiply", area, 2.0, energy)]}
    with pytest.raises(UserError, match="exact has no area or takes no energy"):
        compare(BLOCKS, free, 100.0)


def test_leakage_counts_by_the_clock() -> None:
    leaky = {"exact": [Measurement("exact", "a", 1.0, 1.0, 1, 10.0, 0.0, 1000.0, {}),
                       Measurement("exact", "b", 2.0, 1.0, 1, 15.0, 0.0, 0.0, {})]}  # fmt: skip
    fast = compare(BLOCKS[:1], leaky, 1000.0, "energy")
    slow = compare(BLOCKS[:1], leaky, 10.0, "energy")
    assert (fast[0].chosen.implementation, slow[0].chosen.implementation) == ("a", "b")


@pytest.mark.parametrize(("w", "a"), [(8, 7), (5, 8), (4, 4)])
def test_errors_of_plain_precision_are_those_of_rounding(w: int, a: int) -> None:
    def nearest(code: int, bits: int) -> int:
        step = 2 ** (8 - bits)
        grid = [step * k for k in range(-128 // step, 128 // step)]
        # Halves go up.
        return min(grid, key=lambda point: (abs(point - code), -point))

    codes = range(-128, 128)
    left, right = (np.array([nearest(c, bits) for c in codes]) for bits in (w, a))
    error = np.outer(left, right) - np.outer(list(codes), list(codes))
    result = errors(by_name(f"precision({w},{a})"))
    assert result.mean == pytest.approx(error.mean())
    assert result.mae == pytest.approx(np.abs(error).mean())
    assert result.deviation == pytest.approx(error.std())


def test_errors_of_other_blocks_are_those_of_their_table() -> None:
    block = by_name("array(1,0,4)")
    codes = np.arange(-128, 128)
    error = block.table - np.outer(codes, codes)
    result = errors(block)
    assert result.deviation == pytest.approx(error.std())
    assert result.mae == pytest.approx(np.abs(error).mean())
    assert errors(by_name("exact")).deviation == 0.0


def test_baselines_are_plain_and_not_exact() -> None:
    names = [block.name for block in baselines()]
    assert len(names) == len(set(names)) == 35
    assert "precision(w=8,a=8)" not in names
