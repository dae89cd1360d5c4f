"""Timing constraints: their text, how flows read it, and that OpenSTA takes all of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.flows.ports import Port
from hawx_hw.flows.sdc import period_ns, sdc_text
from hawx_hw.synthesis.opensta import required_opensta, run_opensta
from hawx_hw.technology import load
from tests.flows.golden import assert_golden

needs_opensta = pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA")
PORTS = (
    Port("clk", "input", 1),
    Port("rst", "input", 1),
    Port("d", "input", 2, bus=True),
    Port("q", "output", 1),
    Port("r", "output", 1, bus=True),
)
NETLIST = """module top(clk, rst, d, q, r);
  input clk;
  input rst;
  input [1:0] d;
  output q;
  output [0:0] r;
  wire n;
  AND3 gate (
    .A1(d[0]),
    .A2(d[1]),
    .A3(rst),
    .ZN(n)
  );
  DFF flop (
    .CK(clk),
    .D(n),
    .Q(q),
    .QN(r[0])
  );
endmodule
"""
#: What LibreLane sets, and what is to come of it.
VARIABLES = {
    "CLOCK_PERIOD": "12",
    "CLOCK_UNCERTAINTY_CONSTRAINT": "0.25",
    "CLOCK_TRANSITION_CONSTRAINT": "0.15",
    "TIME_DERATING_CONSTRAINT": "5",
    "SYNTH_DRIVING_CELL": "INV/ZN",
    "OUTPUT_CAP_LOAD": "33.5",
    "MAX_FANOUT_CONSTRAINT": "10",
    "MAX_TRANSITION_CONSTRAINT": "0.75",
    "MAX_CAPACITANCE_CONSTRAINT": "0.2",
}


def test_the_text_is_the_expected_one(tmp_path: Path) -> None:
    texts = {
        "picoseconds.sdc": sdc_text(
            "top", PORTS, period_ns=2.5, unit_ns=1e-3, max_fanout=16, max_transition_ns=0.3,
            hold_uncertainty_ns=0.05,
        ),
        "librelane.sdc": sdc_text("top", PORTS, period_ns=10, librelane=True),
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    assert_golden(tmp_path, "sdc")


@pytest.mark.parametrize("period", [0.3, 2.0, 10.0, 1000 / 150, 12345.678])
@pytest.mark.parametrize("unit", [1e-3, 1e-2, 0.1, 1.0])
def test_the_period_is_read_back_and_is_wrong_in_another_unit(period: float, unit: float) -> None:
    text = sdc_text("top", PORTS, period_ns=period, unit_ns=unit)
    assert period_ns(text, unit) == pytest.approx(period, rel=1e-8)
    assert period_ns(text, unit * 10) == pytest.approx(10 * period, rel=1e-8)


@pytest.mark.parametrize("librelane", [False, True])
def test_openroad_flow_scripts_read_the_period_off_one_line(librelane: bool) -> None:
    """Its makefile takes the first line that matches, as a literal number."""
    text = sdc_text("top", PORTS, period_ns=7.25, librelane=librelane)
    matches = re.findall(r"^set clk_period (.*)$", text, re.MULTILINE)
    assert matches == ["7.25"]
    assert not re.search(r"-period\s+[\d.]", text)
    float(matches[0])


def test_every_input_but_the_clock_has_a_delay() -> None:
    text = sdc_text("top", PORTS, period_ns=5.0)
    inputs = re.search(r"set data_inputs \[get_ports \{(.*?)\}\]", text, re.DOTALL)
    outputs = re.search(r"set data_outputs \[get_ports \{(.*?)\}\]", text, re.DOTALL)
    assert inputs is not None and outputs is not None
    assert inputs[1].split() == ["d[*]", "rst"]
    assert outputs[1].split() == ["q", "r[*]"]


def test_a_design_without_its_clock_is_refused() -> None:
    for ports in (PORTS[1:], (Port("clk", "output", 1),)):
        with pytest.raises(UserError, match="top has no input clk, which is to be its clock"):
            sdc_text("top", ports, period_ns=5.0)


@pytest.mark.parametrize("name", ["a]; exit; [b", "a b", "$x", "a*"])
def test_a_port_that_tcl_would_interpret_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="OpenSTA cannot be given the name"):
        sdc_text("top", (*PORTS, Port(name, "input", 1)), period_ns=5.0)


def test_wrong_units_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^unit_ns must be one of 0\.001, .*, not 1000"):
        sdc_text("top", PORTS, period_ns=5.0, unit_ns=1000)
    with pytest.raises(ValueError, match=r"^unit_ns must be 1\.0 for LibreLane, not 0\.001"):
        sdc_text("top", PORTS, period_ns=5.0, unit_ns=1e-3, librelane=True)


def test_a_file_without_a_period_is_refused() -> None:
    for text in ("create_clock -period 5 clk\n", "  set clk_period 5\n", ""):
        with pytest.raises(ValueError, match="a line must begin with 'set clk_period'"):
            period_ns(text, 1.0)


def answer(folder: Path, sdc: str, commands: str) -> str:
    program, _ = required_opensta()
    (folder / "net.v").write_text(NETLIST)
    (folder / "cells.lib").write_text(load("generic45").tool_text())
    (folder / "top.sdc").write_text(sdc)
    script = (
        f"read_liberty cells.lib\nread_verilog net.v\nlink_design top\nread_sdc top.sdc\n{commands}"
    )
    return run_opensta(program, script, folder, "run", timeout=60)


@needs_opensta
def test_opensta_has_every_endpoint_constrained(tmp_path: Path) -> None:
    sdc = sdc_text("top", PORTS, period_ns=2.0, unit_ns=1e-3)
    log = answer(
        tmp_path, sdc, "check_setup -verbose\nreport_checks -path_delay max -to [get_ports q]"
    )
    assert "Warning" not in log
    # 2000 less 20 % behind the output and 5 % of uncertainty; the flip-flop drives nothing.
    assert re.search(r"\b1500\.00 +data required time", log)
    assert re.search(r"\b83\.50 +data arrival time", log)


@needs_opensta
@pytest.mark.parametrize("port", ["rst", "d[*]", "q", "r[*]"])
def test_opensta_reports_a_port_that_is_left_out(tmp_path: Path, port: str) -> None:
    sdc = sdc_text("top", PORTS, period_ns=2.0, unit_ns=1e-3).replace(f"  {port}\n", "")
    assert "Warning: There" in answer(tmp_path, sdc, "check_setup -verbose\n")


@needs_opensta
def test_librelanes_variables_count_where_they_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdc = sdc_text("top", PORTS, period_ns=10.0, librelane=True)
    commands = (
        "report_checks -path_delay max -to [get_ports q] -fields {capacitance}\nwrite_sdc all.sdc\n"
    )
    log = answer(tmp_path, sdc, commands)
    # In the library's ps: what is left of 10 after 20 % and 5 %.
    assert re.search(r"\b7\.50 +data required time", log)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    log = answer(tmp_path, sdc, commands)
    assert re.search(rf"\b{12 - 2.4 - 0.25:.2f} +data required time", log)
    written = (tmp_path / "all.sdc").read_text()
    for text in (
        r"set_load -pin_load 0\.03", r"set_driving_cell -lib_cell INV", r"set_max_fanout 10\.00",
        r"set_max_transition 0\.75", r"set_max_capacitance 0\.20", r"set_clock_transition 0\.15",
        r"set_timing_derate .*0\.95", r"set_timing_derate .*1\.05",
    ):  # fmt: skip
        assert re.search(text, written), text
