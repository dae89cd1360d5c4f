"""The config's section of the SIMT unit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import hawx_hw
from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.simt.config import MOST_WEIGHT_BANKS, SimtConfig
from hawx_hw.architectures.simt.unit import RANGES, Unit
from hawx_hw.errors import UserError


def config(**keys: Any) -> SimtConfig:
    return SimtConfig.model_validate(keys)


def test_defaults() -> None:
    assert config().unit() == Unit(lanes=8, warps=2, registers=8, taps=8)
    assert config(lanes=16).unit() == Unit(lanes=16, cluster=8, warps=3, word=8, requantizers=1)
    assert config().size == "8 lanes"
    assert config(lanes=1).size == "1 lane"
    assert config(lanes=16, warps=3).size == "16 lanes, 3 warps"
    assert config(multipliers=16, warps=1).size == "16 multipliers, 1 warp"
    assert config().architecture == "simt"


def test_every_key_reaches_the_unit() -> None:
    keys = {
        "lanes": 12, "cluster": 4, "warps": 5, "registers": 9, "word": 2, "taps": 7,
        "requantizers": 2, "block_register": True,
    }  # fmt: skip
    unit = config(**keys).unit(scalar_bits=20, groups=(1, 3))
    assert unit == Unit(**keys, scalar_bits=20, groups=(1, 3))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keys", "key", "message"),
    [
        ({"cluster": 3}, "cluster", "cluster must divide lanes, 8, not 3"),
        ({"cluster": 4, "word": 8}, "word", "word must divide cluster, 4, not 8"),
        ({"requantizers": 8, "cluster": 4}, "requantizers", "at most 4, the bytes of a word"),
        ({"weight_banks": 3}, "weight_banks", "must be a power of two, not 3"),
    ],
)
def test_numbers_that_do_not_go_together(keys: dict[str, int], key: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        config(**keys).unit()
    assert error.value.where == f"accelerator.{key}"
    assert error.value.hint == "Leave the key out for a value that fits."


def test_what_a_network_sets_is_no_key() -> None:
    with pytest.raises(ValueError, match="scalar_bits must be in") as error:
        config().unit(scalar_bits=99)
    assert not isinstance(error.value, UserError)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lanes", 0), ("lanes", 65), ("cluster", 0), ("warps", 9), ("registers", 1),
        ("registers", 33), ("word", 0), ("taps", 0), ("taps", 33), ("requantizers", 9),
        ("weight_banks", 0), ("multipliers", 0), ("multipliers", 65), ("block_register", 1),
        ("lane_blocks", []), ("rows", 8), ("architecture", "systolic"), ("scalar_bits", 16),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError, match=key):
        config(**{key: value})


def test_blocks_of_lanes() -> None:
    entries = [{"blocks": ["exact"]}, {"blocks": ["drum(3)", "exact"], "lanes": "1-2"}]
    lanes = config(lanes=4, lane_blocks=entries).lane_block_map()
    assert lanes is not None
    names = [[lanes.blocks[index].name for index in lanes.at(lane)] for lane in range(4)]
    assert names == [["exact"], ["exact", "drum(k=3)"], ["exact", "drum(k=3)"], ["exact"]]
    assert config(lane_blocks=entries).block_key == "lane_blocks"
    assert config().lane_block_map() is None
    assert config().block_key is None


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{"blocks": ["exact"], "lanes": 4}],
         "accelerator.lane_blocks.0.lanes: There is no lane 4: the unit has 4 lanes. Name"),
        ([{"blocks": ["exact"], "lanes": "0-2"}],
         "accelerator.lane_blocks: Lane 3 holds no block. Add an entry that names it"),
        ([{"blocks": ["exakt"]}], "accelerator.lane_blocks.0.blocks"),
    ],
)  # fmt: skip
def test_blocks_that_are_refused(entries: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(UserError) as error:
        config(lanes=4, lane_blocks=entries).lane_block_map()
    assert message in str(error.value)


def test_lanes_that_are_to_be_chosen() -> None:
    given = config(multipliers=16, word=4)
    assert (given.fixed_lanes, given.size) == (None, "16 multipliers")
    assert config(multipliers=16, lanes=12).size == "12 lanes"
    assert config(multipliers=1).size == "1 multiplier"
    with pytest.raises(UserError, match=r"^accelerator.multipliers: Lanes are to be chosen"):
        given.unit()
    units = given.units()
    assert {each.lanes for each in units} == {16}
    assert {each.multipliers for each in units} == {None}
    assert {each.word for each in units} == {4}


def test_blocks_of_lanes_that_are_to_be_chosen() -> None:
    everywhere = config(multipliers=16, lane_blocks=[{"blocks": ["exact"]}])
    assert everywhere.lane_block_map() is None
    for entry, message in (
        ({"blocks": ["exact"], "lanes": "0-3"}, r"^accelerator.lane_blocks: Entries name lanes"),
        ({"blocks": ["exakt"]}, r"^accelerator.lane_blocks.0.blocks"),
    ):
        with pytest.raises(UserError, match=message):
            config(multipliers=16, lane_blocks=[entry]).lane_block_map()


GUIDE = Path(hawx_hw.__file__).parents[1] / "docs" / "how-to" / "write-a-config.md"
#: Which numbers a key's range is that of.
LIMITS = {**RANGES, "multipliers": RANGES["lanes"], "weight_banks": (1, MOST_WEIGHT_BANKS)}


def test_the_table_of_the_guide_has_every_key_and_its_range() -> None:
    text = GUIDE.read_text("utf-8").partition("Keys of `architecture: simt`")[2]
    table = text.partition("|---|---|\n")[2]
    rows = dict(re.findall(r"\| `(\w+)` \| (.*) \|", table.partition("\n\n")[0]))
    own = set(SimtConfig.model_fields) - set(AcceleratorConfig.model_fields)
    assert set(rows) == own
    for key in own & set(LIMITS):
        low, high = LIMITS[key]
        assert f"{low} to {high}" in rows[key], key
        for number in (low - 1, high + 1):
            with pytest.raises(ValidationError):
                config(**{key: number})
