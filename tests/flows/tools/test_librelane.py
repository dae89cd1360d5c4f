"""The bundle for LibreLane; with its own Python environment, LibreLane's check of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hawx_hw.config.flows import flow_named
from hawx_hw.errors import UserError
from hawx_hw.flows import cell_area
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.bundles import Bundle
from hawx_hw.flows.frame import run_flow, set_up
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools.librelane import FLOW, _lint
from hawx_hw.util.processes import Finished
from tests.flows.golden import assert_golden
from tests.flows.tools.small_bundle import needs_environment, options_of, small_accelerator

COMPARED = ("config.json", "constraint.sdc", "*.md", "bundle.json", "rtl/hawx_s*_ram.v", "macros/*")


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    # 1,000 NANDs of generic45: the floorplan needs an area.
    monkeypatch.setattr(cell_area, "_logic_area", lambda _: 798.0)
    return small_accelerator(tmp_path / "build")


def checks(folder: Path, **options: object) -> dict[str, tuple[bool, str]]:
    report = FLOW.result(folder, options_of("librelane", **options))
    return {each.name: (each.passed, each.detail) for each in report.checks}


def failed(folder: Path, **options: object) -> list[str]:
    return [name for name, (passed, _) in checks(folder, **options).items() if not passed]


def change(folder: Path, **values: object) -> None:
    """Change variables of config.json; None removes one."""
    path = folder / "config.json"
    config = json.loads(path.read_text("utf-8")) | values
    config = {name: value for name, value in config.items() if value is not None}
    path.write_text(json.dumps(config), "utf-8")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("librelane-sky130A", {}),
        ("librelane-ihp-sg13g2", {"pdk": "ihp-sg13g2", "clock_mhz": 100.0}),
        ("librelane-gf180mcuD", {"pdk": "gf180mcuD", "exploration": True, "utilization": 30}),
    ],
)
def test_golden_files(name: str, options: dict[str, Any], build: Build) -> None:
    folder = set_up(FLOW, build, options_of("librelane", **options))
    assert_golden(folder, name, COMPARED)


def test_a_library_of_another_kit_is_refused(build: Build) -> None:
    with pytest.raises(UserError, match="sky130A has no cells sg13g2_stdcell") as error:
        FLOW.check(build, options_of("librelane", library="sg13g2_stdcell"))
    assert "sky130_fd_sc_hd" in str(error.value.hint)
    FLOW.check(build, options_of("librelane", library="sky130_fd_sc_hs"))


def test_a_memory_without_a_macro_is_refused_unless_asked_for(build: Build) -> None:
    with pytest.raises(UserError, match="EXPLORATION ONLY"):
        FLOW.check(build, options_of("librelane", pdk="gf180mcuD"))
    folder = set_up(FLOW, build, options_of("librelane", pdk="gf180mcuD", exploration=True))
    for file in ("README.md", "MEMORIES.md"):
        assert "EXPLORATION ONLY" in (folder / file).read_text("utf-8")
    report = FLOW.result(folder, options_of("librelane", pdk="gf180mcuD"))
    assert report.notes[0].startswith("EXPLORATION ONLY")


def test_a_kit_at_hand_gives_the_places(build: Build, tmp_path: Path) -> None:
    """The LEF files state sizes that are not known here."""
    kit = tmp_path / "kit"
    folder = set_up(FLOW, build, options_of("librelane", pdk="ihp-sg13g2"))
    names = [path.rpartition("/")[2] for path in _lef_files(folder)]
    assert len(names) == 2
    for path, name in zip(_lef_files(folder), names, strict=True):
        (kit / path).parent.mkdir(parents=True, exist_ok=True)
        macro = name.removesuffix(".lef")
        text = f"MACRO {macro}\n SIZE 100 BY 50 ;\nEND {macro}\n"
        (kit / path).write_text(text, "utf-8")
    options = options_of("librelane", pdk="ihp-sg13g2", kit=str(kit))
    folder = set_up(FLOW, build, options, label="kit")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    assert config["FP_SIZING"] == "absolute"
    places = [i["location"] for m in config["MACROS"].values() for i in m["instances"].values()]
    assert all(place is not None for place in places)
    assert str(kit) not in (folder / "config.json").read_text("utf-8")
    with pytest.raises(UserError, match="There are no SRAM macros"):
        FLOW.check(build, options_of("librelane", pdk="ihp-sg13g2", kit=str(tmp_path)))


def _lef_files(folder: Path) -> list[str]:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return [each["lef"][0].removeprefix("pdk_dir::") for each in config["MACROS"].values()]


def test_no_variable_is_an_old_one(build: Build) -> None:
    folder = set_up(FLOW, build, options_of("librelane"))
    config = json.loads((folder / "config.json").read_text("utf-8"))
    assert config["meta"]["version"] == 2
    old = r"SYNTH_MAX_FANOUT|BASE_SDC_FILE|SDC_FILE|FP_PDN_.*|FP_PIN_ORDER_CFG|PL_TARGET_DENSITY|"
    old += r"SYNTH_NO_FLAT|GLB_.*|RUN_CVC|FP_IO_HMETAL|LEC_ENABLE|DIODE_INSERTION_STRATEGY"
    assert not [name for name in config if re.fullmatch(old, name)]


def test_without_answers_every_check_of_a_tool_fails(build: Build) -> None:
    """Nothing was run: nothing passes but what slang reads here itself."""
    folder = set_up(FLOW, build, options_of("librelane"))
    passed = [name for name, (good, _) in checks(folder).items() if good]
    assert passed == ["slang elaborates the Verilog, with every macro that is planned"]


def answered(folder: Path, **changes: object) -> None:
    """Write what LibreLane would resolve, with changes."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    files = [name.removeprefix("dir::") for name in config["VERILOG_FILES"]]
    values = {**config, "VERILOG_FILES": sorted(files), **changes}
    answer = {"librelane": "3", "variables": 9, "errors": [], "warnings": [], "values": values}
    (folder / "check_config.json").write_text(json.dumps(answer), "utf-8")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"VERILOG_FILES": []}, "LibreLane resolves every Verilog file"),
        ({"CLOCK_PERIOD": 20_000.0}, "one clock in the constraints and in the tool's variables"),
        ({"FP_CORE_UTIL": 40}, "one way to size the floorplan"),
        ({"DIE_AREA": None}, "one way to size the floorplan"),
        ({"MACROS": {}}, "MACROS lists every macro of the Verilog"),
    ],
    ids=["no files", "wrong unit", "two methods", "no method", "no macros"],
)
def test_a_wrong_answer_is_caught(changes: dict[str, object], name: str, build: Build) -> None:
    folder = set_up(FLOW, build, options_of("librelane"))
    answered(folder)
    before = failed(folder)
    assert name not in before
    answered(folder, **changes)
    assert set(failed(folder)) - set(before) == {name}


