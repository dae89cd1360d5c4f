"""``hawx search`` on the digits: files, tables, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hawx_hw import cli_search
from hawx_hw.errors import UserError
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.result import load_result

CONFIG = """\
name: tiny
network: {model: lenet5, dataset: digits, calibration_images: 16}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    found = tmp_path_factory.mktemp("search")
    (found / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
    return found


@pytest.fixture(autouse=True)
def costs_without_synthesis(monkeypatch):
    """As if each block took a femtojoule less than the one before."""

    def cost(config, space, blocks):
        return MultiplierEnergy(space, [float(len(blocks) - n) for n in range(len(blocks))])

    monkeypatch.setattr(cli_search, "_cost", cost)
    monkeypatch.setattr(cli_search, "_PROFILE_IMAGES", 16)


def hawx(folder: Path, *words: str):
    app = typer.Typer()
    app.command()(cli_search.search)
    options = ["--build", str(folder / "build"), "--images", "16"]
    blocks = ["--block", "array(4,4,0)", "--block", "precision(w=2,a=2)"]
    return CliRunner().invoke(app, [str(folder / "tiny.yaml"), *options, *blocks, *words])


@pytest.mark.parametrize("granularity", ["layer", pytest.param("kernel", marks=pytest.mark.slow)])
def test_a_search_leaves_its_front(folder: Path, granularity: str) -> None:
    words = ["--granularity", granularity, "--budget", "8", "--drop", "100", "--json"]
    result = hawx(folder, *words)
    assert result.exit_code == 0, result.exception
    report = json.loads(result.stdout)
    file = folder / "build" / "tiny" / "search" / "search.json"
    found = load_result(file)
    assert found.evaluations <= 8
    assert len(found.front[0].vector) == (5 if granularity == "layer" else 6 * 5 + 16 * 5 + 214)
    assert report["chosen"] == len(found.front) - 1
    assert report["granularity"] == granularity
    assert len(report["test"]["front"]) == len(found.front)
    assert (file.parent / "evaluations.npz").is_file()


def test_a_table_of_the_front(folder: Path) -> None:
    words = ["--granularity", "layer", "--algorithm", "random", "--budget", "6", "--drop", "100"]
    result = hawx(folder, *words)
    assert result.exit_code == 0, result.exception
    assert "random: 6 assignments run on 16 training images" in result.stdout
    assert result.stdout.rstrip().splitlines()[-1].split()[1] == "*"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--algorithm", "annealing"), "--algorithm: It must be one of hawx, .*not 'annealing'"),
        (("--granularity", "bit"), "--granularity: It must be one of layer, .*not 'bit'"),
        (
            ("--granularity", "layer", "--algorithm", "random", "--budget", "2", "--drop", "-50"),
            "Nothing that was found loses at most -50 points; the nearest loses",
        ),
    ],
)
def test_refusals_tell_what_to_mend(folder: Path, words, message: str) -> None:
    result = hawx(folder, *words)
    assert isinstance(result.exception, UserError)
    with pytest.raises(UserError, match=message):
        raise result.exception
