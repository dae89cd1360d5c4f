"""The bundle for OpenROAD-flow-scripts, evaluated by GNU make."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hawx_hw.config.flows import flow_named
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.frame import run_flow, set_up
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools.orfs import FLOW, _known
from tests.flows.golden import assert_golden
from tests.flows.tools.small_bundle import options_of, small_accelerator

COMPARED = ("*.mk", "constraint.sdc", "MEMORIES.md", "bundle.json")
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no GNU make")

NAMES = "the scripts have every variable of config.mk"
FLOORPLAN = "one way to size the floorplan"
CLOCK = "one clock in the constraints and in the tool's variables"
FILES = "make resolves every Verilog file and the constraints"
REQUIRED = "required variables have values"


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return small_accelerator(tmp_path / "build")


@pytest.fixture
def folder(build: Build) -> Path:
    return set_up(FLOW, build, options_of("orfs"))


def judged(folder: Path, **options: object) -> dict[str, str]:
    """Details of the checks that fail; Yosys is not run, and its check left out."""
    chosen = options_of("orfs", **options)

    class MakeAlone(Runner):
        def run(self, command, *, tool, **others):  # type: ignore[no-untyped-def]
            return super().run(command, tool=tool, **others) if tool == "make" else None

    FLOW.run(folder, chosen, MakeAlone(folder, 60))
    checks = FLOW.result(folder, chosen).checks
    return {c.name: c.detail for c in checks if not c.passed and not c.name.startswith("Yosys")}


def change(folder: Path, pattern: str, instead: str) -> None:
    text = (folder / "config.mk").read_text("utf-8")
    changed, number = re.subn(pattern, instead, text, flags=re.MULTILINE)
    assert number == 1
    (folder / "config.mk").write_text(changed, "utf-8")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("orfs-ihp-sg13g2", {}),
        ("orfs-sky130hd", {"platform": "sky130hd", "hierarchical": True, "clock_mhz": 80.0}),
        ("orfs-asap7", {"platform": "asap7", "exploration": True}),
        ("orfs-nangate45", {"platform": "nangate45", "exploration": True}),
    ],
)
def test_golden_files(
    name: str, options: dict[str, Any], build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The plain memories of rtl_templates/ may change.
    monkeypatch.setattr(Build, "digest", lambda _: "0123456789abcdef")
    folder = set_up(FLOW, build, options_of("orfs", **options))
    assert_golden(folder, name, COMPARED)


def test_a_bundle_passes(build: Build) -> None:
    result = run_flow(FLOW, flow_named("orfs"), build, options_of("orfs"))
    assert result.failures == ()
    assert len(result.report.checks) == 7


@pytest.mark.parametrize("platform", ["sky130hd", "sky130hs", "gf180", "nangate45", "asap7"])
def test_every_platform_passes(platform: str, build: Build) -> None:
    folder = set_up(FLOW, build, options_of("orfs", platform=platform, exploration=True))
    assert judged(folder, platform=platform) == {}


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["systolic", "simt"])
def test_accelerators_pass(architecture: str, shared_build: Callable[..., Build]) -> None:
    result = run_flow(FLOW, flow_named("orfs"), shared_build(architecture), options_of("orfs"))
    assert result.failures == ()


def test_the_period_is_in_ps_and_the_constraints_are_in_the_unit(build: Build) -> None:
    for platform, number in (("ihp-sg13g2", "10"), ("asap7", "10000")):
        options = options_of("orfs", platform=platform, clock_mhz=100.0, exploration=True)
        folder = set_up(FLOW, build, options)
        text = (folder / "config.mk").read_text("utf-8")
        assert "export ABC_CLOCK_PERIOD_IN_PS = 10000\n" in text
        sdc = (folder / "constraint.sdc").read_text("utf-8")
        assert f"\nset clk_period {number}\n" in sdc


def test_a_misspelled_variable_is_caught(folder: Path) -> None:
    assert judged(folder) == {}
    change(folder, "CORE_ASPECT_RATIO", "CORE_ASPECT_RATION")
    assert judged(folder)[NAMES].startswith("unknown: CORE_ASPECT_RATION;")


def test_a_deprecated_variable_is_caught(folder: Path) -> None:
    change(folder, "^export TNS_END_PERCENT", "export REMOVE_ABC_BUFFERS = 1\n\\g<0>")
    assert "REMOVE_ABC_BUFFERS (deprecated)" in judged(folder)[NAMES]


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("export DIE_AREA = 0 0 9 9\nexport CORE_AREA = 1 1 8 8\nexport CORE_UTILIZATION = 40",
         "CORE_UTILIZATION and DIE_AREA+CORE_AREA"),
        ("export DIE_AREA = 0 0 9 9\nexport CORE_UTILIZATION = 40",
         "CORE_UTILIZATION and DIE_AREA+CORE_AREA"),
        ("export DIE_AREA = 0 0 9 9", "DIE_AREA+CORE_AREA"),
        ("", "none"),
    ],
    ids=["two", "one and a part of another", "a part", "none"],
)  # fmt: skip
def test_two_ways_to_size_the_floorplan_and_none_are_caught(
    line: str, detail: str, folder: Path
) -> None:
    change(folder, "^export CORE_UTILIZATION .*$", line)
    assert judged(folder) == {FLOORPLAN: detail}


def test_the_wrong_unit_of_the_clock_is_caught(folder: Path) -> None:
    change(folder, "^(export ABC_CLOCK_PERIOD_IN_PS = )20000", "\\g<1>20")
    assert judged(folder) == {
        CLOCK: "20 ns asked for, 20 ns in constraint.sdc, 0.02 ns in ABC_CLOCK_PERIOD_IN_PS"
    }
    change(folder, "^export ABC_CLOCK_PERIOD_IN_PS.*$", "")
    assert CLOCK in judged(folder)


def test_files_that_do_not_exist_and_none_are_caught(folder: Path) -> None:
    (folder / "rtl" / "hawx_core.v").rename(folder / "rtl" / "other.v")
    assert judged(folder)[FILES] == "7 of 8"
    (folder / "rtl" / "other.v").rename(folder / "rtl" / "hawx_core.v")
    change(folder, r"^export VERILOG_FILES = \\$", "HAWX_KIT = \\\\")
    failures = judged(folder)
    assert failures[FILES] == "1 of 8"
    assert failures[REQUIRED] == "missing: VERILOG_FILES"


def test_an_error_of_make_is_one(folder: Path) -> None:
    (folder / "config.mk").write_text("$(error it cannot be)\n", "utf-8")
    with pytest.raises(FlowError, match="it cannot be"):
        judged(folder)


def test_a_status_of_0_without_an_evaluation_is_no_success(folder: Path) -> None:
    (folder / "evaluate.mk").write_text("nothing:\n\t@true\n", "utf-8")
    assert {REQUIRED, FILES, FLOORPLAN, CLOCK} <= judged(folder).keys()


CHECKOUT = """\
# A stand-in for the Makefile of a checkout: it includes the design's file, and prints variables.
export DESIGN_DIR = $(dir $(DESIGN_CONFIG))
include $(DESIGN_CONFIG)
{line}
print-%: ; @echo "$* = $($*)"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "checkout" / "flow").mkdir(parents=True)
    (tmp_path / "checkout" / "flow" / "Makefile").write_text(CHECKOUT.format(line=""), "utf-8")
    return tmp_path / "checkout"


