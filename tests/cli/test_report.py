"""``hawx report``: from the results that are up to date."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hawx_hw.cli.report import report
from hawx_hw.errors import UserError
from tests.cli.tiny import CONFIG, quantized

app = typer.Typer()
app.command()(report)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose network is quantized."""
    return quantized(tmp_path_factory.mktemp("report"))


def hawx(folder: Path, *words: str, config: str = "tiny.yaml"):
    options = ["--build", str(folder / "build")]
    return CliRunner().invoke(app, [str(folder / config), *options, *words])


def test_it_lies_in_the_build_folder_and_is_the_same_each_time(folder: Path) -> None:
    assert hawx(folder).exit_code == 0
    path = folder / "build" / "tiny" / "report.html"
    first = path.read_bytes()
    assert b"98.87" in first or b"accuracy" in first
    assert hawx(folder, "--output", str(folder / "other.html")).exit_code == 0
    assert (folder / "other.html").read_bytes() == first


def test_json_is_the_typed_content(folder: Path) -> None:
    content = json.loads(hawx(folder, "--json").stdout)
    assert content["name"] == "tiny"
    assert content["machine"] is None
    missing = {each["section"]: each["command"] for each in content["missing"]}
    assert missing["proofs"].endswith("--until verify")


def test_several_designs_side_by_side(folder: Path) -> None:
    shutil.copytree(folder / "build" / "tiny", folder / "build" / "other")
    (folder / "other.yaml").write_text(CONFIG.replace("tiny", "other"), "utf-8")
    result = hawx(folder, str(folder / "other.yaml"))
    assert result.exit_code == 0
    path = folder / "build" / "compare-tiny-other.html"
    assert result.stdout.split() == [str(path)]
    assert "side by side" in path.read_text("utf-8")
    content = json.loads(hawx(folder, str(folder / "other.yaml"), "--json").stdout)
    assert content["names"] == ["tiny", "other"]
    assert len(content["missing"]) == 2


def test_one_design_twice_is_no_comparison(folder: Path) -> None:
    result = hawx(folder, str(folder / "tiny.yaml"))
    assert isinstance(result.exception, UserError)
    assert "named 'tiny'" in str(result.exception)


def test_an_index_is_of_one_config(folder: Path) -> None:
    result = hawx(folder, str(folder / "other.yaml"), "--index", "1")
    assert isinstance(result.exception, UserError)
    assert str(result.exception).startswith("--index: ")


def test_nothing_to_show(folder: Path) -> None:
    (folder / "new.yaml").write_text(CONFIG.replace("tiny", "new"), "utf-8")
    result = hawx(folder, config="new.yaml")
    assert isinstance(result.exception, UserError)
    assert "Make them first: hawx run" in str(result.exception)
    assert not (folder / "build" / "new" / "report.html").exists()
    result = hawx(folder, "--index", "2", config="new.yaml")
    assert str(result.exception).rstrip().endswith("new.yaml --index 2")


def test_a_name_that_is_no_page(folder: Path) -> None:
    result = hawx(folder, "--output", str(folder / "report.pdf"))
    assert isinstance(result.exception, UserError)
    assert ".html" in str(result.exception)
