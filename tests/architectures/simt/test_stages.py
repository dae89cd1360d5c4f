"""A SIMT unit passes through all stages: searched, built, simulated, synthesized, measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.config.load import load_config
from hawx_hw.design.design import Design
from hawx_hw.design.program import EmitResult
from hawx_hw.graph.storage import load_graph
from hawx_hw.pipeline.inputs import ASSIGNED
from hawx_hw.pipeline.order import pipeline_of
from hawx_hw.pipeline.pipeline import Pipeline
from hawx_hw.power.result import PowerResult
from hawx_hw.search.result import load_result
from hawx_hw.synthesis.result import SynthResult
from hawx_hw.util.progress import console_for
from hawx_hw.verification.result import VerifyResult
from tests.fuzz.material import write_project

CONFIG = """\
name: tiny
network:
  model: lenet5
  dataset: tiny.npz
  checkpoint: tiny.safetensors
  calibration_images: 16
accelerator:
  architecture: simt
  lanes: 4
  registers: 4
  word: 4
  requantizers: 1
  block_implementation: first
search:
  blocks: ["array(5,4,0)", "drum(k=4)"]
  algorithm: random
  budget: 12
  images: 24
  profile_images: 16
  objective: multiplier_energy
  variants: [{warps: 2}, {warps: 3, lanes: 8}]
  constraints: {accuracy_drop: 50.0}
verify: {images: 2, traced_images: 1}
power: {images: 2, glitches: false, references: false}
"""


def pipeline(project: Path) -> Pipeline:
    config = load_config(project / "tiny.yaml")
    return pipeline_of(config, project / "build", console_for(silent=True), base=project)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose search has ended, and a mixture of blocks is emitted."""
    folder = write_project(tmp_path_factory.mktemp("simt"))
    (folder / "tiny.yaml").write_text(CONFIG)
    work = pipeline(folder)
    work.run(work.needed("search"))
    designs = load_result(folder / "build").designs
    mixture = next(i for i, each in enumerate(designs) if len(set(each.vector)) == 3)
    constraints = "constraints: {accuracy_drop: 50.0}"
    (folder / "tiny.yaml").write_text(CONFIG.replace(constraints, f"index: {mixture}"))
    work = pipeline(folder)
    work.run(work.needed("emit"))
    return folder


def test_what_a_search_chooses_is_built(project: Path) -> None:
    build = project / "build"
    design = Design.load(build / "design.json")
    assert isinstance(design.accelerator, SimtConfig)
    # What the config leaves out was chosen; what it gives stays.
    assert design.accelerator.units() == [design.accelerator]
    assert (design.accelerator.registers, design.accelerator.word) == (4, 4)
    plan = design.plan(load_graph(build / ASSIGNED))
    emitted = EmitResult.read(build)
    assert emitted.cell == "lane"
    assert {block.name: block.instances for block in emitted.blocks} == dict(
        zip((block.name for block in plan.blocks), plan.instances, strict=True)
    )
    assert len(emitted.blocks) == 3
    assert emitted.cycles.core == plan.cycles().core


@pytest.mark.slow
def test_its_verilog_is_verified_and_measured(project: Path) -> None:
    build = project / "build"
    for stage in ("verify", "power"):
        work = pipeline(project)
        work.run(work.needed(stage))
    verified, emitted = VerifyResult.read(build), EmitResult.read(build)
    assert (verified.images, verified.mismatches) == (2, 0)
    assert verified.cycles_per_image == verified.cycles_predicted
    synthesized, power = SynthResult.read(build), PowerResult.read(build)
    assert sum(name.startswith("hawx_block_") for name in synthesized.modules) == 3
    assert {"blocks", "lanes without blocks", "memories", "clock", "shell"} <= power.parts.keys()
    assert all(name.startswith("hawx_lane_") for name in power.holders)
    assert sum(group.instances or 0 for group in power.holders.values()) == emitted.multipliers
