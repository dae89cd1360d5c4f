"""Running a core: one record an inference, of the shape and the order of the images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.systolic.gateware.core import SystolicCore
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.gateware.core_simulation import run_core
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.graph.reference import run_all


def two_layers(output: str) -> tuple[Plan, np.ndarray]:
    rng = np.random.default_rng(1)
    graph = random_graph(rng, layers=2, max_size=5, max_channels=4, output=output)
    return plan(graph, ArrayShape.complete(3, 4)), random_codes(rng, graph, 3)


@pytest.mark.parametrize("output", ["map", "vector"])
def test_one_record_an_image(output: str) -> None:
    mapped, images = two_layers(output)
    inferences = run_core(mapped.core({}), images)
    expected = run_all(mapped.graph, images)[mapped.graph.output]
    assert len(inferences) == len(images)
    for number, inference in enumerate(inferences):
        assert inference.result.shape == mapped.output_shape
        np.testing.assert_array_equal(inference.result, expected[number])
        assert len(inference.layer_cycles) == len(inference.writes) == len(mapped.layers)
        codes = {len(codes) for layer in inference.writes for _, codes in layer}
        assert codes == {mapped.array.requantizers}


def test_the_probe_sees_every_cycle() -> None:
    mapped, images = two_layers("map")
    busy = []

    def probe(ctx: Any, core: SystolicCore) -> None:
        busy.append(ctx.get(core.busy))

    (inference,) = run_core(mapped.core({}), images[:1], probe=probe)
    # Busy from the cycle after ``start`` up to and including that of ``done``.
    assert sum(busy) == sum(inference.layer_cycles)


def test_a_core_that_takes_too_long() -> None:
    mapped, images = two_layers("map")
    with pytest.raises(TimeoutError, match="not over after 20 cycles"):
        run_core(mapped.core({}), images, limit=20)
