"""The result of a flow for people."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.flows.lines import result_lines
from hawx_hw.flows.result import Check, Clock, FlowReport, FlowResult, Resource


def test_everything_has_its_unit() -> None:
    report = FlowReport(
        target="LFE5U-25F",
        versions={"nextpnr": "0.11", "Yosys": "0.70"},
        resources=(
            Resource(kind="DP16KD", used=53, available=56),
            Resource(kind="cells", used=1000),
        ),
        clocks=(Clock(name="clk", required_mhz=90.0, achieved_mhz=97.12, hold_slack_ns=0.1),),
        area_um2=1234.4,
        numbers={"wire length, um": 5678.0},
        checks=(
            Check(name="memories", passed=True, detail="11 of 11"),
            Check(name="timing", passed=False),
        ),
        files=("out.bit",),
        notes=("Nothing more.",),
    )
    result = FlowResult(
        tool="ecp5", title="Bitstream", standing="real", options={}, accelerator_sha256="",
        seconds=61.4, report=report,
    )  # fmt: skip
    assert result_lines(result, Path("build/x/flows/ecp5")) == [
        ("what", "Bitstream"),
        ("target", "LFE5U-25F"),
        ("result", "the thing itself, as far as the checks below go"),
        ("DP16KD", "53 of 56 (94.6 %)"),
        ("cells", "1,000"),
        ("clock clk", "90 MHz required, 97.1 MHz reached, hold slack 0.100 ns"),
        ("area", "1,234 um2"),
        ("wire length, um", "5,678"),
        ("check: memories", "passed; 11 of 11"),
        ("check: timing", "FAILED"),
        ("note", "Nothing more."),
        ("file", "build/x/flows/ecp5/out.bit"),
        ("tools", "nextpnr 0.11, Yosys 0.70"),
        ("time", "61 s"),
    ]
