"""The flow; with the real tools where its environment is installed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hawx_hw.config.flows import flow_named, options_model
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.environments import is_installed
from hawx_hw.flows.frame import run_flow, set_up
from hawx_hw.flows.needs import missing
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools.coriolis import FLOW, flow
from hawx_hw.flows.tools.coriolis.checks import checks
from hawx_hw.flows.tools.qflow.blif import read_blif
from hawx_hw.netlist.netlist import Netlist
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import Technology
from hawx_hw.util.resources import flows
from tests.flows.builds import small_build
from tests.flows.tools.qflow.designs import array_design, lane_design

DESCRIPTION = flow_named("coriolis")
OPTIONS = options_model(DESCRIPTION)


@pytest.fixture
def tools() -> None:
    lacking = [need.name for need in missing([DESCRIPTION])]
    if not is_installed(DESCRIPTION):
        lacking.append("the environment of coriolis (hawx flow install coriolis)")
    if lacking:
        pytest.skip(f"{', '.join(lacking)} missing")


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return small_build(tmp_path_factory.mktemp("build"))


@pytest.fixture
def small(
    request: pytest.FixtureRequest, shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> Netlist:
    """A design of some ten cells a unit in place of the mapped accelerator."""
    maker: Callable[..., Netlist] = getattr(request, "param", array_design)
    netlist = maker(Technology("cells", flows() / "coriolis" / "cells.lib"), shared_store)
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
    first = set_up(FLOW, build, OPTIONS(part="all", margin=0.5), label="one")
    second = set_up(FLOW, build, OPTIONS(part="all", margin=0.5), label="two")
    assert [part["name"] for part in json.loads((first / "parts.json").read_text())] == names
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert files == sorted(p.relative_to(second) for p in second.rglob("*") if p.is_file())
    for file in files:
        content = (first / file).read_bytes()
        assert content == (second / file).read_bytes()
        assert str(build.folder).encode() not in content
    part = json.loads((first / names[0] / "part.json").read_text())
    assert part == {"name": names[0], "margin": 0.5}
    netlist = read_blif((first / names[0] / "netlist.blif").read_text())
    assert netlist.kinds["dff_x1"] == 4
    assert {"clk", "weight[1]"} <= set(netlist.inputs)
    assert "sum_out[3]" in netlist.outputs


def test_the_scripts_are_python() -> None:
    scripts = sorted((flows() / "coriolis").glob("*.py"))
    assert [script.name for script in scripts] == sorted(flow._SCRIPTS)
    for script in scripts:
        compile(script.read_text(encoding="utf-8"), script.name, "exec")


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


def test_a_missing_environment_ends_with_the_line_that_installs_it(
    build: Build, small: Netlist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAWX_CACHE", str(tmp_path / "cache"))
    folder = set_up(FLOW, build, OPTIONS(), label="missing")
    with pytest.raises(UserError, match="is not installed") as error:
        FLOW.run(folder, OPTIONS(), Runner(folder, 60))
    assert "hawx flow install coriolis" in str(error.value)


@pytest.fixture
def attempts(
    build: Build, small: Netlist, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, list[str], list[str]]:
    """A folder, what Coriolis writes in each attempt, and the margins that it was asked for."""
    folder = set_up(FLOW, build, OPTIONS(margin=0.3), label="attempts")
    texts: list[str] = []
    margins: list[str] = []

    def script(folder: Path, name: str, runner: Runner, script: str, *words: str, **_: Any) -> None:
        if script == "place_and_route.py":
            text = texts[len(margins)]
            margins.append(words[1])
            (folder / name / "coriolis.log").write_text(text)
            routed = folder / name / "routed.json"
            routed.unlink(missing_ok=True)
            if text != "nothing":
                routed.write_text(json.dumps({"routed": text != "unrouted"}))

    monkeypatch.setattr(flow, "_script", script)
    monkeypatch.setattr(flow, "verify_part", lambda *_: None)
    return folder, texts, margins


def test_a_placement_with_errors_is_tried_again_with_more_room(
    attempts: tuple[Path, list[str], list[str]],
) -> None:
    """The trap: Coriolis reports 100 % and an error about a wire that it leaves open."""
    folder, texts, margins = attempts
    texts += ["100%\n[ERROR] In topology of a wire\n", "unrouted", "nothing", "100%\n"]
    flow.run_part(folder, "pe_and", Runner(folder, 60))
    assert margins == ["0.30", "0.35", "0.40", "0.45"]


def test_a_part_that_is_never_routed_is_a_failure(
    attempts: tuple[Path, list[str], list[str]],
) -> None:
    folder, texts, margins = attempts
    texts += ["100%\n[ERROR] In topology of a wire\n"] * 20
    with pytest.raises(FlowError, match=r"did not route pe_and in 10 attempts: 100% / \[ERROR\]"):
        flow.run_part(folder, "pe_and", Runner(folder, 60))
    assert len(margins) == 10


#: What the scripts write, as far as the metrics of a part read it.
WRITTEN = {
    "cells.json": {"height": 7.0, "cells": {"dff_x1": {"width": 3.0}, "tie": {"width": 1.0}}},
    "pe_and/layout.json": {
        "width_um": 20.0,
        "height_um": 10.0,
        "core_um2": 42.0,
        "cells": {"dff_x1": 1, "tie": 2},
        "placement_faults": [],
    },
    "pe_and/routed.json": {"routed": True, "margin": 0.3, "instances": {}, "ports": {}},
}


def test_files_that_are_missing_are_failures_and_no_traceback(build: Build, small: Netlist) -> None:
    import klayout.db as kdb

    folder = set_up(FLOW, build, OPTIONS(), label="judged")

    def failed() -> dict[str, str]:
        report = FLOW.result(folder, OPTIONS(picture_width=400))
        return {check.name: check.detail for check in report.checks if not check.passed}

    functions = "cells: transistors, as switches, compute the functions that synthesis uses"
    title, placed = (
        "pe_and: the layout (GDS)",
        ("pe_and: cells abut, without overlap, gap or wrong orientation"),
    )
    nothing = failed()
    assert nothing[functions] == "the cells were not drawn"
    assert nothing[title] == "it was not written"
    assert nothing[placed] == "there is no layout"
    assert len(nothing) == 8
    for file, content in WRITTEN.items():
        (folder / file).write_text(json.dumps(content))
    (folder / "cells.spi").write_text("")
    log = folder / "pe_and" / "coriolis.log"
    log.write_text("Wire Length Completion Ratio .. 100.0% [123um+0um]\n")
    layout = kdb.Layout()
    layout.create_cell("pe_and").shapes(layout.layer(68, 20)).insert(kdb.DBox(0, 0, 20, 10))
    gds = folder / "pe_and" / "pe_and.gds"
    layout.write(str(gds))
    assert not {title, placed} & failed().keys()
    numbers = FLOW.result(folder, OPTIONS(picture_width=400)).numbers
    assert numbers["pe_and: wire length, um"] == 123
    assert numbers["pe_and: cells' share of the core"] == 0.5
    for file in (*WRITTEN, "cells.spi", "pe_and/coriolis.log"):
        content = (folder / file).read_text()
        (folder / file).unlink()
        assert failed()
        if file != "cells.spi":
            assert FLOW.result(folder, OPTIONS(picture_width=400)).numbers == {}
        (folder / file).write_text(content[:20])
        assert failed()
        (folder / file).write_text(content)
    gds.write_text("no layout")
    assert failed()[title].startswith("it cannot be read: ")


def test_an_environment_without_the_rules_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="no design rules for sky130A"):
        flow._precheck(tmp_path)


def _failures(folder: Path, name: str) -> list[str]:
    netlist = read_blif((folder / name / "netlist.blif").read_text())
    return [check.name for check in checks(folder / name, netlist) if not check.passed]


def _edited(folder: Path, name: str, edit: Callable[[Any, Any], None]) -> None:
    """Change the layout of a part by KLayout's database, of which ``edit`` gets the top cell."""
    import klayout.db as kdb

    layout = kdb.Layout()
    layout.read(str(folder / name / f"{name}.gds"))
    edit(layout, layout.top_cell())
    layout.write(str(folder / name / f"{name}.gds"))


