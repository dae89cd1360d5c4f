"""What every architecture reports."""

from __future__ import annotations

import re

import pytest

from hawx_hw.architectures.base import CycleReport, LayerCycles


def test_a_report_adds_up_its_layers() -> None:
    layers = (
        LayerCycles("a", 40, 64, {"useful": 16.0, "other": 24.0}),
        LayerCycles("b", 10, 8, {"useful": 2.0, "other": 8.0}),
    )
    report = CycleReport(layers, 4, {"useful": "useful", "other": "other"})
    assert report.core == 50
    assert report.macs == 72


def test_the_causes_of_a_layer_add_up() -> None:
    message = "Causes of layer 'x' must add up to 12, not 11"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        LayerCycles("x", 12, 4, {"useful": 4.0, "other": 7.0})


def test_a_difference_of_a_cycle_is_found_in_a_long_layer() -> None:
    with pytest.raises(ValueError, match="must add up to 100000001, not 100000000"):
        LayerCycles("x", 100_000_001, 4, {"other": 100_000_000.0})


def test_shares_of_cycles_need_not_be_exact() -> None:
    share = 1 / 3
    layer = LayerCycles("x", 1, 1, {"useful": share, "edge_tiles": 1 - 2 * share, "other": share})
    assert layer.total == 1
    assert LayerCycles("x", 3, 1, {str(number): 0.1 for number in range(30)}).total == 3


def test_a_report_has_the_cause_other() -> None:
    message = "Causes must include 'other', not only ['useful']"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        CycleReport((), 4, {"useful": "useful"})


def test_every_layer_has_the_causes_of_the_report() -> None:
    layers = (
        LayerCycles("a", 4, 4, {"useful": 4.0, "other": 0.0}),
        LayerCycles("b", 4, 4, {"useful": 4.0}),
    )
    message = "Causes of layer 'b' must be ['other', 'useful'], not ['useful']"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        CycleReport(layers, 4, {"useful": "useful", "other": "other"})
