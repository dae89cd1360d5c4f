"""Designs are valid, reproducible, and all over their space."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.blocks import by_name
from hawx_hw.config.search import SEARCHED
from hawx_hw.sweep.space import BLOCKS, SampledDesign, Space


def test_the_same_seed_gives_the_same_designs() -> None:
    one, other = Space(3), Space(3)
    # A longer look ahead must not change what comes first.
    _ = other[300]
    first = [one[index] for index in range(70)]
    assert first == [other[index] for index in range(70)]
    assert len({design.key for design in first}) == 70
    assert Space(4)[0] != one[0]
    # Through JSON, as the store and the table keep it.
    again = SampledDesign(json.loads(json.dumps(first[5].content)))
    assert (again, again.key) == (first[5], first[5].key)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_design_is_a_config(name: str) -> None:
    space = Space(architecture=ARCHITECTURES[name])
    for index in range(64):
        config = space[index].config("osu018")
        assert config.technology == "osu018"
        # It contains all that was drawn: nothing is left to defaults that may change.
        content = space[index].content["accelerator"]
        assert config.accelerator.model_dump(mode="json", exclude_unset=True) == content
        assert space[index].architecture == config.accelerator.architecture == name
        ARCHITECTURES[name].check(config.accelerator, Path())


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_space_is_filled(name: str) -> None:
    space = Space(architecture=ARCHITECTURES[name])
    contents = [space[index].content for index in range(128)]
    accelerators = [content["accelerator"] for content in contents]
    for key, expected in (
        ("parameters", {"rom", "loaded"}),
        ("block_implementation", {"smallest", "least_energy", "fastest", "first"}),
    ):
        assert {accelerator[key] for accelerator in accelerators} == expected
    clocks = [accelerator["clock_mhz"] for accelerator in accelerators]
    assert 50 <= min(clocks) < 60 and 350 < max(clocks) <= 400
    text = json.dumps(contents)
    assert all(name in text for name in (*BLOCKS, *SEARCHED))
    keys = [space[index].config().accelerator.block_key for index in range(128)]
    assert 12 < sum(key is not None for key in keys) < 44
    assert {content["network"]["dataset"] for content in contents} == {"digits", "mnist"}


def test_every_fourth_design_holds_one_block_alone() -> None:
    space = Space(blocks=["drum(k=4)"], coarse=["precision(w=2,a=4)", "precision(w=3,a=3)"])
    turns = ["exact", "precision(w=2,a=4)", "precision(w=3,a=3)"]
    for turn in range(6):
        content = space[4 * turn].content
        assert set(content["blocks"]["layers"].values()) == {turns[turn % 3]}
        assert "pe_blocks" not in content["accelerator"]
        assert content["accelerator"]["block_implementation"] == "smallest"


def test_half_of_the_designs_hold_blocks_of_searches() -> None:
    space = Space()
    texts = [json.dumps(space[index].content) for index in range(128) if index % 4]
    coarse = sum(any(name in text for name in SEARCHED) for text in texts)
    others = sum(any(name in text for name in BLOCKS) for text in texts)
    # The configs of the others may name the exact block, too.
    assert 40 <= coarse <= 56 and coarse + others == len(texts) == 96


def test_no_two_blocks_have_one_table() -> None:
    names = {*BLOCKS, *SEARCHED}
    assert len({by_name(name).digest for name in names}) == len(names)


def test_arguments() -> None:
    with pytest.raises(ValueError, match=r"^datasets must be digits, mnist or both, not \['cifar"):
        Space(datasets=["cifar10"])
    with pytest.raises(ValueError, match=r"^blocks must be at least one, not none$"):
        Space(blocks=[])
    with pytest.raises(ValueError, match=r"^coarse must be at least one, not none$"):
        Space(coarse=[])
    with pytest.raises(IndexError, match=r"^index must not be negative, not -1$"):
        _ = Space()[-1]


class LaneConfig(AcceleratorConfig):
    architecture: Literal["lanes"] = "lanes"
    count: int
    blocks: list[str] | None = None


class Lanes:
    """An architecture with one number."""

    name = "lanes"
    dimensions = 1

    def sample(self, point: list[float]) -> LaneConfig:
        (number,) = point
        return LaneConfig(architecture="lanes", count=1 + int(8 * number))

    def mix_blocks(
        self, accelerator: LaneConfig, first: str, second: str, share: float
    ) -> LaneConfig:
        assert 0 <= share < 1
        return accelerator.model_copy(update={"blocks": [first, second]})


def test_any_architecture_is_sampled() -> None:
    space = Space(architecture=Lanes())
    accelerators = [space[index].content["accelerator"] for index in range(64)]
    assert {each["architecture"] for each in accelerators} == {"lanes"}
    assert {each["count"] for each in accelerators} == set(range(1, 9))
    common = {"architecture", "count", "parameters", "block_implementation", "clock_mhz"}
    mixed = [each for each in accelerators if set(each) == common | {"blocks"}]
    assert 6 < len(mixed) < 18
    assert all(set(each) == common for each in accelerators if each not in mixed)
