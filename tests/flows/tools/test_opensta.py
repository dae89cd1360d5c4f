"""Static timing analysis: what it reports, and what is not taken for a success."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hawx_hw.config.flows import flow_named, options_model, with_options
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.frame import run_flow, set_up
from hawx_hw.flows.mapped import mapped_netlist
from hawx_hw.flows.result import FlowResult
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools.opensta import FLOW
from hawx_hw.netlist.timing import longest_path
from hawx_hw.synthesis.store import Store
from tests import material
from tests.flows.golden import assert_golden
from tests.flows.netlists import synthesized_build, tiny_build

needs_opensta = pytest.mark.skipif(shutil.which("sta") is None, reason="needs OpenSTA")
DESCRIPTION = flow_named("opensta")


def options(**given: object) -> Any:
    return with_options(DESCRIPTION, options_model(DESCRIPTION)(), given)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return tiny_build(tmp_path_factory.mktemp("tiny"))


def run(build: Build, **given: object) -> FlowResult:
    return run_flow(FLOW, DESCRIPTION, build, options(**given))


def run_changed(
    build: Build, change: Callable[[Path], None], **given: object
) -> tuple[FlowResult, Path]:
    """Set up, change the folder, run, and judge."""
    folder = set_up(FLOW, build, options(**given))
    change(folder)
    FLOW.run(folder, options(**given), Runner(folder, 60))
    result = FlowResult(
        tool="opensta", title="", standing="exploration", options={}, accelerator_sha256="",
        seconds=0.0, report=FLOW.result(folder, options(**given)),
    )  # fmt: skip
    return result, folder


def edit(name: str, before: str, after: str) -> Callable[[Path], None]:
    """A change of one file, which has the text that is replaced."""

    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert re.search(before, text, re.MULTILINE), before
        (folder / name).write_text(re.sub(before, after, text, flags=re.MULTILINE))

    return change


def check(result: FlowResult, name: str) -> tuple[bool, str]:
    (match,) = [each for each in result.report.checks if each.name.startswith(name)]
    return match.passed, match.detail


def test_the_folder_is_the_expected_one(tiny: Build) -> None:
    folder = set_up(FLOW, tiny, options(clock_mhz=400, max_transition_ns=0.5))
    assert_golden(folder, "opensta", ("*.tcl", "*.sdc"))


def test_the_same_input_gives_the_same_bytes_and_no_path(tiny: Build) -> None:
    first = set_up(FLOW, tiny, options(), label="one")
    second = set_up(FLOW, tiny, options(), label="two")
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir())
    for name in names:
        content = (first / name).read_bytes()
        assert content == (second / name).read_bytes()
        assert os.fsencode(tiny.folder) not in content


@needs_opensta
def test_a_design_that_meets_its_clock(tiny: Build) -> None:
    result = run(tiny)
    assert result.failures == ()
    (clock,) = result.report.clocks
    assert clock.required_mhz == tiny.technology().clock_mhz == 500
    assert clock.setup_slack_ns is not None and 0 < clock.setup_slack_ns < 2
    # The reset's path is an input's: 20 % of the period, and a gate or two.
    assert clock.hold_slack_ns == pytest.approx(0.0835, abs=0.02)
    assert result.report.versions == {"OpenSTA": "2.0.17"}
    # Test inputs of clock gates, the constant output, and a register's input that is not constant.
    assert check(result, "every endpoint") == (
        True,
        "29 of 29 that can change; 2 never change: 1 at SE, resp[0]",
    )


@needs_opensta
def test_the_slack_is_what_this_projects_own_analysis_leaves(tiny: Build) -> None:
    """Without uncertainty and surroundings, and with the same wires."""
    technology, flat = tiny.technology(), mapped_netlist(tiny).flat
    free = {"io_delay_percent": 0.0, "setup_uncertainty_percent": 0.0, "memory_access_ns": 0.0}
    models = {"estimated": technology.wires, "measured": technology.measured_wires, "none": None}
    for wires, model in models.items():
        (clock,) = run(tiny, wires=wires, **free).report.clocks
        path, _ = longest_path(flat, model)
        assert clock.setup_slack_ns == pytest.approx(2 - path.delay, abs=0.001)
        assert clock.achieved_mhz == pytest.approx(1000 / path.delay, rel=0.002)


@needs_opensta
@pytest.mark.parametrize("io_delay", [0.0, 20.0, 40.0])
def test_the_frequency_reached_leaves_no_slack(tiny: Build, io_delay: float) -> None:
    """Uncertainty and the delays of the surroundings are parts of the period: they shrink too."""
    given = {"io_delay_percent": io_delay, "setup_uncertainty_percent": 10.0}
    (clock,) = run(tiny, **given).report.clocks
    assert clock.achieved_mhz is not None
    (again,) = run(tiny, clock_mhz=clock.achieved_mhz, **given).report.clocks
    assert again.setup_slack_ns == pytest.approx(0, abs=2e-4)
    assert again.achieved_mhz == pytest.approx(clock.achieved_mhz, rel=1e-3)


@needs_opensta
def test_wires_are_those_that_the_technology_states(tiny: Build, tmp_path: Path) -> None:
    """The table of a library first, then what was measured; a note states which."""
    assert any("wire load 5K" in note for note in run(tiny).report.notes)
    technology = tiny.technology()
    for change, text in (
        ({"wires": None}, "Wires are as in layouts"),
        ({"wires": None, "measured_wires": None}, "Wires do not count: the technology states none"),
    ):
        other = replace(technology, **change)
        build = replace(tiny, technology=lambda other=other: other)
        assert any(note.startswith(text) for note in run(build).report.notes)
        with pytest.raises(UserError, match="states no wires"):
            set_up(FLOW, build, options(wires="estimated"))


@needs_opensta
def test_delays_of_the_surroundings_and_of_memories_count(tiny: Build) -> None:
    (before,) = run(tiny).report.clocks
    (longer,) = run(tiny, io_delay_percent=30.0).report.clocks
    assert before.setup_slack_ns - longer.setup_slack_ns == pytest.approx(0.2, abs=1e-6)
    (slow,) = run(tiny, memory_access_ns=1.5).report.clocks
    assert slow.setup_slack_ns < 2 - 1.5 - 0.4
    (early,) = run(tiny, memory_setup_ns=1.7).report.clocks
    assert early.setup_slack_ns < 2 - 1.7


@needs_opensta
def test_a_missed_clock_is_a_failure(tiny: Build) -> None:
    result = run(tiny, clock_mhz=5000)
    (failure,) = result.failures
    assert failure.startswith("the clock clk must run at 5000 MHz: ")
    assert "setup slack -0." in failure
    assert result.report.numbers["setup: endpoints with negative slack"] > 5
    assert result.report.numbers["setup: total negative slack, ns"] < -0.5


@needs_opensta
def test_a_missed_hold_time_is_a_failure(tiny: Build) -> None:
    result = run(tiny, hold_uncertainty_ns=0.5)
    (failure,) = result.failures
    assert "hold slack -0.399 ns" in failure
    assert result.report.numbers["hold: endpoints with negative slack"] > 5


@needs_opensta
def test_constraints_in_another_unit_are_a_failure(tiny: Build) -> None:
    """The library counts in ps: a period of 20 ns that is written as 20 is 20 ps."""
    change = edit("constraint.sdc", r"^set clk_period 20000", "set clk_period 20")
    result, _ = run_changed(tiny, change, clock_mhz=50)
    assert check(result, "the constraints are in") == (
        False,
        "the period is 0.02 ns, and must be 20 ns",
    )


@needs_opensta
@pytest.mark.parametrize(
    ("change", "names"),
    [
        (edit("constraint.sdc", r"^  en\n", ""), ["rom/read_enable"]),
        (edit("constraint.sdc", r"^  word\[\*\]\n", ""), ["word[0]"]),
        # Without a clock nothing is analyzed.
        (edit("constraint.sdc", r"^create_clock .*\n", "create_clock -name clk -period 1\n"), []),
    ],
)
def test_endpoints_without_a_constraint_are_a_failure(
    tiny: Build, change: Callable[[Path], None], names: list[str]
) -> None:
    result, _ = run_changed(tiny, change)
    passed, detail = check(result, "every endpoint")
    assert not passed
    assert "; not analyzed: " in detail
    for name in names:
        assert name in detail
    assert any(failure.startswith("every endpoint is constrained") for failure in result.failures)


@needs_opensta
def test_an_input_without_a_delay_is_a_failure(tiny: Build) -> None:
    """It need not leave an endpoint unconstrained: others lead there too."""
    result, _ = run_changed(tiny, edit("constraint.sdc", r"^  d\[\*\]\n", ""))
    assert check(result, "every endpoint")[0]
    passed, detail = check(result, "inputs and clocks")
    assert not passed
    assert "There are 4 input ports missing set_input_delay" in detail


@needs_opensta
@pytest.mark.parametrize("name", ["setup.txt", "hold.txt"])
def test_endpoints_that_a_report_lacks_are_a_failure(tiny: Build, name: str) -> None:
    result, folder = run_changed(tiny, lambda folder: None)
    assert result.failures == ()
    for lines in (1, 100):
        text = (folder / name).read_text().splitlines(keepends=True)
        (folder / name).write_text("".join(text[lines:]))
        report = FLOW.result(folder, options())
        assert [each.passed for each in report.checks].count(False) >= 1
    if name == "setup.txt":
        assert report.clocks[0].setup_slack_ns is None


@needs_opensta
def test_an_endpoint_that_the_netlist_lacks_is_a_failure(tiny: Build) -> None:
    _, folder = run_changed(tiny, lambda folder: None)
    with (folder / "setup.txt").open("a") as file:
        file.write("phantom/D 1.0 a/Q\n")
    wrong, *_ = [each for each in FLOW.result(folder, options()).checks if not each.passed]
    assert "not in the netlist: phantom/D (1 in all)" in wrong.detail


@needs_opensta
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        # In each of these cases OpenSTA ends with status 0.
        (edit("opensta.tcl", r"^read_sdc .*", "read_sdc missing.sdc"), "cannot open 'missing.sdc'"),
        (edit("opensta.tcl", r"^check_setup", "chek_setup"), 'command name "chek_setup"'),
        (edit("opensta.tcl", r'^puts "complete"', ""), "did not come to its end"),
        (edit("netlist.v", r"^  AND2 ", "  AND99 "), "module AND99 not found"),
        (edit("netlist.v", r"^endmodule", "endmod"), "syntax error"),
    ],
)  # fmt: skip
def test_an_error_of_the_script_is_a_failure(
    tiny: Build, change: Callable[[Path], None], reason: str
) -> None:
    with pytest.raises(FlowError, match=re.escape(reason)) as caught:
        run_changed(tiny, change)
    assert str(caught.value).endswith("opensta.log)")


def test_without_opensta_the_message_names_what_installs_it(
    tiny: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = set_up(FLOW, tiny, options())
    monkeypatch.setenv("PATH", str(tmp_path))
    for start in (
        lambda: run(tiny),
        lambda: FLOW.run(folder, options(), Runner(folder, 60)),
    ):
        with pytest.raises(UserError) as caught:
            start()
        assert caught.value.hint.endswith("apt-get install opensta")


@needs_opensta
def test_limits_of_transition_and_fan_out(tiny: Build) -> None:
    narrow = {"max_fanout": 2, "max_transition_ns": 0.02}
    result = run(tiny, **narrow)
    assert result.failures == ()
    assert result.report.numbers["nets over the limit of fan-out"] > 0
    assert result.report.numbers["pins over the limit of transition"] > 0
    (failure,) = run(tiny, limits="require", **narrow).failures
    assert failure.startswith("transitions and fan-out are within their limits: ")
    result = run(tiny, max_fanout=100)
    # Nothing was compared, which is not the same as nothing over a limit.
    assert "pins over the limit of transition" not in result.report.numbers
    assert "Transitions are not checked: the library states no limit." in result.report.notes
    (failure,) = run(tiny, limits="require", max_fanout=100).failures
    assert failure.endswith("0 nets over the limit of fan-out, transitions without a limit")
    wide = {"max_fanout": 100, "max_transition_ns": 5.0}
    result = run(tiny, limits="require", **wide)
    assert result.failures == ()
    assert result.report.numbers["pins over the limit of transition"] == 0


@pytest.mark.parametrize("name", ["generic45", pytest.param("ihp-sg13g2", marks=pytest.mark.slow)])
def test_fan_out_is_of_signals_that_change_and_not_of_the_clock(tmp_path: Path, name: str) -> None:
    design = """module top(input clk, input [7:0] d, output reg [7:0] q, output [39:0] ones, twos);
  assign ones = {40{1'b1}};
  assign twos = {40{q[0]}};
  always @(posedge clk) q <= d;
endmodule
"""
    technology = material.technology(name)
    build = tiny_build(tmp_path, design=design, technology=lambda: technology)
    folder = set_up(FLOW, build, options())
    expected = json.loads((folder / "expected.json").read_text())
    # In this library a cell gives the constant.
    assert ("tiehi" in (folder / "netlist.v").read_text()) == (name == "ihp-sg13g2")
    (wide,) = expected["wide_nets"]
    assert expected["largest_fan_out"] == wide["pins"] == 41
    assert re.fullmatch(r"_\d+_/Q", wide["driver"])


def test_drivers_of_wide_nets_are_named(tiny: Build) -> None:
    expected = json.loads((set_up(FLOW, tiny, options(max_fanout=1)) / "expected.json").read_text())
    names = {wide["driver"] for wide in expected["wide_nets"]}
    assert {"rst", "en", "rom/read_data[0]"} <= names
    assert "clk" not in names
    pins = [wide["pins"] for wide in expected["wide_nets"]]
    assert pins == sorted(pins, reverse=True)
    assert pins[0] == expected["largest_fan_out"]


@needs_opensta
@pytest.mark.parametrize(
    "name",
    [
        "osu018",
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("ihp-sg13g2", "sky130hd")),
    ],
)
def test_libraries_at_hand(tmp_path: Path, name: str) -> None:
    """With real hold times, edges that differ, limits of transition, and with ns as the unit."""
    technology = material.technology(name)
    result = run(tiny_build(tmp_path, technology=lambda: technology), clock_mhz=50)
    assert result.failures == ()
    (clock,) = result.report.clocks
    assert 10 < clock.setup_slack_ns < 20
    assert 0 <= clock.hold_slack_ns < 1


@needs_opensta
@pytest.mark.parametrize("architecture", ["systolic", pytest.param("simt", marks=pytest.mark.slow)])
def test_an_accelerator(tmp_path: Path, shared_store: Store, architecture: str) -> None:
    build = synthesized_build(tmp_path, shared_store, architecture=architecture)
    result = run(build, clock_mhz=250)
    assert result.failures == ()
    passed, detail = check(result, "every endpoint")
    assert passed
    assert "not analyzed" not in detail
    assert result.report.numbers["endpoints"] > 1000
    assert check(result, "hold is checked")[0]
