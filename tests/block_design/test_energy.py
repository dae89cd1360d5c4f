"""Energies under a layer's operands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.block_design.energy import LayerEnergies, Use
from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.families.mask import mask_of
from hawx_hw.characterization.measure import measure, synthesize_blocks
from hawx_hw.errors import UserError
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Graph
from hawx_hw.scores.rounding import rounded_input
from hawx_hw.synthesis.store import Store
from hawx_hw.technology import load
from tests.block_design.network import images, network


def energies_of(graph: Graph, tmp_path, **accelerator) -> LayerEnergies:
    config = ARCHITECTURES["systolic"].config(rows=4, columns=4, **accelerator)
    store = Store(tmp_path / "store.sqlite")
    return LayerEnergies(graph, graph.nodes[1], config, images(2), load("generic45"), store=store)


@pytest.fixture(scope="module")
def energies(tmp_path_factory) -> LayerEnergies:
    return energies_of(network(), tmp_path_factory.mktemp("energies"))


def use(block: Block, graph: Graph, step: int = 1) -> Use:
    weight = graph.nodes[1].weight.reshape(4, -1).astype(np.int64)
    return Use(block, weight & -step, step)


def test_operands_are_the_codes_that_were_chosen(energies: LayerEnergies) -> None:
    graph = network()
    values = fast.run_all(graph, images(2))
    for step in (1, 16):
        operands = energies.operands(use(by_name("exact"), graph, step))
        assert operands.weights.shape == operands.activations.shape
        assert 2 <= len(operands.weights) <= 4096
        chosen = set((graph.nodes[1].weight & -step).ravel().tolist())
        assert chosen - {0} <= set(operands.weights.ravel().tolist()) <= chosen | {0}
        source = rounded_input(graph, graph.nodes[1], step, values)
        assert set(operands.activations.ravel().tolist()) <= set(source.ravel().tolist()) | {0}
    same = [energies.operands(use(by_name("exact"), graph)).digest for _ in range(2)]
    assert same[0] == same[1]


def test_the_best_implementation_under_them(energies: LayerEnergies) -> None:
    """As characterization measures it, glitches and leakage included."""
    graph, technology = network(), load("generic45")
    mask = mask_of(by_name("array(4,4,10)"))
    requested = use(mask, graph)
    ((result,),) = ([*energies.of([requested])],)
    mapped = synthesize_blocks([mask], technology)
    operands = energies.operands(requested)
    measured = measure([mask], mapped, technology, operands, glitches=True)[mask.name]
    expected = min(one.energy_fj(technology.clock_mhz) for one in measured)
    assert result.energy_fj == pytest.approx(expected)
    assert {one.implementation for one in measured} == {"tree", "chain"}
    (best,) = [one for one in measured if one.energy_fj(technology.clock_mhz) == expected]
    assert (result.implementation, result.area) == (best.implementation, best.area)
    calls: list[tuple[int, int]] = []
    again = energies.of([requested, requested], progress=lambda *counts: calls.append(counts))
    assert again == [result, result] and calls == [(1, 2), (2, 2)]


def test_blocks_of_the_hardware_do_not_count(tmp_path) -> None:
    own = energies_of(network(), tmp_path, pe_blocks=[{"blocks": ["array(2,2,0)"]}])
    free = energies_of(network(), tmp_path)
    requested = use(by_name("exact"), network())
    assert own.operands(requested).digest == free.operands(requested).digest


def test_a_layer_of_zeros(tmp_path) -> None:
    graph = network()
    second = replace(graph.nodes[1], weight=np.zeros_like(graph.nodes[1].weight))
    graph = replace(graph, nodes=(graph.nodes[0], second))
    with pytest.raises(UserError, match="All weights of second are zero"):
        energies_of(graph, tmp_path).operands(use(by_name("exact"), graph))
