"""What every architecture reports."""

from __future__ import annotations

from hawx_hw.architectures.base import CycleReport, LayerCycles, Multiplications


def test_a_report_adds_up_its_layers() -> None:
    layers = (
        LayerCycles("a", 40, 64, {"useful": 16.0, "other": 24.0}),
        LayerCycles("b", 10, 8, {"useful": 2.0, "other": 8.0}),
    )
    report = CycleReport(layers, 4, {"useful": "useful", "other": "other"})
    assert report.core == 50
    assert report.macs == 72
    # 64 products on 4 multipliers are 16 of 40 cycles; 8 are 2 of 10.
    assert report.as_dict() == [
        {"name": "a", "total": 40, "macs": 64, "useful": 16, "other": 24, "utilization": 0.4},
        {"name": "b", "total": 10, "macs": 8, "useful": 2, "other": 8, "utilization": 0.2},
    ]


def test_multiplications_as_json() -> None:
    assert Multiplications("a + b", {"exact": 5}).as_dict() == {
        "layer": "a + b",
        "blocks": {"exact": 5},
    }
