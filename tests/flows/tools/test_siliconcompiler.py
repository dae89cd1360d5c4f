"""The bundle for SiliconCompiler; with its own Python environment, its check of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hawx_hw.config.flows import flow_descriptions, flow_named
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.frame import run_flow, set_up
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools.siliconcompiler import FLOW, _family, _targets
from tests.flows.golden import assert_golden
from tests.flows.tools.small_bundle import needs_environment, options_of, small_accelerator

COMPARED = ("project.py", "constraint.sdc", "MEMORIES.md", "bundle.json")
MANIFEST = "SiliconCompiler accepts the manifest"
FILES = "its lint reads every file of the design"
LINT = "its lint with slang counts no errors"


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return small_accelerator(tmp_path / "build")


@pytest.fixture
def folder(build: Build) -> Path:
    return set_up(FLOW, build, options_of("siliconcompiler"))


def failed(folder: Path) -> dict[str, str]:
    """Details of SiliconCompiler's checks that fail."""
    checks = FLOW.result(folder, options_of("siliconcompiler")).checks
    return {c.name: c.detail for c in checks if not c.passed and not c.name.startswith("Yosys")}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("siliconcompiler-skywater130", {}),
        ("siliconcompiler-asap7", {"target": "asap7", "exploration": True, "density": 55}),
    ],
)
def test_golden_files(name: str, options: dict[str, Any], build: Build) -> None:
    assert_golden(set_up(FLOW, build, options_of("siliconcompiler", **options)), name, COMPARED)


@pytest.mark.parametrize("target", ["skywater130", "ihp130", "gf180", "freepdk45", "asap7"])
def test_the_project_is_python_and_names_every_file(target: str, build: Build) -> None:
    options = options_of("siliconcompiler", target=target, exploration=True)
    folder = set_up(FLOW, build, options)
    text = (folder / "project.py").read_text("utf-8")
    compile(text, "project.py", "exec")
    files = re.findall(r'add_file\("([^"]*)"\)', text)
    assert files[-1] == "constraint.sdc"
    assert all((folder / name).is_file() for name in files)
    listed = (folder / "rtl" / "filelist.f").read_text("utf-8").split()
    assert [name for name in files if name.startswith("rtl/")] == [f"rtl/{n}" for n in listed]


def test_macros_are_those_that_have_a_library() -> None:
    for target, settings in _targets().items():
        family = _family(target)
        names = set() if family is None else {each.name for each in family.macros}
        assert names == set(settings.get("libraries", ()))


def test_memories_without_a_library_are_refused_unless_asked_for(build: Build) -> None:
    """IHP's macros of two ports have no library there."""
    with pytest.raises(UserError, match="EXPLORATION ONLY"):
        FLOW.check(build, options_of("siliconcompiler", target="ihp130"))
    FLOW.check(build, options_of("siliconcompiler", target="ihp130", exploration=True))


def answered(folder: Path, **changes: object) -> None:
    """Write what the check would, with changes."""
    listed = (folder / "rtl" / "filelist.f").read_text("utf-8").split()
    answer = {
        "versions": {"siliconcompiler": "0"},
        "manifest": True,
        "libraries": ["sky130_sram_2kbyte_1rw1r_32x512_8"],
        "filesets": ["rtl", "sdc"],
        "constraints": ["constraint.sdc"],
        "paths": True,
        "errors": 0,
        "warnings": 3,
        "read": sorted([*(f"rtl/{name}" for name in listed), "macros/hawx_memory_macros.v"]),
    }
    (folder / "check_project.json").write_text(json.dumps({**answer, **changes}), "utf-8")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"manifest": False}, MANIFEST),
        ({"libraries": []}, MANIFEST),
        ({"constraints": []}, MANIFEST),
        ({"filesets": ["rtl"]}, MANIFEST),
        ({"read": []}, FILES),
        ({"read": ["rtl/hawx_core.v"]}, FILES),
        ({"paths": False}, FILES),
        ({"errors": 1}, LINT),
        ({"errors": None}, LINT),
    ],
    ids=["manifest", "library", "constraints", "filesets", "zero files", "one file", "paths",
         "error", "nothing counted"],
)  # fmt: skip
def test_a_wrong_answer_is_caught(changes: dict[str, object], name: str, folder: Path) -> None:
    assert set(failed(folder)) == {MANIFEST, FILES, LINT}
    answered(folder)
    assert failed(folder) == {}
    answered(folder, **changes)
    assert set(failed(folder)) == {name}


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["few lines", "systolic", "simt"])
def test_siliconcompiler_accepts_the_bundle(
    architecture: str, build: Build, shared_build: Callable[..., Build]
) -> None:
    needs_environment("siliconcompiler")
    chosen = build if architecture == "few lines" else shared_build(architecture)
    options = options_of("siliconcompiler")
    result = run_flow(FLOW, flow_named("siliconcompiler"), chosen, options)
    assert result.failures == ()
    assert len(result.report.checks) == 6


@pytest.mark.slow
@pytest.mark.parametrize("target", ["ihp130", "gf180", "freepdk45", "asap7"])
def test_siliconcompiler_accepts_the_bundle_of_other_targets(target: str, build: Build) -> None:
    needs_environment("siliconcompiler")
    options = options_of("siliconcompiler", target=target, exploration=True)
    assert run_flow(FLOW, flow_named("siliconcompiler"), build, options).failures == ()


@pytest.mark.slow
def test_verilog_that_does_not_elaborate_is_caught(folder: Path) -> None:
    needs_environment("siliconcompiler")
    path = folder / "rtl" / "hawx_core.v"
    path.write_text(path.read_text("utf-8").replace("hawx_rom #", "hawx_missing #"), "utf-8")
    with pytest.raises(FlowError, match="hawx_missing"):  # of Yosys, which runs afterwards
        FLOW.run(folder, options_of("siliconcompiler"), Runner(folder, 300))
    assert failed(folder)[LINT].startswith("1 errors")


@pytest.mark.slow
def test_a_file_that_the_project_does_not_name_is_caught(folder: Path) -> None:
    needs_environment("siliconcompiler")
    path = folder / "project.py"
    text = path.read_text("utf-8")
    line = '        result.add_file("rtl/hawx_rom.v")\n'
    assert line in text
    path.write_text(text.replace(line, ""), "utf-8")
    FLOW.run(folder, options_of("siliconcompiler"), Runner(folder, 300))
    assert {FILES, LINT} <= failed(folder).keys()


def test_no_environment_has_two_of_these_tools_or_a_version_that_floats() -> None:
    """Pip would take an old SiliconCompiler beside LibreLane, without a word."""
    tools = {"librelane", "siliconcompiler"}
    for flow in flow_descriptions().values():
        packages = () if flow.environment is None else flow.environment.packages
        assert all(re.fullmatch(r"[\w.-]+==[\w.]+", each) for each in packages)
        assert len(tools & {each.partition("==")[0] for each in packages}) <= 1
