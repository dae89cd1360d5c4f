"""What is known of a design without synthesis is what synthesis finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.systolic.features import features
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.quantities import FEATURES
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.characterization.block_table import BlockTable
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.synthesis.implementations import choose_all
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load

BLOCKS = tuple(by_name(name) for name in ("exact", "array(2,2,0)"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("store") / "store.sqlite")


@pytest.fixture(scope="module")
def table(store: Store) -> BlockTable:
    return BlockTable().completed(BLOCKS, load("generic45"), store=store)


def mixed(rows: int, columns: int, seed: int = 3) -> Plan:
    """A small network with both blocks in every layer."""
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=2, max_size=5, max_channels=4)
    choices = {
        node.name: LayerBlocks(BLOCKS, checkered(node.weight.shape)) for node in weighted(graph)
    }
    return plan(graph, ArrayShape.complete(rows, columns), choices)


def checkered(shape: tuple[int, ...]) -> np.ndarray:
    """Filters take turns."""
    turns = np.arange(shape[0]).reshape(-1, *(1,) * (len(shape) - 1)) % 2
    return np.broadcast_to(turns, shape).astype(np.uint8)


def weighted(graph: Graph) -> list[Any]:
    return [node for node in graph.nodes if isinstance(node, Conv2d | Linear)]


def test_synthesis_finds_the_same(tmp_path: Path, store: Store, table: BlockTable) -> None:
    made, technology = mixed(2, 3), load("generic45")
    values = features(made, technology, table)
    chosen = choose_all(made.pe_blocks.blocks, technology, "area", store=store)
    emit_accelerator(made, tmp_path, config_hash=0, implementations=chosen)
    names = (tmp_path / "rtl" / "filelist.f").read_text().split()
    sources = {name: (tmp_path / "rtl" / name).read_text() for name in names}
    (mapped,) = map_designs([(sources, TOP)], technology, store=store)
    report = mapped.netlist.report()
    modules = report.modules
    blocks = [name for name in modules if name.startswith("hawx_block_")]
    assert sum(modules[name].area_all for name in blocks) == pytest.approx(values["block_area"])
    assert sum(modules[name].instances for name in blocks) == values["block_instances"]
    pes = [name for name in modules if name.startswith("hawx_pe_")]
    assert sum(modules[name].instances for name in pes) == values["pes"] == 6
    assert report.memory_bits == values["memory_bits"]
    area = sum(
        row.instances * technology.memories.metrics(row.kind, row.width, row.depth).area
        for row in report.memories
    )
    assert area == pytest.approx(values["memory_area"])
    assert values["cycles"] == made.cycles().core


def test_a_larger_array(table: BlockTable) -> None:
    small, large = (features(mixed(*shape), load("generic45"), table) for shape in
                    ((2, 3), (4, 6)))  # fmt: skip
    assert large["pes"] == 4 * small["pes"]
    assert large["macs"] == small["macs"]
    assert large["cycles"] < small["cycles"]
    assert large["block_area"] > small["block_area"]


def test_the_objective_and_the_clock_count(table: BlockTable) -> None:
    made, technology = mixed(2, 3), load("generic45")
    smallest = features(made, technology, table, objective="smallest")
    fastest = features(made, technology, table, objective="fastest", clock_mhz=77)
    assert fastest["block_delay_ns"] < smallest["block_delay_ns"]
    assert fastest["block_area"] > smallest["block_area"]
    assert (smallest["clock_mhz"], fastest["clock_mhz"]) == (technology.clock_mhz, 77)
    with pytest.raises(ValueError, match="clock_mhz must be positive"):
        features(made, technology, table, clock_mhz=0)
    with pytest.raises(KeyError):
        features(made, technology, BlockTable())


def test_they_are_those_that_predictors_learn_from(table: BlockTable) -> None:
    values = features(mixed(2, 3), load("generic45"), table)
    assert list(values) == list(FEATURES)
    assert all(isinstance(value, float) for value in values.values())


def test_the_table_of_blocks_survives_as_text(table: BlockTable) -> None:
    again = BlockTable.read(table.text(), where="blocks.csv")
    assert again.text() == table.text()
    for block in BLOCKS:
        assert block in again
        assert again.chosen(block) == table.chosen(block)
    assert by_name("drum(k=4)") not in again
