"""``hawx summary``: from the results that are up to date."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hawx_hw.cli.summary import more_command, summary
from hawx_hw.errors import UserError
from hawx_hw.report.sections import SECTIONS
from tests.cli.tiny import CONFIG, quantized

app = typer.Typer()
app.command()(summary)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose network is quantized."""
    return quantized(tmp_path_factory.mktemp("summary"))


def hawx(folder: Path, *words: str, config: str = "tiny.yaml"):
    options = ["--build", str(folder / "build")]
    return CliRunner().invoke(app, [str(folder / config), *options, *words])


def test_it_is_short_and_names_the_rest(folder: Path) -> None:
    lines = hawx(folder).stdout.splitlines()
    assert lines[0] == "tiny (up to date)"
    assert lines[1].startswith("The integer network is right on ")
    assert any(line.startswith("accuracy  float ") for line in lines)
    command = f"hawx summary {folder / 'tiny.yaml'} --section all --build {folder / 'build'}"
    assert " ".join(" ".join(lines).split()).endswith(f"more {command}")
    assert not (folder / "build" / "tiny" / "report.html").exists(), "nothing is written"


def test_sections(folder: Path) -> None:
    assert "test images of digits" in hawx(folder, "--section", "network").stdout
    assert "integer graph" in hawx(folder, "--section", "all").stdout
    result = hawx(folder, "--section", "power")
    assert isinstance(result.exception, UserError)
    assert "nothing of power" in str(result.exception)
    assert "Run its stage first: hawx run" in str(result.exception)
    result = hawx(folder, "--section", "paint")
    assert str(result.exception).startswith("--section: There is no section 'paint'.")


def test_the_help_lists_every_section() -> None:
    assert all(name in CliRunner().invoke(app, ["--help"]).stdout for name in SECTIONS)


def test_json_is_that_of_a_run(folder: Path) -> None:
    content = json.loads(hawx(folder, "--json").stdout)
    assert content["stages"] == {"quantize": {"ran": False, "seconds": 0.0}}
    assert content["results"]["quantize"]["model"] == "lenet5"


def test_nothing_to_show(folder: Path) -> None:
    (folder / "new.yaml").write_text(CONFIG.replace("tiny", "new"), "utf-8")
    result = hawx(folder, config="new.yaml")
    assert isinstance(result.exception, UserError)
    assert "Make them first: hawx run" in str(result.exception)


def test_the_command_for_more_can_be_copied() -> None:
    assert more_command("a b.yaml", Path("build")) == "hawx summary 'a b.yaml' --section all"
    assert more_command("x.yaml", Path("o")).endswith("--section all --build o")
    assert more_command("x.yaml", Path("o"), 3).endswith("--section all --index 3 --build o")
