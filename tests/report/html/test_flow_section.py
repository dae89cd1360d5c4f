"""Flows, as the report shows them."""

from __future__ import annotations

import base64
from pathlib import Path

from hawx_hw.flows.result import flow_results
from hawx_hw.report.html.flow_section import flow_contents
from hawx_hw.report.run_results import RunResults
from tests.report.html.pages import with_flow


def test_timing_utilization_and_the_picture(tmp_path: Path) -> None:
    with_flow(tmp_path)
    results = RunResults(tmp_path, (), flows=flow_results(tmp_path))
    [flow] = flow_contents(results)
    assert flow.passed and flow.failures == ()
    timing, utilization = flow.tables
    assert timing.lines == (("clk", "100", "120.0", "", "", "met"),)
    assert utilization.lines == (("LUT", "50", "200", "25.0"),)
    assert flow.numbers == (("area, µm²", "1,234"), ("versions", "magic 8.3"))
    assert flow.checks == (("drc", "passed"),)
    assert flow.notes == ("One corner.",)
    assert flow.picture is not None
    assert base64.b64decode(flow.picture) == b"\x89PNG picture"


def test_a_picture_that_is_too_large_is_left_out(tmp_path: Path) -> None:
    with_flow(tmp_path)
    (tmp_path / "flows" / "qflow" / "layout.png").write_bytes(b"\x89PNG" + bytes(700_000))
    [flow] = flow_contents(RunResults(tmp_path, (), flows=flow_results(tmp_path)))
    assert flow.picture is None
