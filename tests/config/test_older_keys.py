"""Configs written before keys were renamed mean the same as ever."""

from pathlib import Path

import pytest

from hawx_hw.config.load import load_config
from hawx_hw.errors import UserError

OLD = """\
name: old
network: {model: lenet5, dataset: digits}
accelerator:
  rows: 4
  columns: 8
  lanes: 2
  block_architecture: fastest
  grid:
    - {blocks: [exact]}
    - {blocks: [drum(k=4)], columns: 2-3}
"""
NEW = """\
name: old
network: {model: lenet5, dataset: digits}
accelerator:
  architecture: systolic
  rows: 4
  columns: 8
  requantizers: 2
  block_implementation: fastest
  pe_blocks:
    - {blocks: [exact]}
    - {blocks: [drum(k=4)], columns: 2-3}
"""
SEARCH = """\
name: old
network: {model: lenet5, dataset: digits}
accelerator: {rows: 4, columns: 8}
search:
  KEY: [{rows: 2, columns: 8}, {rows: 4, columns: 4}]
"""


def load(folder: Path, text: str):
    path = folder / "config.yaml"
    path.write_text(text)
    return load_config(path)


def test_accelerators(tmp_path: Path) -> None:
    assert load(tmp_path, OLD) == load(tmp_path, NEW)


def test_shapes_of_a_search(tmp_path: Path) -> None:
    old, new = (load(tmp_path, SEARCH.replace("KEY", key)) for key in ("shapes", "variants"))
    assert old == new
    assert [variant.size for variant in old.variants()] == ["2 x 8", "4 x 4"]


def test_variants_may_use_older_names(tmp_path: Path) -> None:
    text = SEARCH.replace("columns: 8}\n", "columns: 8, requantizers: 2}\n", 1)
    text = text.replace(
        "  KEY: [{rows: 2, columns: 8}, {rows: 4, columns: 4}]", "  shapes: [{lanes: 4}]"
    )
    (variant,) = load(tmp_path, text).variants()
    assert variant.model_dump()["requantizers"] == 4


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("lanes: 2", "lanes: none", r"config.yaml:6: accelerator.lanes: must be a valid integer"),
        ("columns: 2-3", "columns: 3-2", r"config.yaml:10: accelerator.grid.1.columns: must be"),
        ("lanes: 2", "lanes: 2\n  requantizers: 2", r"config.yaml:.*There is no such key"),
    ],
)
def test_messages_name_the_key_as_it_is_written(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        load(tmp_path, OLD.replace(before, after))
