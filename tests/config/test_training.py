"""The section ``training``: off by default, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from tests.config.texts import HEAD, load

BLOCKS = "blocks: drum(k=4)\n"


def test_nothing_is_retrained_by_default(tmp_path: Path) -> None:
    assert load(tmp_path, HEAD + BLOCKS).training is None


def test_defaults(tmp_path: Path) -> None:
    training = load(tmp_path, HEAD + BLOCKS + "training: {}\n").training
    assert training is not None
    assert training.model_dump() == {
        "epochs": 5, "gradient": "straight", "seed": 0, "learning_rate": 0.5,
        "distillation": False, "finalists": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    "blocks",
    [BLOCKS, "search: {}\n", "blocks: {layers: {conv1: drum(k=4)}}\n"],
)
def test_whatever_is_not_exact_can_be_retrained(tmp_path: Path, blocks: str) -> None:
    assert load(tmp_path, HEAD + blocks + "training: {epochs: 1}\n").training is not None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "training: {}\n",
            ":3: training: training is for approximate blocks, and all blocks are exact. Give",
        ),
        (BLOCKS + "training: {epochs: 0}\n", ":4: training.epochs: must be greater than or equal"),
        (BLOCKS + "training: {epochs: 1.5}\n", "training.epochs: must be"),
        (BLOCKS + "training: {seed: -1}\n", "training.seed: must be"),
        (BLOCKS + "training: {gradient: none}\n", "training.gradient: must be 'straight', 'gain'"),
        (BLOCKS + "training: {rate: 1}\n", "training.rate: There is no such key"),
        (BLOCKS + "training: {learning_rate: 0.0}\n", "training.learning_rate: must be greater"),
        (BLOCKS + "training: {learning_rate: .inf}\n", "training.learning_rate: must be"),
        (
            BLOCKS + "training: {finalists: 2}\n",
            ":4: training.finalists: finalists are designs of a search, and there is no search.",
        ),
        ("search: {}\ntraining: {finalists: 0}\n", "training.finalists: must be"),
    ],
)
def test_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, HEAD + text)
    assert message in str(caught.value)
