"""The longest path stays within the clock that the gateware is pipelined for.

A few shapes here; ``benchmarks/timing.py`` has many more.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks import by_name
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.design.sources import verilog_sources
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.netlist.timing import longest_path
from hawx_hw.synthesis.implementations import choose_all
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load
from tests.verification.test_grids import plan_on

#: Of generic45, without wires; in ns.
LIMIT = 1.2
TECHNOLOGY = load("generic45")


@pytest.mark.parametrize(
    ("top", "shape", "blocks"),
    [
        (TOP, ArrayShape.complete(3, 2), ("kulkarni(c=3)", "mitchell(w=4)")),
        # As wide as slices become: an activation drives eight columns.
        ("hawx_array_slice", ArrayShape.complete(2, 8), ("exact", "drum(k=4)")),
    ],
    ids=["accelerator", "slice"],
)
def test_longest_path(
    tmp_path: Path, top: str, shape: ArrayShape, blocks: tuple[str, ...], shared_store: Store
) -> None:
    graph = random_graph(np.random.default_rng(3), layers=4, max_size=12, max_channels=24)
    mapped = plan_on(graph, shape, blocks)
    assert len(mapped.pe_blocks.at(0, 0)) == len(blocks)
    chosen = choose_all([by_name(name) for name in blocks], TECHNOLOGY, store=shared_store)
    emit_accelerator(mapped, tmp_path, config_hash=0, implementations=chosen)
    sources = {path.name: path.read_text() for path in verilog_sources(tmp_path)}
    (design,) = map_designs([(sources, top)], TECHNOLOGY, clock_gating=True, store=shared_store)
    path, _ = longest_path(design.flat)
    assert path.delay <= LIMIT, (path.module, path.end)
