"""The plan of a network: memories, port, numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.plan import plan
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Conv2d, Linear
from tests.architectures.common.layers import convolution
from tests.architectures.simt.networks import UNITS, lenet5, random_plan


@pytest.mark.parametrize("seed", range(3 * len(UNITS)))
def test_what_a_plan_says_of_itself(seed: int) -> None:
    made = random_plan(seed)
    signature = made.signature()
    assert signature.word_codes == made.unit.word
    assert signature.image_layout.words == made.compiled.image.words
    assert signature.result_layout.words == made.unit.result_words
    assert signature.layers == len(made.compiled.layers) == len(made.cycles().layers)
    sizes = [(memory.width, memory.depth) for memory in made.memories()]
    assert list(signature.memories) == (sizes if made.loadable else [])
    assert made.loadable == (seed % 2 == 1)
    for memory in made.memories():
        assert len(memory.words) == memory.depth
        assert max(memory.words) < 1 << memory.width
        assert [first for first, _ in memory.layers] == sorted(f for f, _ in memory.layers)
    json.dumps(made.describe())
    lanes, warps = made.unit.lanes, made.unit.warps
    title = f"{lanes} lane{'s' * (lanes > 1)}, {warps} warp{'s' * (warps > 1)} SIMT"
    assert (made.describe()["title"], made.describe()["cell"]) == (title, "lane")
    assert {constant.name: constant.value for constant in made.constants()} == {
        "lanes": made.unit.lanes,
        "warps": made.unit.warps,
    }
    assert sum(made.instances) >= made.multipliers == made.unit.lanes
    weighted = [n.name for n in made.graph.nodes if isinstance(n, (Conv2d, Linear))]
    assert set(made.operand_layers.values()) == set(weighted)
    assert len(made.multiplications()) == len(weighted)


def test_banks_part_the_weights() -> None:
    whole = plan(lenet5(), SimtConfig(lanes=8, weight_banks=1))
    parted = plan(lenet5(), SimtConfig(lanes=8))
    (one,) = (each for each in whole.memories() if each.name == "weights")
    banks = [each for each in parted.memories() if each.name.startswith("weights_")]
    assert parted.weight_banks == len(banks) == 8
    assert [
        word for bank in zip(*(b.words[:976] for b in banks), strict=True) for word in bank
    ] == (list(one.words[: 8 * 976]))
    for bank in banks:
        assert bank.layer_of(0) == "conv1 + pool1"
        assert bank.layer_of(bank.depth - 1) == "fc3"
    # Word 25 is the first one of conv2.
    assert one.layer_of(25) == "conv2 + pool2"
    assert banks[1].layer_of(3) == "conv2 + pool2"
    assert banks[0].layer_of(3) == "conv1 + pool1"


@pytest.mark.parametrize(
    ("key", "what"), [("activation_kib", "activations"), ("parameter_kib", "parameters")]
)
def test_memories_that_are_too_small_are_refused(key: str, what: str) -> None:
    network = convolution(np.random.default_rng(0), (8, 30, 30), 16, (3, 3))
    with pytest.raises(UserError, match=f"its {what} need") as caught:
        plan(network, SimtConfig.model_validate({"lanes": 8, key: 1}))
    assert caught.value.where == f"accelerator.{key}"
    plan(network, SimtConfig.model_validate({"lanes": 8, key: 64}))


def test_lanes_that_a_config_gives() -> None:
    network = convolution(np.random.default_rng(0), (1, 5, 5), 3, (2, 2))
    config = SimtConfig.model_validate(
        {
            "lanes": 4,
            "lane_blocks": [{"blocks": ["exact", "drum(4)"]}, {"blocks": ["exact"], "lanes": [1]}],
        }
    )
    made = plan(network, config)
    assert made.instances == (4, 3)
    assert [block.name for block in made.blocks] == ["exact", "drum(k=4)"]
