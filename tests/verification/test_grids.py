"""Uneven grids with one and with several blocks in a PE: every stored word, and every cycle."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.assignment import assign
from hawx_hw.config.models import Config
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.verification.accelerator_job import verify_accelerator

GRIDS = ((8, 8), (5, 3), (16, 4), (1, 1), (7, 11))
MIXES = {
    "exact": ("exact",),
    "array": ("array(2,2,0)",),
    "two": ("exact", "array(2,2,0)"),
    "three": ("array(2,2,0)", "roup(1,2)", "drum(k=4)"),
    # The product of 0 and 0 of some is not 0: nothing else holds it at 0.
    "uneven": ("exact", "compressor(design=1,c=9)", "mitchell(w=4)"),
}


def plan_on(graph: Graph, shape: ArrayShape, blocks: tuple[str, ...]) -> Plan:
    """Layer by layer another of the blocks: PEs that more than one layer uses have several."""
    layers = [node.name for node in graph.nodes if getattr(node, "weight", None) is not None]
    content = {name: blocks[at % len(blocks)] for at, name in enumerate(layers)}
    config = Config.model_validate(
        {
            "name": "x",
            "network": {"model": "lenet5", "dataset": "digits"},
            "accelerator": {},
            "blocks": {"layers": content},
            "technology": "generic45",
        }
    )
    return plan(graph, shape, assign(graph, config.blocks))


def check(folder: Path, grid: tuple[int, int], mix: str, seed: int, simulator: str) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=4, max_size=7, max_channels=9)
    blocks = MIXES[mix]
    mapped = plan_on(graph, ArrayShape.complete(*grid), blocks)
    assert (mapped.array.rows, mapped.array.columns) == grid
    if len(blocks) > 1:
        assert mapped.pe_blocks.present.sum(axis=2).max() > 1  # of some PE
    emit_accelerator(mapped, folder / "accelerator", config_hash=seed)
    report = verify_accelerator(
        folder / "accelerator",
        mapped,
        random_codes(rng, graph, 3),
        config_hash=seed,
        traced=3,
        simulator=simulator,
        workdir=folder / "work",
        seed=seed,
    )
    assert report.mismatches == 0
    assert report.images == 3
    assert report.cycles_per_image == report.cycles_predicted


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="Icarus Verilog is not installed")
@pytest.mark.parametrize(("grid", "mix"), [((5, 3), "uneven")])
def test_grid(tmp_path: Path, grid: tuple[int, int], mix: str) -> None:
    check(tmp_path, grid, mix, 5, "icarus")


@pytest.mark.slow
@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("grid", GRIDS)
def test_every_grid(tmp_path: Path, grid: tuple[int, int], mix: str) -> None:
    check(tmp_path, grid, mix, 11, "verilator")
