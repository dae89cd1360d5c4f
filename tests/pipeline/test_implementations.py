"""How blocks are built: the files that the choice depends on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from hawx_hw.config.load import load_config
from hawx_hw.pipeline.implementations import implementation_files, implementations_of

CONFIG = """
name: tiny
network: {model: lenet5, dataset: data.npz}
accelerator: {block_implementation: HOW}
"""


@pytest.mark.parametrize(
    ("how", "files"),
    [
        ("first", set()),
        ("smallest", {"technology", "technology (generic45.yaml)"}),
        ("least_energy", {"technology", "technology (generic45.yaml)", "network.dataset"}),
    ],
)
def test_files(tmp_path: Path, how: str, files: set[str]) -> None:
    (tmp_path / "tiny.yaml").write_text(CONFIG.replace("HOW", how))
    (tmp_path / "data.npz").touch()
    given = implementation_files(load_config(tmp_path / "tiny.yaml"), tmp_path)
    assert set(given) == files


def test_blocks_that_list_it_themselves_need_no_choice() -> None:
    config = SimpleNamespace(accelerator=SimpleNamespace(block_implementation="first"))
    context = SimpleNamespace(config=config, base=Path(), progress=None)
    assert implementations_of(context, None) == ({}, {})
