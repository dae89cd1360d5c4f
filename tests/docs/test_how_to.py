"""The how-to pages do what they show; those of blocks, kernels and the driver have own tests."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from hawx_hw.architectures.simt import timing
from hawx_hw.architectures.systolic import cycles
from hawx_hw.search.bound import Paired, upper_drop
from tests.docs.pages import ROOT, Walk, blocks

PAGES = ROOT / "docs" / "how-to"


def text_of(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def test_a_technology(tmp_path: Path) -> None:
    walk = Walk(tmp_path)
    assert walk.follow(blocks(PAGES / "add-a-technology.md")) == 6


@pytest.mark.slow
def test_a_network(tmp_path: Path) -> None:
    walk = Walk(tmp_path)
    assert walk.follow(blocks(PAGES / "bring-a-network.md")) == 3
    (line,) = re.findall(r"right on ([\d.]+) % of .* \(float ([\d.]+) %\)", walk.printed)[:1]
    assert min(map(float, line)) > 96
    assert (tmp_path / "build" / "net" / "rtl" / "hawx_accelerator.v").is_file()


@pytest.mark.slow
def test_a_cluster(tmp_path: Path) -> None:
    """A small sample of it is in tests/sweep/test_sweep.py."""
    walk = Walk(tmp_path, seconds=1200)
    assert walk.follow(blocks(PAGES / "run-on-a-cluster.md")) == 3
    assert len((tmp_path / "designs.csv").read_text().splitlines()) == 3


def test_the_architecture_is_that_of_the_tests() -> None:
    sources = [
        (ROOT / "tests" / "architectures" / name).read_text(encoding="utf-8")
        for name in ("serial.py", "serial_core.py")
    ]
    shown = [block for block in blocks(PAGES / "add-an-architecture.md") if block.language]
    assert len(shown) >= 5
    for block in shown:
        assert any(block.text in source for source in sources), f"{block} is not in the sources"
    lines = sum(len(source.splitlines()) for source in sources)
    assert abs(lines - 450) < 25


def test_the_interface_of_the_page_is_whole() -> None:
    interface = (ROOT / "hawx_hw" / "architectures" / "base.py").read_text(encoding="utf-8")
    page = text_of("add-an-architecture")
    for name in ("Plan", "Architecture"):
        body = interface.partition(f"\nclass {name}(Protocol):\n")[2].partition("\n\n\n")[0]
        members = set(re.findall(r"^    def (\w+)", body, re.MULTILINE))
        assert len(members) > 8
        known = {"graph", "assignment", "loadable", "name", "config"}
        assert {each for each in members - known if f"`{each}`" not in page} == set()


def test_the_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"])
    assert set(re.findall(r"^\| `(\w+)` \|", text_of("install"), re.MULTILINE)) == extras - {"dev"}


def test_the_images_that_a_promise_takes() -> None:
    rows = re.findall(r"^\| (\d+)[^|]* \| ([\d.]+) \|$", text_of("keep-the-promise"), re.MULTILINE)
    assert len(rows) == 4
    for images, drop in rows:
        assert float(drop) == pytest.approx(upper_drop(Paired(int(images), 0, 0), 0.05), rel=0.02)
        assert float(drop) == pytest.approx(100 * (1 - 0.05 ** (1 / int(images))), rel=0.02)


def test_the_causes_of_cycles_have_the_reports_titles() -> None:
    page = text_of("read-the-report")
    titles = {*cycles.CAUSES.values(), *timing.CAUSES.values()}
    named = set(re.findall(r"\*([a-z ]+)\*", page.partition("| what the report shows")[2]))
    assert len(named) >= 4
    assert named <= titles
