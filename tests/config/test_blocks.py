"""The ways to write ``blocks``, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from tests.config.texts import HEAD, load

BLOCKS = HEAD + "blocks:\n  layers:\n    conv2:\n"


def test_blocks(tmp_path: Path) -> None:
    assert load(tmp_path, HEAD).blocks.default == "exact"
    assert load(tmp_path, HEAD + "blocks: array(1, 0, 4)\n").blocks.default == "array(1, 0, 4)"
    rules = load(
        tmp_path, BLOCKS + "      - {block: exact, filters: [0, 2-3]}\n      - block: exact\n"
    )
    assert [rule.filters for rule in rules.blocks.layers["conv2"]] == [(0, 2, 3), None]
    alone = load(tmp_path, HEAD + "blocks:\n  layers:\n    conv1: drum(k=4)\n").blocks
    assert [rule.block for rule in alone.layers["conv1"]] == ["drum(k=4)"]
    assert alone.default == "exact"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "blocks: drumm\n", ":3: blocks.default: Unknown block 'drumm'. Did you mean drum"),
        (HEAD + "blocks: drum(k=1)\n", ": Wrong parameters of block 'drum(k=1)': "),
        (HEAD + "blocks: 3\n", ":3: blocks: must be a mapping with the keys default, layers"),
        (
            BLOCKS + "      - {block: array(1,0,4)}\n",
            ":6: blocks.layers.conv2.0: The name of the bl",
        ),
        (
            BLOCKS + "      - {block: exact, filter: 1}\n",
            "filter: There is no such key. Did you mea",
        ),
        (
            BLOCKS + "      - {block: exact, filters: 2-0}\n",
            "must be indices in ascending order, no",
        ),
        (
            BLOCKS + "      - {block: exact, filters: 2, share: .5}\n",
            "filters or a share, not both",
        ),
        (BLOCKS + "      - {block: exact, share: 0}\n", "share: must be greater than 0, not 0."),
        (BLOCKS + "      - {filters: 0}\n", ":6: blocks.layers.conv2.0.block: This key is missing"),
        (BLOCKS + "      block: exact\n", ":5: blocks.layers.conv2: must be a valid list"),
        (
            HEAD + "blocks: {weight_remapping: false}\n",
            "weight_remapping is a key of the section compensation now. Write it there, as "
            "compensation: {weights: together, one_by_one or none}.",
        ),
    ],
)
def test_bad_blocks(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)


def test_modules_of_blocks_are_looked_for_beside_the_config(tmp_path: Path) -> None:
    (tmp_path / "my_config_blocks.py").write_text(
        "from hawx_hw.blocks.families.drum import Drum\nmine = Drum(4)\n"
    )
    text = HEAD + "blocks: python:my_config_blocks:mine\n"
    assert load(tmp_path, text).blocks.default == "python:my_config_blocks:mine"
