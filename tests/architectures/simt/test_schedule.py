"""The order of the engines is that of the simulator."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.simt.isa import Place, decode
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.graph.random_graphs import random_codes
from tests.architectures.simt.networks import random_plan


@pytest.mark.parametrize("seed", [0, 10, 17, 28])
def test_words_are_stored_in_this_order(seed: int) -> None:
    made = random_plan(seed)
    images = random_codes(np.random.default_rng(seed), made.graph, 1)
    image = made.compiled.image.memory(images[0].reshape(made.compiled.image.shape))
    outcome = simulate(made.program, image)
    engines = (Place.MULTIPLY, Place.POST)
    retired = [each for each in outcome.retirements if decode(each.word).operation.place in engines]
    assert [(each.issue.warp, each.issue.pc) for each in made.schedule] == [
        (each.warp, each.pc) for each in retired
    ]
    for (layer, issue), each in zip(made.schedule, retired, strict=True):
        assert layer < len(made.compiled.layers)
        if issue.instruction.mnemonic == "QST" and each.results:
            name = "r" if made.program.stores[issue.instruction.d].result else "a"
            assert each.results[0][0] == f"{name}[{issue.scalars[0]}]"
    layers = [layer for layer, _ in made.schedule]
    assert layers == sorted(layers)
    assert set(layers) == set(range(len(made.compiled.layers)))
