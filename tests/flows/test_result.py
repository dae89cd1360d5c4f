"""flow.json, and what counts as a failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.flows.result import Check, Clock, FlowReport, FlowResult, flow_results
from hawx_hw.util.files import sha256_file

PASSED = Check(name="one", passed=True, detail="1 of 1")


def result(*checks: Check, clocks: tuple[Clock, ...] = ()) -> FlowResult:
    report = FlowReport(target="a device", versions={}, checks=checks, clocks=clocks)
    return FlowResult(
        tool="fake",
        title="A flow",
        standing="real",
        options={"board": "one"},
        accelerator_sha256="0" * 64,
        seconds=1.5,
        report=report,
    )


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = result(PASSED, clocks=(Clock(name="clk", required_mhz=50.0, hold_slack_ns=0.1),))
    written.write(tmp_path)
    assert FlowResult.read(tmp_path) == written


def test_failures() -> None:
    assert result(PASSED).failures == ()
    assert result().failures == ("nothing was checked",)
    failed = Check(name="two", passed=False, detail="0 of 1")
    assert result(PASSED, failed).failures == ("two: 0 of 1",)


@pytest.mark.parametrize(
    ("clock", "satisfied"),
    [
        (Clock(name="c", required_mhz=50.0), False),
        (Clock(name="c", required_mhz=50.0, achieved_mhz=50.0), True),
        (Clock(name="c", required_mhz=50.0, achieved_mhz=49.9), False),
        (Clock(name="c", required_mhz=50.0, setup_slack_ns=0.0, hold_slack_ns=0.0), True),
        (Clock(name="c", required_mhz=50.0, setup_slack_ns=1.0, hold_slack_ns=-0.001), False),
        (Clock(name="c", required_mhz=50.0, achieved_mhz=60.0, setup_slack_ns=-0.1), False),
    ],
)
def test_a_clock_is_satisfied_where_all_that_was_computed_is(clock: Clock, satisfied: bool) -> None:
    assert clock.satisfied == satisfied
    assert bool(result(PASSED, clocks=(clock,)).failures) != satisfied


def test_results_of_a_build_folder_leave_out_what_cannot_be_read(tmp_path: Path) -> None:
    for name in ("a", "b.label", "c"):
        (tmp_path / "flows" / name).mkdir(parents=True)
        result(PASSED).write(tmp_path / "flows" / name)
    (tmp_path / "flows" / "c" / "flow.json").write_text("{}")
    assert list(flow_results(tmp_path)) == ["a", "b.label"]
    with pytest.raises(UserError, match="hawx flow TOOL CONFIG"):
        FlowResult.read(tmp_path / "flows" / "c")


def test_a_result_of_another_netlist_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "flows" / "opensta").mkdir(parents=True)
    (tmp_path / "netlist.v").write_text("module a; endmodule\n")
    of_netlist = result(PASSED).model_copy(
        update={"netlist_sha256": sha256_file(tmp_path / "netlist.v")}
    )
    of_netlist.write(tmp_path / "flows" / "opensta")
    assert list(flow_results(tmp_path, "0" * 64)) == ["opensta"]
    (tmp_path / "netlist.v").write_text("module b; endmodule\n")
    assert flow_results(tmp_path, "0" * 64) == {}
    (tmp_path / "netlist.v").unlink()
    assert flow_results(tmp_path, "0" * 64) == {}
