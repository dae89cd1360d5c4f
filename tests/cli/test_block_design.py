"""``hawx blocks design``: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from hawx_hw import block_design as room
from hawx_hw import datasets
from hawx_hw.block_design.energy import BlockEnergy
from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.mask import Mask, mask_of
from hawx_hw.cli.block_design import design
from hawx_hw.datasets.roles import roles
from hawx_hw.errors import UserError
from tests.cli.tiny import quantized


class Energies:
    """Energies by the number of partial products, without a synthesis."""

    def __init__(self, graph, node, accelerator, images, technology, *, jobs, store):
        # What the config leaves out was chosen.
        assert accelerator.rows and accelerator.columns
        assert (technology.name, jobs) == ("generic45", 1)
        assert len(images) == 4

    def of(self, uses):
        masks = [use.block if isinstance(use.block, Mask) else mask_of(use.block) for use in uses]
        return [BlockEnergy("tree", 5.0 * mask.count, 4.0 * mask.count) for mask in masks]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return quantized(tmp_path_factory.mktemp("design"))


@pytest.fixture
def hawx(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "LayerEnergies", Energies)
    app = typer.Typer()
    app.command()(design)

    def run(*words: str):
        path, build = str(folder / "tiny.yaml"), str(folder / "build")
        return CliRunner().invoke(app, [path, "--build", build, "--images", "16", *words])

    return run


def test_a_mask_for_a_layer(hawx) -> None:
    words = ("--layer", "conv1", "--energy", "67")
    result = hawx(*words, "--json")
    assert result.exit_code == 0, result.exception
    content = json.loads(result.stdout)
    assert (content["layer"], content["images"], content["limit_fj"]) == ("conv1", 512, 67)
    assert content["fisher"] is False
    designed = content["designed"]
    mask = by_name(designed["mask"])
    assert designed["energy_fj"] == 5 * mask.count <= 67
    assert designed["error"]["low"] < designed["error"]["value"] < designed["error"]["high"]

    result = hawx(*words)
    assert result.exit_code == 0, result.exception
    lines = result.stdout.splitlines()
    assert lines[0] == mask.name
    drawn = [line.split()[3:] for line in lines[3:11]]
    assert lines[2].split()[2:] == list("76543210")
    selected = np.array([[cell == "#" for cell in row] for row in drawn])[::-1, ::-1]
    np.testing.assert_array_equal(selected, mask.selected)
    assert content["verdict"] in lines
    assert lines[-1] == f'blocks: {{layers: {{conv1: "{designed["block"]}"}}}}'
    assert by_name(designed["block"]).digest == mask.digest
    row = next(line for line in lines if line.startswith(content["precision"]["block"] + " "))
    assert f"{1e4 * content['precision']['error']['value']:.3g}" in row.split()


def test_filters_by_their_importance(hawx, monkeypatch: pytest.MonkeyPatch) -> None:
    """One filter counts alone: its error is that of a layer without the others."""
    calls = []

    def importance(graph, layer, images):
        calls.append((layer, len(images)))
        return np.array([6.0, 0, 0, 0, 0, 0])

    monkeypatch.setattr(room, "filter_importance", importance)
    words = ("--layer", "conv1", "--energy", "24", "--json")
    alone, together = (json.loads(hawx(*words, *more).stdout) for more in (("--fisher",), ()))
    assert calls == [("conv1", 16)]
    assert (alone["fisher"], together["fisher"]) == (True, False)
    assert alone["precision"]["error"] != together["precision"]["error"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("--layer", "conv9", "--energy", "90"),
            r"--layer: There is no layer 'conv9' .* one of conv1, conv2, fc1, fc2, fc3",
        ),
        (("--layer", "conv2", "--energy", "0"), r"--energy: The energy must be above 0 fJ, not 0"),
        (("--layer", "conv2", "--energy", "inf"), r"above 0 fJ, not inf"),
        (("--layer", "conv2", "--energy", "nan"), r"above 0 fJ, not nan"),
        (("--layer", "conv2", "--energy", "3"), r"2 x 2 bits takes 20.0 fJ .* Allow more energy"),
        (("--layer", "conv2", "--energy", "400"), r"exact multiplier takes 320.0 fJ"),
        (
            ("--layer", "conv2", "--energy", "90", "--images", "99999"),
            r"--images: There are only 1,\d\d\d training images, not 99,999",
        ),
    ],
)
def test_errors(hawx, words: tuple[str, ...], message: str) -> None:
    result = hawx(*words)
    assert isinstance(result.exception, UserError)
    with pytest.raises(UserError, match=message):
        raise result.exception


def test_too_few_images_to_measure_on(hawx, folder: Path) -> None:
    count = len(roles(datasets.load("digits")).learn) - 8
    result = hawx("--layer", "conv1", "--energy", "90", "--images", str(count))
    assert isinstance(result.exception, UserError)
    assert "training images remain to measure errors on" in str(result.exception)


def test_layers_with_too_many_taps(hawx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hawx_hw.block_design.layer.TAPS", 149)
    result = hawx("--layer", "conv2", "--energy", "90")
    assert isinstance(result.exception, UserError)
    assert "A filter of conv2 has 150 taps; a block can be designed for 149" in str(
        result.exception
    )


@pytest.mark.slow
def test_energies_are_those_of_synthesized_blocks(folder: Path) -> None:
    app = typer.Typer()
    app.command()(design)
    words = [str(folder / "tiny.yaml"), "--build", str(folder / "build"), "--layer", "conv1"]
    result = CliRunner().invoke(app, [*words, "--energy", "40", "--images", "64", "--json"])
    assert result.exit_code == 0, result.exception
    content = json.loads(result.stdout)
    for row in (content["designed"], content["precision"], content["array"]):
        assert 5 < row["energy_fj"] <= 40
        assert row["area"] > 5
    low, high = (row["energy_fj"] for row in content["mixture"] or [content["precision"]] * 2)
    assert low <= content["designed"]["energy_fj"] <= high or content["mixture"] is None