def test_a_lint_that_judged_nothing_is_a_failure(tmp_path: Path) -> None:
    class Crashing(Runner):
        def run(self, command: Sequence[str], **rest: Any) -> Finished:
            return Finished(1, "terminate called after throwing an instance of 'std::bad_alloc'")

    bundle = Bundle("top", 50.0, 1.0, ["top.v"], None, [], {}, 0, [])
    with pytest.raises(FlowError, match="verilator ended with status 1: terminate called"):
        _lint(tmp_path, bundle, Crashing(tmp_path, 10.0))


def test_lint_stops_where_librelane_does(build: Build) -> None:
    folder = set_up(FLOW, build, options_of("librelane"))
    name = "Verilator's lint, as in LibreLane's first step"
    log = folder / "verilator.log"
    log.write_text("%Warning-UNUSEDSIGNAL: a.v:1:1: x\n- Verilator\n", "utf-8")
    assert checks(folder)[name] == (True, "1 warnings")
    for line in ("%Error-LATCH: a.v:1: x", "%Error-MULTIDRIVEN: x", "%Error: a.v:1: syntax",
                 "%Error-NEEDTIMINGOPT: x"):  # fmt: skip
        log.write_text(f"{line}\n%Error: Exiting due to 1 error(s)\n", "utf-8")
        passed, detail = checks(folder)[name]
        assert not passed
        assert line in detail


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["few lines", "systolic", "simt"])
def test_librelane_accepts_the_bundle(
    architecture: str, build: Build, shared_build: Callable[..., Build]
) -> None:
    needs_environment("librelane")
    chosen = build if architecture == "few lines" else shared_build(architecture)
    result = run_flow(FLOW, flow_named("librelane"), chosen, options_of("librelane"))
    assert result.failures == ()
    assert len(result.report.checks) == 8
    assert result.report.versions["librelane"] == "3.0.17"


@pytest.mark.slow
@pytest.mark.parametrize("pdk", ["ihp-sg13g2", "gf180mcuD"])
def test_librelane_accepts_the_bundle_of_other_kits(pdk: str, build: Build) -> None:
    needs_environment("librelane")
    options = options_of("librelane", pdk=pdk, exploration=True)
    assert run_flow(FLOW, flow_named("librelane"), build, options).failures == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"SYNTH_STRATEGI": "AREA 0"}, "SYNTH_STRATEGI"),
        ({"SYNTH_STRATEGY": "AREA 9"}, "SYNTH_STRATEGY"),
        ({"CLOCK_PERIOD": "fast"}, "CLOCK_PERIOD"),
        ({"VERILOG_FILES": ["dir::rtl/missing.v"]}, "VERILOG_FILES"),
        ({"CLOCK_PORT": None, "DESIGN_NAME": None}, "DESIGN_NAME"),
        ({"RUN_CVC": True}, "RUN_CVC"),
    ],
    ids=["misspelled", "value", "type", "missing file", "required", "removed"],
)
def test_librelane_refuses_mistakes(changes: dict[str, object], detail: str, build: Build) -> None:
    needs_environment("librelane")
    folder = set_up(FLOW, build, options_of("librelane"))
    change(folder, **changes)
    FLOW.run(folder, options_of("librelane"), Runner(folder, 300))
    passed, text = checks(folder)["LibreLane accepts config.json"]
    assert not passed
    assert detail in text


def test_the_record_states_the_kit_s_clock(build: Build) -> None:
    folder = set_up(FLOW, build, options_of("librelane"))
    assert Bundle.read(folder).clock_mhz == 50
    folder = set_up(FLOW, build, options_of("librelane", clock_mhz=80.0))
    assert Bundle.read(folder).period_ns == 12.5
