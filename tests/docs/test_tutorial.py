"""docs/tutorial.md does what it shows, in a new folder, with nothing but the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.util.yaml_text import read_yaml
from tests.docs.pages import ROOT, Walk, blocks, check_yaml

PAGE = ROOT / "docs" / "tutorial.md"
BLOCKS = blocks(PAGE)


def test_nothing_that_a_reader_types_is_left_out() -> None:
    """All files and commands after the installation are done by the walk."""
    install, *others = [block for block in BLOCKS if block.language in ("sh", "python", "console")]
    assert "make setup" in install.text
    assert [str(block) for block in others if block.file is None and block.run is None] == []
    assert {block.file for block in others if block.file} == {"make_network.py"}


#: The config without its comments, as the page shows it.
(CONFIG,) = (block for block in BLOCKS if block.language == "yaml")


def test_the_config_is_one() -> None:
    check_yaml(CONFIG)


def contains(whole: object, part: object) -> bool:
    """Whether a config has all keys of another, with their values."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and contains(whole[key], value) for key, value in part.items()
        )
    return whole == part


@pytest.mark.slow
def test_the_page_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing of this machine but programs and the cache of synthesized modules.
    for name in ("HAWX_DATA", "HAWX_TEST_MATERIAL", "HAWX_TECHNOLOGY", "HAWX_PREDICTORS"):
        monkeypatch.delenv(name, raising=False)
    walk = Walk(tmp_path, seconds=1200)
    assert walk.follow(BLOCKS) > 8
    assert contains(
        read_yaml((tmp_path / "digits.yaml").read_text("utf-8")), read_yaml(CONFIG.text)
    )
    build = tmp_path / "build" / "digits"
    for name in ("report.html", "rtl/hawx_accelerator.v", "netlist.v", "summary.json"):
        assert (build / name).stat().st_size > 1000, name
