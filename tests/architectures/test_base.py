"""What every architecture reports."""

from __future__ import annotations

from hawx_hw.architectures.base import CycleReport, LayerCycles


def test_a_report_adds_up_its_layers() -> None:
    layers = (
        LayerCycles("a", 40, 64, {"useful": 16.0, "other": 24.0}),
        LayerCycles("b", 10, 8, {"useful": 2.0, "other": 8.0}),
    )
    report = CycleReport(layers, 4, {"useful": "useful", "other": "other"})
    assert report.core == 50
    assert report.macs == 72
