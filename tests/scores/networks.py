"""Small networks and blocks that tests of this room share."""

from __future__ import annotations

import numpy as np

from hawx_hw.blocks import Block, by_name
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.scores.measure import measure
from hawx_hw.scores.profile import Profile

NAMES = ("exact", "array(ha=2,hb=1,v=5)", "precision(w=5,a=6)", "drum(k=3)")


def blocks() -> list[Block]:
    return [by_name(name) for name in NAMES]


def network(seed: int, layers: int = 3, **settings) -> tuple[Graph, np.ndarray, np.ndarray]:
    """A graph with a vector at its end, images and labels."""
    rng = np.random.default_rng(seed)
    settings = {"max_size": 7, "max_channels": 5, "max_features": 6} | settings
    graph = random_graph(rng, layers=layers, output="vector", **settings)
    images = random_codes(rng, graph, 7)
    labels = rng.integers(0, graph.tensors[graph.output].size, len(images))
    return graph, images, labels


def profiled(seed: int, **settings) -> Profile:
    graph, images, labels = network(seed)
    return measure(graph, blocks(), images, labels, threads=1, **settings)
