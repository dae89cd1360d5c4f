"""docs/data.md: its configs are valid, and its limits are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.config.models import Config
from hawx_hw.datasets import array_cache, arrays, folder_images, image_files, labels
from hawx_hw.datasets.options import options_of
from hawx_hw.util.yaml_text import read_yaml
from tests.datasets.images import folder, noise

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CONFIGS = [text for kind, text in BLOCKS if kind == "yaml"]


def test_configs() -> None:
    assert len(CONFIGS) == 3
    for text in CONFIGS:
        Config.model_validate(read_yaml(text))


def test_the_first_config_reads_such_a_folder(tmp_path: Path) -> None:
    files = {
        f"flowers/{c}/{n}.jpg": noise(40, 50 + n, 3) for c in ("rose", "tulip") for n in range(6)
    }
    network = Config.model_validate(read_yaml(CONFIGS[0])).network
    base = folder(tmp_path, files)
    dataset = datasets.load(network.dataset, base=base, options=options_of(network))
    assert (dataset.shape, len(dataset.train), len(dataset.test)) == ((3, 32, 32), 10, 2)
    assert dataset.note == "Classes in the order of labels: rose 0, tulip 1."


def test_the_table(tmp_path: Path) -> None:
    (table,) = (text for kind, text in BLOCKS if not kind)
    files = {"photos/a.jpg": noise(4, 4), "photos/b.jpg": noise(4, 4, seed=1), "labels.csv": table}
    dataset = datasets.load(f"{folder(tmp_path, files)}/")
    assert (dataset.train.labels.tolist(), dataset.test.labels.tolist()) == ([0], [1])


@pytest.mark.parametrize(
    ("given", "numbering", "classes"),
    [
        ("cat, dog, Zebra", None, [1, 2, 0]),
        ("0, 1, 3", None, [0, 1, 3]),
        ("1, 2, 3", None, [1, 2, 3]),
        ("1, 2, 3", "from_one", [0, 1, 2]),
        ("-1, 1", "in_order", [0, 1]),
    ],
)
def test_labels(given: str, numbering: str | None, classes: list[int]) -> None:
    assert f"| `{given}`" in PAGE
    texts = labels.Labels(np.array(given.split(", ")))
    mapping = labels.classes_of([texts], numbering=numbering)  # type: ignore[arg-type]
    assert mapping.number(texts, "y", "f").tolist() == classes


def test_limits() -> None:
    assert f"more than {image_files.PIXELS_MAX:,} pixels" in PAGE
    assert f"or {folder_images.FILE_BYTES_MAX >> 20} MiB" in PAGE
    assert f"over {arrays.BYTES_MAX >> 30} GiB" in PAGE
    assert f"up to {array_cache.LARGEST >> 30} GiB for a folder" in PAGE
    assert f"and {array_cache.LIMIT >> 30} GiB in all" in PAGE
    assert f"Labels above {labels.CLASSES_MAX - 1} need" in PAGE
    for ending in image_files.ENDINGS:
        assert f"`{ending}`" in PAGE
