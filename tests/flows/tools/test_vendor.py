"""Scripts for Vivado and Quartus: executed with stand-ins, and what is wrong in them is caught."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hawx_hw.config.flows import flow_named, options_model
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.frame import run_flow, set_up
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools.vendor import FLOW, calls, clock_check
from tests.flows.builds import small_build
from tests.flows.golden import assert_golden

VENDOR = flow_named("vendor")
OPTIONS = options_model(VENDOR)

tclsh = pytest.mark.skipif(shutil.which("tclsh") is None, reason="apt-get install tcl")


@pytest.fixture(scope="module", params=["rom", "loaded", "simt"])
def build(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Build:
    architecture = "simt" if request.param == "simt" else "systolic"
    folder = tmp_path_factory.mktemp(request.param)
    return small_build(folder, architecture=architecture, loadable=request.param == "loaded")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return small_build(tmp_path_factory.mktemp("small"))


@pytest.fixture
def folder(small: Build) -> Path:
    return set_up(FLOW, small, OPTIONS(), label="changed")


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def judge(folder: Path) -> list[str]:
    """Details of the checks that fail."""
    FLOW.run(folder, OPTIONS(), Runner(folder, 60))
    return [check.detail for check in FLOW.result(folder, OPTIONS()).checks if not check.passed]


def test_files_are_as_expected(small: Build) -> None:
    options = OPTIONS(vivado_part="xc7z020clg400-1", quartus_family="MAX 10", clock_mhz=80.0)
    folder = set_up(FLOW, small, options, label="golden")
    assert_golden(folder, "vendor", ("*.tcl", "*.xdc", "filelist.f"))
    assert (folder / "hawx.sdc").read_bytes() == (folder / "hawx.xdc").read_bytes()


@tclsh
def test_every_accelerator_passes(build: Build) -> None:
    result = run_flow(FLOW, VENDOR, build, OPTIONS())
    assert result.failures == ()
    assert len(result.report.checks) == 5
    assert result.report.checks[-1].detail == "10 ns, 29 ports"
    assert result.standing == "bundle"


@tclsh
@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("vivado.tcl", "route_design", "rout_design", 'invalid command name "rout_design"'),
        ("vivado.tcl", "-mode out", "-made out", "synth_design: unknown option -made"),
        ("vivado.tcl", " -file timing.rpt", " -file", "-file needs a value"),
        ("quartus.tcl", "} {", "}{", "extra characters after close-brace"),
        ("quartus.tcl", "project_close", "exec ls", 'invalid command name "exec"'),
        ("hawx.xdc", "[get_ports", "[open", 'invalid command name "open"'),
        ("hawx.sdc", "]", "", "missing close-bracket"),
        # Quartus refuses the clock as a word of its own.
        (
            "hawx.sdc",
            "# What drives",
            "set_clock_uncertainty 1 [get_ports clk]\n#",
            "set_clock_unc",
        ),
    ],
    ids=["command", "option", "value", "syntax", "process", "file", "bracket", "uncertainty"],
)
def test_what_no_tool_would_execute_fails(
    folder: Path, file: str, before: str, after: str, message: str
) -> None:
    if file == "vivado.tcl" and "-made" in after:
        edit(folder / file, "synth_design -top hawx_accelerator", "synth_design -top x")
        edit(folder / file, "-mode out_of_context\nreport", "-made out_of_context\nreport")
    else:
        edit(folder / file, before, after)
    with pytest.raises(FlowError) as error:
        judge(folder)
    assert message in str(error.value)
    assert file in str(error.value)


@tclsh
@pytest.mark.parametrize(
    ("file", "before", "after", "wrong"),
    [
        ("vivado.tcl", "  rtl/hawx_core.v\n", "", "the list of Verilog files"),
        ("vivado.tcl", "  taps_0.hex\n", "  taps_9.hex\n", "taps_9.hex, taps_0.hex, taps_9.hex"),
        ("vivado.tcl", "place_design\n", "", "the steps of the flow"),
        ("quartus.tcl", "  rtl/hawx_core.v\n", "  rtl/core.v\n", "rtl/core.v, the list of Ver"),
        ("quartus.tcl", "TOP_LEVEL_ENTITY hawx_accelerator", "TOP_LEVEL_ENTITY x", "the top mod"),
        ("quartus.tcl", "execute_flow -compile\n", "", "the compilation"),
        ("hawx.xdc", "set clk_period 10", "set clk_period 10000", "the period 10000"),
        ("hawx.xdc", "  rst\n", "", "rst"),
        ("hawx.sdc", "create_clock", "list", "0 clocks"),
    ],
)
def test_scripts_that_leave_something_out_fail(
    folder: Path, file: str, before: str, after: str, wrong: str
) -> None:
    edit(folder / file, before, after)
    assert judge(folder)[0].startswith(wrong)


@tclsh
def test_verilog_that_slang_refuses_fails(folder: Path) -> None:
    (folder / "rtl" / "hawx_core.v").unlink()
    edit(folder / "filelist.f", "rtl/hawx_core.v\n", "")
    details = judge(folder)
    assert "unknown module 'hawx_core'" in details[0]


@tclsh
def test_a_clock_at_an_output_fails(folder: Path) -> None:
    FLOW.run(folder, OPTIONS(), Runner(folder, 60))
    made = calls(folder, "hawx.xdc")
    ports = {"clk": ("output", 1)}
    assert "the clock clk" in clock_check("hawx.xdc", made, 10.0, ports).detail
