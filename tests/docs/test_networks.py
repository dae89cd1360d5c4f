"""docs/networks.md: its table is the zoo, its configs are valid, its example is a network."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.config.models import Config
from hawx_hw.config.zoo import ZOO
from hawx_hw.errors import UserError
from hawx_hw.importing.sources import Request, load
from hawx_hw.networks import build
from hawx_hw.networks.torch_file import SUFFIXES
from hawx_hw.util.yaml_text import read_yaml

PAGE = (Path(__file__).parents[2] / "docs" / "networks.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CONFIGS = [text for kind, text in BLOCKS if kind == "yaml"]
#: Names, options and smallest image of each line.
LINES = re.findall(
    r"^\| (`\w+`(?:, `\w+`)*) \| [^|]+ \| ([^|]*) ?\| (\d+) x \3 \|$", PAGE, re.MULTILINE
)


def test_the_table_is_the_zoo() -> None:
    options = {
        name: {key: str(option.default) for key, option in known.items()}
        for name, known in ZOO.items()
    }
    table = {
        name: dict(re.findall(r"`(\w+)` (\w+)", given))
        for names, given, _ in LINES
        for name in re.findall(r"\w+", names)
    }
    assert table == options


@pytest.mark.parametrize(("names", "smallest"), [(names, int(n)) for names, _, n in LINES])
def test_the_smallest_images(names: str, smallest: int) -> None:
    for name in re.findall(r"\w+", names):
        build(name, (1, smallest, smallest), 2)
        with pytest.raises(UserError, match=f"at least {smallest} x {smallest} pixels"):
            build(name, (1, smallest - 1, smallest), 2)


def test_configs() -> None:
    assert len(CONFIGS) == 2
    for text in CONFIGS:
        Config.model_validate(read_yaml(text))


def test_endings() -> None:
    assert f"| {', '.join(f'`{suffix}`' for suffix in sorted(SUFFIXES))} |" in PAGE.replace(
        "`.pth`, `.pt`, `.th`", "`.pt`, `.pth`, `.th`"
    )


def test_the_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = (text for kind, text in BLOCKS if kind == "python")
    (tmp_path / "nd_mine.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    network = Config.model_validate(read_yaml(CONFIGS[1])).network
    assert network.model == "python:mine:build"
    digits = datasets.load("digits")
    request = Request("python:nd_mine:build", tmp_path, options=network.options)
    loaded = load(request, digits, digits.train.images[:4])
    assert [type(layer).__name__ for layer in loaded.layers.layers] == [
        "FloatConv", "FloatAveragePool", "FloatFlatten", "FloatLinear",
    ]  # fmt: skip
    assert np.shape(loaded.layers.layers[0].weight) == (12, 1, 3, 3)
