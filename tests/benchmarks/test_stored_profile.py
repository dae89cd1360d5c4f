"""A stored profile is read again for what it was measured with, and for nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from ground_truth import stored_profile as module

from hawx_hw.blocks.registry import by_name
from hawx_hw.datasets.dataset import Split
from hawx_hw.graph.graph import Conv2d, Graph
from tests.search.small import small_graph


def images(seed: int, graph: Graph) -> Split:
    rng = np.random.default_rng(seed)
    shape = graph.tensors[graph.input].shape
    pixels = rng.integers(0, 256, (6, *shape), dtype=np.uint8)
    classes = graph.tensors[graph.output].size
    return Split(pixels, np.arange(6, dtype=np.int64) % classes)


def test_it_is_measured_once_for_each_input(tmp_path: Path, monkeypatch) -> None:
    calls = []

    def counted(*arguments, **options):
        calls.append(arguments)
        return measure(*arguments, **options)

    measure = module.measure
    monkeypatch.setattr(module, "measure", counted)
    graph, blocks = small_graph(), [by_name("exact"), by_name("drum(k=3)")]
    node = next(node for node in graph.nodes if isinstance(node, Conv2d))
    other = replace(node, bias=node.bias + 1)
    changed = replace(graph, nodes=tuple(other if n is node else n for n in graph.nodes))
    seen = images(1, graph)
    inputs = [
        (graph, blocks, seen, "one_by_one"),
        (graph, blocks, seen, "together"),
        (changed, blocks, seen, "one_by_one"),
        (graph, blocks[::-1], seen, "one_by_one"),
        (graph, blocks, images(2, graph), "one_by_one"),
    ]
    for turn in range(2):
        for index, (network, some, split, weights) in enumerate(inputs):
            profile = module.stored_profile(
                network, some, split, tmp_path / "new", weights=weights, threads=1
            )
            assert len(calls) == (len(inputs) if turn else index + 1)
            assert profile.weight_choice == weights
            assert profile.digests == tuple(block.digest for block in some)
    assert len(list((tmp_path / "new").iterdir())) == len(inputs)
