"""Whole accelerators whose RAMs are all made of macros, simulated: results, stores and cycles."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.base import Plan
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.design.sources import FILE_LIST, verilog_sources
from hawx_hw.errors import VerificationError
from hawx_hw.flows.memories.families import families
from hawx_hw.flows.memories.instances import design_memories
from hawx_hw.flows.memories.plan import MemoryPlan, plan_memories
from hawx_hw.flows.memories.wrappers import replace_memories
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.verification.accelerator_job import verify_accelerator
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import random_plan
from tests.flows.memories.macro_models import model_text

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("iverilog") is None, reason="no Icarus Verilog"),
]


def accelerator(architecture: str) -> Plan:
    if architecture == "simt":
        return random_plan(15)
    graph = convolution(np.random.default_rng(0), (1, 6, 6), 3, (3, 3), pool=(2, 2))
    shape = ArrayShape.complete(2, 2, slice_columns=2, loadable=architecture == "loadable")
    return plan(graph, shape)


def with_macros(folder: Path, family: str) -> MemoryPlan:
    """Put macros in place of every RAM of the accelerator in ``folder``, with models of them."""
    memories = design_memories(verilog_sources(folder), "hawx_accelerator")
    made = plan_memories(memories, families()[family])
    rtl = folder / "rtl"
    names = [*(path.name for path in verilog_sources(folder)), *replace_memories(made, rtl)]
    models = [model_text(families()[family], macro) for macro in made.macros.values()]
    (rtl / "models.v").write_text("\n".join(models), "utf-8")
    (rtl / FILE_LIST).write_text("".join(f"{name}\n" for name in (*names, "models.v")), "utf-8")
    return made


def verify(folder: Path, made: Plan) -> None:
    images = random_codes(np.random.default_rng(3), made.graph, 3)
    result = verify_accelerator(
        folder, made, images, config_hash=1, traced=2, simulator="icarus",
        workdir=folder.parent / "work", seed=4,
    )  # fmt: skip
    assert result.images == 3
    assert result.mismatches == 0
    assert result.cycles_per_image == result.cycles_predicted


@pytest.mark.parametrize("family", ["openram_sky130", "ihp_sg13g2"])
@pytest.mark.parametrize("architecture", ["systolic", "loadable", "simt"])
def test_results_and_cycles_are_the_same(
    architecture: str, family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hawx_hw.flows.memories.plan.MOST_FLIP_FLOPS", 0)
    made = accelerator(architecture)
    emit_accelerator(made, tmp_path / "accelerator", config_hash=1)
    memories = with_macros(tmp_path / "accelerator", family)
    assert memories.count("macros") > 3
    assert memories.count("flip-flops") == memories.count("missing") == 0
    verify(tmp_path / "accelerator", made)


def test_a_memory_that_does_not_work_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hawx_hw.flows.memories.plan.MOST_FLIP_FLOPS", 0)
    made = accelerator("systolic")
    folder = tmp_path / "accelerator"
    emit_accelerator(made, folder, config_hash=1)
    with_macros(folder, "openram_sky130")
    path = folder / "rtl" / "hawx_sdp_ram.v"
    text = path.read_text("utf-8")
    assert "fresh ? data" in text
    path.write_text(text.replace("fresh ? data", "1'b1 ? data"), "utf-8")
    with pytest.raises(VerificationError):
        verify(folder, made)
