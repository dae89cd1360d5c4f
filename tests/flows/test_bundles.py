"""Verilog, constraints and record of the bundles, and the checks of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.bundles import (
    Bundle,
    clock_check,
    elaboration_check,
    plan_of_build,
    refuse_exploration,
    sdc_check,
    write_rtl,
    yosys_check,
    yosys_result,
)
from hawx_hw.flows.memories.families import families
from hawx_hw.flows.runner import Runner
from tests.flows.tools.small_bundle import small_accelerator


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return small_accelerator(tmp_path / "build")


@pytest.fixture
def bundle(build: Build, tmp_path: Path) -> tuple[Path, Bundle]:
    folder = tmp_path / "bundle"
    folder.mkdir()
    plan = plan_of_build(build, families()["openram_sky130"])
    return folder, write_rtl(build, folder, plan, clock_mhz=50)


def test_the_record_is_what_was_written(bundle: tuple[Path, Bundle]) -> None:
    folder, written = bundle
    assert Bundle.read(folder) == replace(
        written, verilog=list(written.verilog), notes=list(written.notes)
    )
    assert (folder / "rtl" / "table.hex").is_file()
    paths = [path for each in written.macros.values() for path in each]
    inside = {path.rpartition(".memory.")[0] for path in paths}
    assert inside == {"core.activations.macros_600x40", "core.weights.macros_1024x8"}
    assert written.defines == ["HAWX_FLIP_FLOP_WORDS=5"]
    assert written.memory_bits == 80


@pytest.mark.parametrize("limit", [0, 4096])
def test_slang_and_yosys_see_the_macros_that_are_planned(
    limit: int, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one size of a kind of RAM, and with two."""
    monkeypatch.setattr("hawx_hw.flows.memories.plan.MOST_FLIP_FLOPS", limit)
    folder = tmp_path / "bundle"
    folder.mkdir()
    plan = plan_of_build(build, families()["ihp_sg13g2"])
    assert len(plan.arrangements) == (3 if limit == 0 else 2)
    written = write_rtl(build, folder, plan, clock_mhz=50)
    check = elaboration_check(folder, written)
    assert check.passed, check
    yosys_check(folder, written, Runner(folder, 100))
    check = yosys_result(folder, written)
    assert check.passed, check
    assert check.detail.startswith(f"{len(written.verilog)} files, ")


def test_nothing_read_is_a_failure(bundle: tuple[Path, Bundle]) -> None:
    folder, written = bundle
    empty = replace(written, verilog=[], macros={})
    assert not elaboration_check(folder, empty).passed
    check = yosys_result(folder, written)
    assert (check.passed, check.detail) == (False, "it wrote no answer")
    (folder / "yosys_check.answer.json").write_text("{}", "utf-8")
    assert not yosys_result(folder, empty).passed


@pytest.mark.parametrize("missing", ["rtl/hawx_core.v", "macros/hawx_memory_macros.v"])
def test_a_missing_file_is_caught(missing: str, bundle: tuple[Path, Bundle]) -> None:
    folder, written = bundle
    (folder / missing).write_bytes(b"")
    check = elaboration_check(folder, written)
    assert not check.passed
    assert "unknown module" in check.detail


def test_a_missing_macro_is_caught(bundle: tuple[Path, Bundle]) -> None:
    folder, written = bundle
    name = next(iter(written.macros))
    more = {**written.macros, name: [*written.macros[name], "core.other"]}
    check = elaboration_check(folder, replace(written, macros=more))
    assert not check.passed
    total = sum(map(len, more.values()))
    assert check.detail.endswith(f"{total - 1} of {total} macros")


def test_a_missing_memory_image_is_caught_by_yosys(bundle: tuple[Path, Bundle]) -> None:
    folder, written = bundle
    (folder / "rtl" / "table.hex").unlink()
    with pytest.raises(FlowError, match=r"table\.hex"):
        yosys_check(folder, written, Runner(folder, 100))


def test_the_wrong_unit_of_the_clock_is_caught(bundle: tuple[Path, Bundle]) -> None:
    folder, written = bundle
    assert sdc_check(folder, written).passed
    assert clock_check(folder, written, 20.0, "config").passed
    assert not clock_check(folder, written, 20_000.0, "config").passed
    text = (folder / "constraint.sdc").read_text("utf-8")
    assert "set clk_period 20\n" in text
    (folder / "constraint.sdc").write_text(text.replace("clk_period 20\n", "clk_period 20000\n"))
    check = sdc_check(folder, written)
    assert not check.passed
    assert check.detail == "20 ns asked for, 20000 ns in constraint.sdc"
    (folder / "constraint.sdc").unlink()
    assert not sdc_check(folder, written).passed


def test_ps_where_the_platform_has_ps(build: Build, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    plan = plan_of_build(build, families()["ihp_sg13g2"])
    written = write_rtl(build, tmp_path / "bundle", plan, clock_mhz=500, unit_ns=0.001)
    assert "set clk_period 2000\n" in (tmp_path / "bundle" / "constraint.sdc").read_text("utf-8")
    assert sdc_check(tmp_path / "bundle", written).passed
    assert not sdc_check(tmp_path / "bundle", replace(written, unit_ns=1.0)).passed


def test_memories_without_macros_are_refused_unless_asked_for(build: Build) -> None:
    plan = plan_of_build(build, families()["gf180mcu"])
    with pytest.raises(UserError, match="EXPLORATION ONLY: none of the SRAM macros") as error:
        refuse_exploration(plan, exploration=False)
    assert "exploration=true" in str(error.value.hint)
    refuse_exploration(plan, exploration=True)


@pytest.mark.parametrize(
    ("architecture", "loadable"), [("systolic", False), ("systolic", True), ("simt", False)]
)
@pytest.mark.parametrize("family", ["openram_sky130", "ihp_sg13g2"])
def test_emitted_accelerators_elaborate_with_macros(
    family: str,
    architecture: str,
    loadable: bool,
    shared_build: Callable[..., Build],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every RAM of either architecture as macros, however small it is."""
    monkeypatch.setattr("hawx_hw.flows.memories.plan.MOST_FLIP_FLOPS", 0)
    build = shared_build(architecture, loadable=loadable)
    plan = plan_of_build(build, families()[family])
    assert plan.count("macros") > 3
    kinds = {memory.kind for memory in plan.memories}
    assert {shape.kind for shape in plan.arrangements} == kinds - {"hawx_rom"}
    assert ("hawx_sp_ram" in kinds) == ("hawx_rom" not in kinds)
    assert not loadable or "hawx_sp_ram" in kinds
    assert plan.count("flip-flops") == plan.count("missing") == 0
    written = write_rtl(build, tmp_path, plan, clock_mhz=50)
    check = elaboration_check(tmp_path, written)
    assert check.passed, check
    for text in (tmp_path / "bundle.json", tmp_path / "MEMORIES.md"):
        assert str(build.folder) not in text.read_text("utf-8")
    assert json.loads((tmp_path / "bundle.json").read_text("utf-8"))["defines"] == []
