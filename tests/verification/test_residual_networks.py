"""Residual networks in Verilog: additions, shortcuts of stride 2, averages of whole maps."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest
from emulation_networks import resnet
from networks_rtl import ACCELERATORS, NETWORKS, Case, random_network
from simt_rtl import mixed
from verilog_runs import run_in_verilog

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.graph.random_graphs import random_codes

QUICK = "verilator" if shutil.which("iverilog") is None else "icarus"


@pytest.mark.parametrize(
    "keys",
    [
        {"architecture": "systolic", "rows": 4, "columns": 3},
        {"architecture": "simt", "lanes": 4, "warps": 1},
    ],
    ids=["systolic", "simt"],
)
def test_two_blocks(keys: dict[str, Any]) -> None:
    """Filters have different blocks."""
    graph = resnet(1, (2, 4), 8)
    architecture = ARCHITECTURES[keys["architecture"]]
    plan = architecture.plan(graph, architecture.config.model_validate(keys), mixed(graph))
    assert len(plan.blocks) > 1
    images = random_codes(np.random.default_rng(0), graph, 1)
    run = run_in_verilog(plan, images, simulator=QUICK, scenarios=("inference",))
    assert (run.result.images, run.result.traced, run.result.mismatches) == (1, 1, 0)
    assert run.result.cycles_per_image == run.result.cycles_predicted
    # The first layer, three layers of the first block, four of the second, average, outputs.
    assert run.codes == 4 * 2 * 64 + 4 * 4 * 16 + 4 + 10
    assert min(run.emit_seconds, run.compile_seconds, run.simulate_seconds, run.cpu_seconds) > 0


@pytest.mark.slow
@pytest.mark.parametrize("accelerator", ACCELERATORS)
@pytest.mark.parametrize("network", NETWORKS)
def test_whole_networks(network: str, accelerator: str) -> None:
    graph, images = random_network(NETWORKS[network], 2)
    plan = Case(network, accelerator, graph, images).plan(blocks=False, parameters="rom")
    run = run_in_verilog(plan, images, simulator="verilator", traced=2, scenarios=("inference",))
    assert (run.result.images, run.result.traced, run.result.mismatches) == (2, 2, 0)
    assert run.result.cycles_per_image == run.result.cycles_predicted
