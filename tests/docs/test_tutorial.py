"""docs/tutorial.md does what it shows, in a new folder, with nothing but the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.util.results import Result
from tests.docs.pages import ROOT, Walk, blocks, check_yaml

PAGE = ROOT / "docs" / "tutorial.md"
BLOCKS = blocks(PAGE)


def test_nothing_that_a_reader_types_is_left_out() -> None:
    """All files and commands after the installation are done by the walk."""
    typed = [block for block in BLOCKS if block.language in ("sh", "python", "yaml", "console")]
    install, *others = typed
    assert "make setup" in install.text
    assert [str(block) for block in others if block.file is None and block.run is None] == []
    assert {block.file for block in others if block.file} == {"make_network.py", "digits.yaml"}


def test_the_config_is_one() -> None:
    (config,) = (block for block in BLOCKS if block.language == "yaml")
    check_yaml(config)


@pytest.mark.slow
def test_the_page_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing of this machine but programs and the cache of synthesized modules.
    for name in ("HAWX_DATA", "HAWX_TEST_MATERIAL", "HAWX_TECHNOLOGY", "HAWX_PREDICTORS"):
        monkeypatch.delenv(name, raising=False)
    walk = Walk(tmp_path, seconds=1200)
    assert walk.follow(BLOCKS) > 8
    build = tmp_path / "build" / "digits"
    written = {kind.FILE for kind in Result.__subclasses__() if hasattr(kind, "FILE")}
    assert {"summary.json", "power.json", "verify.json"} <= written
    for name in ("report.html", "rtl/hawx_accelerator.v", "netlist.v", "summary.json"):
        assert (build / name).stat().st_size > 1000, name
