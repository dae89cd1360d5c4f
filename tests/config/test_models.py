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
