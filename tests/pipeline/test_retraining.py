"""What is refused before anything runs, and where a training's state is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.config.load import load_config
from hawx_hw.errors import UserError
from hawx_hw.pipeline.retraining import check, state_file

NETWORK = "name: x\nnetwork: {model: lenet5, dataset: digits}\n"


def checked(folder: Path, text: str, network: str = NETWORK) -> None:
    path = folder / "x.yaml"
    path.write_text(network + text, encoding="utf-8")
    check(load_config(path), folder)


@pytest.mark.parametrize(
    "text",
    [
        "blocks: compressor(design=1,c=7)\n",
        "blocks: compressor(design=1,c=7)\ntraining: {gradient: gain}\n",
        "blocks: {layers: {conv1: drum(k=3)}}\ntraining: {gradient: table}\n",
        "search: {}\ntraining: {gradient: table}\n",
    ],
)
def test_what_can_be_trained(tmp_path: Path, text: str) -> None:
    checked(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("blocks: compressor(design=1,c=7)\n", "blocks"),
        ("blocks: {layers: {conv1: 'compressor(design=1,c=7)'}}\n", "blocks"),
        ("search: {blocks: [drum(k=3), 'compressor(design=1,c=7)']}\n", "search.blocks"),
    ],
)
def test_a_table_without_factors_gives_no_gradient(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(UserError) as caught:
        checked(tmp_path, text + "training: {gradient: table}\n")
    assert caught.value.where == where
    assert "compressor(design=1,c=7) is no sum of few products" in caught.value.what
    assert caught.value.hint == ("Choose training.gradient: gain, or straight, or another block.")
    assert caught.value.exit_status == 2


def test_a_search_needs_images_that_select(tmp_path: Path) -> None:
    images, labels = np.zeros((8, 1, 28, 28), np.uint8), np.arange(8) % 4
    np.savez(tmp_path / "few.npz", x=images, y=labels)
    network = NETWORK.replace("digits", "few.npz")
    checked(tmp_path, "blocks: drum(k=3)\ntraining: {}\n", network)
    checked(tmp_path, "search: {}\n", network)
    with pytest.raises(UserError, match=r"training: .*need images to select.*network.validation"):
        checked(tmp_path, "search: {}\ntraining: {}\n", network)


def test_each_assignment_has_its_state(tmp_path: Path) -> None:
    assignments = [
        {layer: LayerBlocks.uniform(by_name(name), (2, 3))}
        for layer, name in (("a", "drum(k=3)"), ("a", "drum(k=4)"), ("b", "drum(k=3)"))
    ]
    files = [state_file(tmp_path, each) for each in assignments]
    assert len(set(files)) == 3
    assert {file.parent for file in files} == {tmp_path}
    for file in files:
        file.touch()
    old = tmp_path / "0123456789abcdef-0123456789abcdef.state"
    old.touch()
    assert state_file(tmp_path, assignments[0]) == files[0]
    assert not old.exists() and all(file.exists() for file in files)
