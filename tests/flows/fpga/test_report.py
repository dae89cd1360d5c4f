"""nextpnr's report and log: clocks against what was asked for, what is used, what is short."""

from __future__ import annotations

import json
from pathlib import Path

from hawx_hw.flows.fpga.report import clocks, error_in, exceeded, read_report, resources, speed

REPORT = {
    "fmax": {"$glbnet$clk": {"achieved": 85.9032745, "constraint": 12.0}},
    "utilization": {
        "DP16KD": {"available": 56, "used": 35},
        "DCUA": {"available": 1, "used": 0},
        "TRELLIS_FF": {"available": 24288, "used": 4655},
    },
}
LOG = """Info: Device utilisation:
Info: \t         ICESTORM_LC:    4012/   5280    75%
Info: \t        ICESTORM_RAM:      87/     30   290%
Info: \t               SB_IO:       6/     39    15%

ERROR: Unable to place cell 'x', no BELs remaining to implement cell type 'ICESTORM_RAM'
ERROR: Another one
"""


def test_a_clock_is_judged_by_what_was_asked_for_and_not_by_nextpnrs_own_limit() -> None:
    [passed] = clocks(REPORT, 85.0)
    [missed] = clocks(REPORT, 90.0)
    assert (passed.name, passed.required_mhz, passed.achieved_mhz) == ("$glbnet$clk", 85.0, 85.9)
    assert passed.satisfied
    assert not missed.satisfied


def test_the_slowest_clock_counts_and_none_is_no_speed() -> None:
    fmax = {"a": {"achieved": 50.0}, "b": {"achieved": 40.0}}
    assert speed({"fmax": fmax, "utilization": {}}) == 40.0
    assert speed({"fmax": {}, "utilization": {}}) == 0.0


def test_resources_are_those_in_use() -> None:
    assert [(each.kind, each.used, each.available) for each in resources(REPORT)] == [
        ("DP16KD", 35, 56),
        ("TRELLIS_FF", 4655, 24288),
    ]


def test_what_is_short_is_read_from_the_log() -> None:
    assert exceeded(LOG) == ["87 of 30 ICESTORM_RAM"]
    assert error_in(LOG).startswith("Unable to place cell 'x'")
    assert exceeded("") == []
    assert error_in("") == ""


def test_a_report_that_is_missing_or_cut_is_none(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    assert read_report(path) is None
    path.write_text(json.dumps(REPORT)[:-10])
    assert read_report(path) is None
    path.write_text('{"fmax": {}}')
    assert read_report(path) is None
    path.write_text(json.dumps(REPORT))
    assert read_report(path) == REPORT
