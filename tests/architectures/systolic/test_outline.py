"""The outline's tiles give the cycles of the whole plan."""

import numpy as np
import pytest

from hawx_hw.architectures.common.operations import operations
from hawx_hw.architectures.systolic.cycles import count_cycles
from hawx_hw.architectures.systolic.outline import outline
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import open_shapes
from hawx_hw.graph.random_graphs import random_graph


@pytest.mark.parametrize("seed", range(12))
def test_cycles_are_those_of_the_plan(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=int(rng.integers(1, 6)), max_size=8)
    rows, columns, accumulators = (int(rng.integers(1, most)) for most in (12, 12, 50))
    shapes = list(open_shapes(rows, columns, accumulators=accumulators))
    layers = operations(graph, window_limit=accumulators)
    for index in rng.choice(len(shapes), 3):
        made = count_cycles(outline(graph, layers, shapes[index]))
        expected = plan(graph, shapes[index]).cycles()
        assert made == expected
