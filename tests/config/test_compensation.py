"""The section ``compensation``."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.config.load import load_config
from hawx_hw.errors import UserError

HEAD = "name: x\nnetwork: {model: lenet5, dataset: digits}\n"


def load(folder: Path, text: str):
    path = folder / "x.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_config(path).compensation


def test_everything_is_compensated_by_itself(tmp_path: Path) -> None:
    section = load(tmp_path, "")
    assert (section.bias, section.weights, section.activations) == (True, "together", True)
    assert load(tmp_path, "compensation: {weights: one_by_one}\n").weights == "one_by_one"


def test_weights_chosen_together_by_default_where_the_bias_takes_their_mean(tmp_path: Path) -> None:
    assert load(tmp_path, "compensation: {bias: false}\n").weights == "one_by_one"
    assert load(tmp_path, "compensation: {bias: false, weights: none}\n").weights == "none"
    assert load(tmp_path, "compensation: {bias: true}\n").weights == "together"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{bias: 1}", "compensation.bias: must be a valid boolean, not 1."),
        ("{weights: jointly}", "compensation.weights: must be "),
        ("{weights: together, bias: false}", "compensation.weights: weights: together needs bias"),
        ("{weight: none}", "compensation.weight: There is no such key. Did you mean weights"),
    ],
)
def test_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load(tmp_path, f"compensation: {text}\n")
    assert message in str(caught.value)
