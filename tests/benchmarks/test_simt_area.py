"""Metrics of synthesized units as a table has them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from simt_area import UnitArea, _record

from hawx_hw.architectures.simt.config import SimtConfig


def test_a_line() -> None:
    result = UnitArea({"blocks": 1600.4, "shell": 800.0}, 1.2345, "hawx_lane_exact")
    assert result.area == 2400.4
    config = SimtConfig(lanes=8, block_register=True, instructions="all")
    prediction: Any = SimpleNamespace(
        area=SimpleNamespace(value=2500.2), longest_path_ns=SimpleNamespace(value=1.25)
    )
    assert _record(config, result, prediction, ["shell", "windows"]) == (
        "8", "all", "yes", "2,400", "2,500", "300", "1.23", "1.25", "lane_exact", "800", "0"
    )  # fmt: skip
