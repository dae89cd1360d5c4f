"""The flow with the real tools, where they are installed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hawx_hw.config.flows import flow_named, options_model
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.frame import run_flow, set_up
from hawx_hw.flows.needs import missing
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools.qflow import FLOW, flow
from hawx_hw.netlist.netlist import Netlist
from hawx_hw.synthesis.store import Store
from hawx_hw.util.processes import Finished
from tests.flows.builds import small_build
from tests.flows.tools.qflow.designs import array_design, lane_design
from tests.material import technology

DESCRIPTION = flow_named("qflow")
OPTIONS = options_model(DESCRIPTION)


@pytest.fixture
def tools() -> None:
    lacking = missing([DESCRIPTION])
    if lacking:
        pytest.skip(f"{', '.join(need.name for need in lacking)} missing")


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return small_build(tmp_path_factory.mktemp("build"))


@pytest.fixture
def small(
    request: pytest.FixtureRequest, shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> Netlist:
    """A design of some ten cells a unit in place of the mapped accelerator."""
    maker: Callable[..., Netlist] = getattr(request, "param", array_design)
    netlist = maker(technology("osu018"), shared_store)
    monkeypatch.setattr(flow, "mapped", lambda build: netlist)
    return netlist


@pytest.mark.parametrize(
    ("small", "names"),
    [
        (array_design, ["pe_and", "block_and", "block_or", "array"]),
        (lane_design, ["lane_and", "block_and", "array"]),
    ],
    indirect=["small"],
)
def test_setup_writes_a_folder_a_part_with_equal_bytes(
    build: Build, small: Netlist, names: list[str]
) -> None:
    first = set_up(FLOW, build, OPTIONS(part="all"), label="one")
    second = set_up(FLOW, build, OPTIONS(part="all"), label="two")
    parts = json.loads((first / "parts.json").read_text())
    assert [part["name"] for part in parts] == names
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    for file in files:
        content = (first / file).read_bytes()
        assert content == (second / file).read_bytes()
        assert str(build.folder).encode() not in content
    assert Path("pe_and/layout/check.tcl") in files or small.top == "hawx_cluster"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"part": "module"}, "go together"),
        ({"module": "hawx_pe_and"}, "go together"),
        ({"part": "module", "module": "hawx_other"}, "module must be one of"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    build: Build, small: Netlist, options: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        set_up(FLOW, build, OPTIONS(**options), label="refused")


def test_a_pe_is_routed_checked_and_drawn(build: Build, small: Netlist, tools: None) -> None:
    result = run_flow(FLOW, DESCRIPTION, build, OPTIONS(part="unit"), label="unit")
    folder = build.folder / "flows" / "qflow.unit"
    assert result.failures == ()
    assert result.standing == "picture"
    report = result.report
    assert len(report.checks) == 6
    assert (
        report.numbers["pe_and: cells"]
        == Netlist("hawx_pe_and", small.modules, small.library).report().cells
    )
    length, wires = report.numbers["pe_and: wire length, um"], "pe_and: wire capacitance, fF"
    # The layers have 0.04 to 0.17 fF/um.
    assert 0.04 * length < report.numbers[wires] < 0.18 * length
    assert report.numbers["pe_and: area of layout, um2"] == report.area_um2
    assert any("not manufacturable" in note for note in report.notes)
    assert (folder / report.files[0]).stat().st_size > 5000
    assert {"qflow", "qrouter", "magic", "netgen", "klayout"} == report.versions.keys()

    # A wire that is cut, and one that is moved, are seen in the same files.
    layout = folder / "pe_and" / "layout" / "pe_and.mag"
    damaged = _with_a_wire_less(layout.read_text())
    again = folder / "again"
    shutil.copytree(folder / "pe_and", again / "pe_and")
    shutil.copy(folder / "osu018_stdcells.lef", again)
    (again / "pe_and" / "layout" / "pe_and.mag").write_text(damaged)
    Runner(again, 60).run(
        ("magic", "-dnull", "-noconsole", "check.tcl"),
        tool="magic", log="pe_and/magic.log", folder="pe_and/layout",
    )  # fmt: skip
    from hawx_hw.flows.tools.qflow.measure import checks

    rules = [each for each in checks(again / "pe_and", "pe_and") if not each.passed]
    assert [each.name for each in rules] == ["design rules of the metal (Magic)"]
    assert "Metal" in rules[0].detail


def _with_a_wire_less(text: str) -> str:
    """A layout whose wires of metal2 are too narrow by a step of the grid."""
    head, rest = text.split("<< metal2 >>\n", 1)
    lines = rest.split("\n")
    for number, line in enumerate(lines):
        if not line.startswith("rect"):
            break
        left, bottom, right, top = (int(word) for word in line.split()[1:])
        if right - left == 3 and top - bottom > 20:
            lines[number] = f"rect {left} {bottom} {right - 1} {top}"
    return head + "<< metal2 >>\n" + "\n".join(lines)


def test_magic_without_the_layout_is_a_failure_though_it_ends_with_success(
    build: Build, small: Netlist, tools: None
) -> None:
    """The trap: an empty layout has no errors, and a GDS of it is written."""
    from hawx_hw.flows.tools.qflow.measure import checks

    folder = set_up(FLOW, build, OPTIONS(part="unit"), label="empty")
    runner = Runner(folder, 60)
    for action in ("place", "route"):
        runner.run(
            ("qflow", "-T", "osu018", action, "pe_and"),
            tool=action, log=f"{action}.log", accepted=(0, 1), folder="pe_and",
        )  # fmt: skip
    # No migration: Magic has no layout to load.
    shutil.copy("/usr/share/qflow/tech/osu018/osu018.magicrc", folder / "pe_and/layout/.magicrc")
    done = runner.run(
        ("magic", "-dnull", "-noconsole", "check.tcl"),
        tool="magic", log="pe_and/magic.log", folder="pe_and/layout",
    )  # fmt: skip
    assert done.status == 0
    assert (folder / "pe_and/layout/pe_and.gds").exists()
    failures = {each.name: each for each in checks(folder / "pe_and", "pe_and") if not each.passed}
    assert failures["Magic has read every cell"].detail.startswith("0 of 24 cells")
    assert "couldn't be read" in failures["Magic has read every cell"].detail
    assert "0 of" in failures["the GDS has every cell and the wires"].detail
    assert "layout against netlist (netgen)" in failures


def test_a_placement_that_fails_is_reported_with_its_log(
    build: Build, small: Netlist, tools: None
) -> None:
    folder = set_up(FLOW, build, OPTIONS(part="unit"), label="broken")
    blif = folder / "pe_and" / "synthesis" / "pe_and.blif"
    blif.write_text(blif.read_text().replace(".gate XOR2X1", ".gate NOSUCH"))
    with pytest.raises(FlowError, match=r"qflow place made no layout: .*qflow_place\.log"):
        FLOW.run(folder, OPTIONS(part="unit"), Runner(folder, 60))


def test_pads_that_are_too_small_are_enlarged_and_the_circuit_stays(
    build: Build, small: Netlist, tools: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pad apart from all wires is put into the layout before it is patched."""
    original = Runner.run

    def run(self: Runner, command: tuple[str, ...], **options: Any) -> Finished:
        if command[-1] == "patch.tcl":
            layout = build.folder / "flows/qflow.patched/pe_and/layout/pe_and.mag"
            text = layout.read_text()
            pad = "<< metal4 >>\nrect 20 -24 24 -20\n"
            layout.write_text(text.replace("<< metal1 >>\n", f"{pad}<< metal1 >>\n", 1))
        return original(self, command, **options)

    monkeypatch.setattr(Runner, "run", run)
    result = run_flow(FLOW, DESCRIPTION, build, OPTIONS(part="unit"), label="patched")
    assert result.failures == ()
    assert result.report.numbers["pe_and: pads enlarged"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["systolic", "simt"])
def test_an_emitted_accelerator(architecture: str, tmp_path: Path, tools: None) -> None:
    build = small_build(tmp_path / "build", architecture=architecture)
    result = run_flow(FLOW, DESCRIPTION, build, OPTIONS(part="array", density=0.8))
    assert result.failures == ()
    assert result.report.numbers["array: cells"] > 500
