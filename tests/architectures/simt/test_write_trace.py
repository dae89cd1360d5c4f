"""What each layer stores: every code once, in the order of the simulator."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.graph.reference import run_all
from tests.architectures.simt.networks import random_plan


@pytest.mark.parametrize("seed", [0, 3, 4, 6, 17, 24, 28, 34])
def test_words_are_those_that_the_simulator_stores(seed: int) -> None:
    made = random_plan(seed)
    images = random_codes(np.random.default_rng(seed), made.graph, 2)
    shape = made.compiled.image.shape
    outcome = simulate(made.program, made.compiled.image.memory(images[1].reshape(shape)))
    stored = [word for each in outcome.retirements for word in each.results if word[0][1:2] == "["]
    traces = made.write_trace(run_all(made.graph, images, made.assignment))
    for trace, layer in zip(traces, made.compiled.layers, strict=True):
        assert trace.name == layer.operation.name
        assert len(set(trace.addresses.tolist())) == len(trace.addresses)
        assert (trace.channels >= 0).sum() == np.prod(layer.operation.output_shape)
        name = "r" if trace is traces[-1] else "a"
        for address, channels, codes in zip(
            trace.addresses, trace.channels, trace.codes[1], strict=True
        ):
            place, word = stored.pop(0)
            assert place == f"{name}[{address}]"
            used = channels >= 0
            np.testing.assert_array_equal(np.array(word)[used], codes[used])
    assert not stored
