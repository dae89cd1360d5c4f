"""Defaults of the config, and checks of several sections together."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from tests.config.texts import HEAD, load

SEARCH = HEAD + "search: {}\n"


def test_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, HEAD)
    assert config.accelerator.dimensions == (8, 8)
    assert config.verify.images == 20
    assert config.technology == "generic45"
    assert config.search is None
    assert config.variants() == (config.accelerator,)


def test_variants_differ_from_the_accelerator_in_their_keys(tmp_path: Path) -> None:
    text = HEAD + (
        "accelerator: {rows: 4, parameters: loaded}\n"
        "search:\n  variants:\n    - {columns: 2}\n    - {rows: 6}\n    - {}\n"
    )
    config = load(tmp_path, text)
    assert [(*v.dimensions, v.parameters) for v in config.variants()] == [
        (4, 2, "loaded"),
        (6, 8, "loaded"),
        (4, 8, "loaded"),
    ]


def preprocess(text: str) -> str:
    return f"name: x\nnetwork:\n  model: lenet5\n  dataset: a/\n  preprocess: {text}\n"


def test_preprocessing_as_yaml_has_it(tmp_path: Path) -> None:
    text = "{channels: bgr, resize: [224, 160], fit: pad, mean: [0.5, 1, -2.5], std: 2}"
    given = load(tmp_path, preprocess(text)).network.preprocess
    assert (given.channels, given.resize, given.fit) == ("bgr", (224, 160), "pad")
    assert (given.scale, given.mean, given.std) == (None, (0.5, 1.0, -2.5), 2.0)
    assert load(tmp_path, HEAD).network.preprocess.resize is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{resize: [28]}", ".resize: must be two whole numbers from 1 on, not [28]. Write height"),
        ("{resize: 28}", ".resize: must be two whole numbers from 1 on, not 28."),
        ("{resize: [0, 9]}", ".resize: must be two whole numbers from 1 on, not [0, 9]."),
        ("{resize: [9, 1.5]}", ".resize: must be two whole numbers from 1 on, not [9, 1.5]."),
        ("{mean: a}", ".mean: must be one number, or a list of one a channel, not 'a'. Write"),
        ("{std: [true]}", ".std: must be one number, or a list of one a channel, not [True]."),
        ("{mean: []}", ".std: mean and std must be one number, or one a channel"),
        ("{mean: [1, 2], std: [1, 2, 3]}", ".std: mean and std must be one number, or one a"),
        ("{std: 0}", ".std: std must be above 0"),
        ("{mean: .nan}", ".mean: mean must be finite numbers"),
        ("{fit: pad}", ".fit: fit has no effect without resize"),
        ("{fit: zoom}", ".fit: must be 'stretch', 'crop' or 'pad', not 'zoom'."),
        ("{channels: rgba}", ".channels: must be 'rgb', 'bgr' or 'grey', not 'rgba'."),
    ],
)
def test_preprocessing_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, preprocess(text))
    assert str(caught.value).startswith(f"{tmp_path}/x.yaml:5: network.preprocess{message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            SEARCH + "blocks: drum(k=4)\n",
            ":4: blocks: blocks gives the blocks that search is to choose. Put blocks to choose "
            "from under search.blocks, or remove search.",
        ),
        (
            SEARCH + "blocks: {layers: {conv1: exact}}\n",
            ":4: blocks: blocks gives the blocks that search is to choose.",
        ),
        (
            SEARCH + "accelerator:\n  grid: [{blocks: [exact]}]\n",
            ":5: accelerator.pe_blocks: accelerator.pe_blocks gives the blocks of the hardware "
            "that search is to choose. Remove accelerator.pe_blocks, or search.",
        ),
        (
            HEAD + "search:\n  variants:\n    - {rows: 4}\n    - {rows: 0}\n",
            ":6: search.variants.1.rows: must be greater than or equal to 1. A variant takes keys",
        ),
        (
            HEAD + "search:\n  variants:\n    - {rowz: 4}\n",
            ":5: search.variants.0.rowz: There is no such key. A variant takes keys of "
            "accelerator: ",
        ),
        (HEAD + "seed: 4294967296\n", ":3: seed: must be less than 4294967296"),
    ],
)
def test_what_does_not_go_together(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)
