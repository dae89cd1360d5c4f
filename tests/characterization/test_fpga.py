"""Comparisons on an FPGA, from synthetic results."""

from __future__ import annotations

import pytest

from hawx_hw.blocks import by_name
from hawx_hw.characterization import fpga
from hawx_hw.characterization.fpga import characterize_fpga
from hawx_hw.synthesis.fpga import FpgaMetrics
from hawx_hw.technology import load_any


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    luts = {"multiply": 90, "booth": 80, "tree": 100, "chain": 120}
    asked: list[tuple[str, bool]] = []

    def synthesize(designs, family, **_):
        results = []
        for _, top, dsp in designs:
            asked.append((top, dsp))
            count = 0 if dsp else luts[top.rpartition("_")[2]] // (2 if "array" in top else 1)
            results.append(FpgaMetrics(count, 0, 0, int(dsp), 0, {}, f"key of {top}"))
        return results

    monkeypatch.setattr(fpga, "synthesize_fpga_all", synthesize)
    return asked


def test_exact_in_a_multiplier_exact_and_approximate_in_tables(made_up) -> None:
    rows = characterize_fpga([by_name("exact"), by_name("array(1,1,0)")], load_any("ecp5"))
    hard, soft, approximate = rows
    assert (hard.block, hard.multipliers, hard.metrics.dsps) == ("exact", True, 1)
    assert (soft.block, soft.multipliers, soft.implementation) == ("exact", False, "booth")
    assert (approximate.metrics.luts, approximate.saving) == (40, 0.5)
    assert (hard.saving, soft.saving) == (1.0, 0.0)
    assert [dsp for _, dsp in made_up].count(True) == 1
    assert soft.as_dict()["runs"] == {"synthesis": "key of hawx_block_exact_booth"}
    assert "key" not in soft.as_dict()


def test_something_to_compare_with_is_needed() -> None:
    with pytest.raises(ValueError, match="blocks must contain exact, not only array"):
        characterize_fpga([by_name("array(1,1,0)")], load_any("ice40"))