@pytest.mark.slow
def test_a_pe_is_legal_and_each_kind_of_damage_is_seen(
    build: Build, small: Netlist, tools: None
) -> None:
    import klayout.db as kdb

    result = run_flow(FLOW, DESCRIPTION, build, OPTIONS(picture_width=600), label="unit")
    folder, name = build.folder / "flows" / "coriolis.unit", "pe_and"
    assert result.failures == ()
    assert result.standing == "real"
    assert len(result.report.checks) == 8
    netlist = Netlist("hawx_pe_and", small.modules, small.library)
    buffers = 1
    assert result.report.numbers[f"{name}: cells"] == netlist.report().cells + buffers
    for file in result.report.files:
        assert (folder / file).stat().st_size > 5000
    gds = (folder / name / f"{name}.gds").read_bytes()
    runner = Runner(folder, 600)

    def damaged(edit: Callable[[Any, Any], None]) -> list[str]:
        (folder / name / f"{name}.gds").write_bytes(gds)
        _edited(folder, name, edit)
        flow.verify_part(folder, name, runner)
        return _failures(folder, name)

    def narrow(layout: Any, top: Any) -> None:
        top.shapes(layout.layer(68, 20)).insert(kdb.DBox(-20, 10, -10, 10.1))

    def opened(layout: Any, top: Any) -> None:
        top.shapes(layout.layer(69, 20)).clear()

    def renamed(layout: Any, top: Any) -> None:
        labels = {"weight[0]": "weight[1]", "weight[1]": "weight[0]"}
        shapes = top.shapes(layout.layer(69, 5))
        for shape in list(shapes.each()):
            if shape.text_string in labels:
                shape.text_string = labels[shape.text_string]

    assert damaged(narrow) == ["design rules of cf-precheck", "design rules of PDKMaster"]
    lvs = "transistors of the layout are those of the netlist (LVS)"
    assert lvs in damaged(opened)
    assert damaged(renamed) == [lvs]

    # A cell that stands beside its place.
    layout = kdb.Layout()
    layout.read(str(folder / name / "routed.gds"))
    first = next(iter(layout.top_cell().each_inst()))
    first.transform(kdb.DTrans(0.7, 0))
    layout.write(str(folder / name / "routed.gds"))
    flow._script(folder, name, runner, "finish.py", "finish")
    assert "cells abut, without overlap, gap or wrong orientation" in _failures(folder, name)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["systolic", "simt"])
def test_a_unit_of_an_emitted_accelerator(architecture: str, tmp_path: Path, tools: None) -> None:
    build = small_build(tmp_path / "build", architecture=architecture)
    result = run_flow(FLOW, DESCRIPTION, build, OPTIONS())
    assert result.failures == ()