def test_a_checkout_s_makefile_evaluates(build: Build, checkout: Path) -> None:
    options = options_of("orfs", checkout=str(checkout))
    result = run_flow(FLOW, flow_named("orfs"), build, options)
    assert result.failures == ()
    assert "config.mk was evaluated by its own Makefile" in result.report.notes


def test_what_a_checkout_sets_besides_counts(build: Build, checkout: Path) -> None:
    """A platform that sets a second way to size the floorplan, which config.mk alone hides."""
    text = CHECKOUT.format(line="export DIE_AREA = 0 0 9 9\nexport CORE_AREA = 1 1 8 8")
    (checkout / "flow" / "Makefile").write_text(text, "utf-8")
    folder = set_up(FLOW, build, options_of("orfs"))
    assert judged(folder) == {}
    assert judged(folder, checkout=str(checkout)) == {
        FLOORPLAN: "CORE_UTILIZATION and DIE_AREA+CORE_AREA"
    }


def test_a_path_that_make_cannot_read_is_refused_with_a_checkout(
    checkout: Path, tmp_path: Path
) -> None:
    build = small_accelerator(tmp_path / "a build")
    with pytest.raises(UserError, match="cannot read this path"):
        FLOW.check(build, options_of("orfs", checkout=str(checkout)))
    folder = set_up(FLOW, build, options_of("orfs"))
    assert judged(folder) == {}


def test_a_folder_that_is_no_checkout_is_refused(build: Build, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no checkout of OpenROAD-flow-scripts"):
        FLOW.check(build, options_of("orfs", checkout=str(tmp_path)))


def test_the_list_of_variables() -> None:
    assert len(_known()) == 250
    assert {"CORE_UTILIZATION", "ABC_CLOCK_PERIOD_IN_PS", "YOSYS_FLAGS"} <= _known()
