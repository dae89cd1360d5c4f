"""The area of an accelerator's cells in another process."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.flows import cell_area
from hawx_hw.flows.bundles import plan_of_build
from hawx_hw.flows.memories.families import families
from hawx_hw.technology import load
from hawx_hw.technology.gates import smallest_gates
from tests.flows.tools.small_bundle import small_accelerator


def test_areas_differ_as_nands_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build = small_accelerator(tmp_path)
    family = families()["ihp_sg13g2"]
    plan = plan_of_build(build, family)
    assert cell_area.cell_area_um2(build, plan, 7.26) is None
    technology = load("generic45")
    nand = smallest_gates(technology.library, technology.supply).nand_area
    monkeypatch.setattr(cell_area, "_logic_area", lambda _: 1000 * nand)
    area = cell_area.cell_area_um2(build, plan, 7.26)
    # Besides the logic: a ROM of 48 bits as gates, and a RAM of 80 bits as flip-flops.
    assert area == pytest.approx(7.26 * (1000 + 48 * 0.224) + 80 * family.flip_flop_um2)
