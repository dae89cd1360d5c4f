"""``hawx blocks characterize``: what it prints, and what it refuses."""

from __future__ import annotations

import dataclasses
import json
import sys
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from hawx_hw.blocks import registry
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.characterization import selection
from hawx_hw.characterization.operands import uniform
from hawx_hw.cli.characterize import characterize
from hawx_hw.errors import UserError
from hawx_hw.synthesis.store import Store


@dataclasses.dataclass(frozen=True)
class Short(Exact):
    """The exact block in two of its implementations: all would take a minute."""

    implementations = ("multiply", "booth")


@pytest.fixture
def hawx(monkeypatch: pytest.MonkeyPatch, tmp_path):
    app = typer.Typer()
    app.command()(characterize)
    monkeypatch.setenv("HAWX_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.setitem(sys.modules, "family_of_a_test", SimpleNamespace(Short=Short))
    families = {**registry.FAMILIES, "exact": ("family_of_a_test", "Short")}
    monkeypatch.setattr(registry, "FAMILIES", families)
    monkeypatch.setattr(selection, "compared_with", lambda: [Short()])
    monkeypatch.setattr(
        "hawx_hw.characterization.operands.uniform", lambda: uniform(steps=33, streams=64)
    )

    def run(*words: str):
        result = CliRunner().invoke(app, words)
        return result.stdout, result.exception if result.exit_code else None

    return run


def test_cells_and_fpga_side_by_side(hawx, tmp_path) -> None:
    words = ("compressor(1,8)", "exact", "--technology", "generic45", "--technology", "ice40")
    printed, error = hawx(*words, "--json")
    assert error is None
    cells, fpga = json.loads(printed)
    assert (cells["technology"], cells["clock_mhz"], cells["supply"]) == ("generic45", 500.0, 1.1)
    block, exact = cells["blocks"]
    assert (block["block"], exact["block"]) == ("compressor(design=1,c=8)", "exact")
    assert exact["area_saving"] == 0.0
    assert block["area_saving"] == pytest.approx(1 - block["area"] / exact["area"])
    assert block["precision"] == "exact"
    assert block["energy_per_mac_fj"] == pytest.approx(block["power_uw"] / 500 * 1000)
    store = Store(tmp_path / "store.sqlite")
    for row in (*cells["blocks"], *fpga["blocks"]):
        for key in row["runs"].values():
            assert len(store.lookup(key)) == 1
    assert [(row["block"], row["dsps"]) for row in fpga["blocks"]] == [
        ("exact", 1), ("exact", 0), ("compressor(design=1,c=8)", 0),
    ]  # fmt: skip

    # Everything is in the store by now. People get tables, and the keys if they ask for them.
    printed, error = hawx(*words, "--clock", "250", "--runs")
    assert error is None
    lines = printed.splitlines()
    assert lines[0].startswith(
        "generic45, 1.1 V, 250 MHz, operands: uniform, seed 0, with glitches"
    )
    assert lines[1].split()[:2] == ["block", "built"]
    assert block["runs"]["energy"] in printed
    assert fpga["blocks"][0]["runs"]["synthesis"] in printed

    # Pulses between settled states count unless they are switched off.
    printed, error = hawx(*words[:4], "--no-glitches", "--json")
    assert error is None
    settled = json.loads(printed)[0]["blocks"]
    for without, with_them in zip(settled, cells["blocks"], strict=True):
        assert without["area"] == with_them["area"]
        assert without["energy_per_mac_fj"] < 0.95 * with_them["energy_per_mac_fj"]
    printed, error = hawx(*words[:4], "--no-glitches")
    assert error is None
    assert "without glitches" in printed.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("exact", "--objective", "price"), r"--objective: There is no objective 'price'"),
        (("exact", "--all"), r"--all: Name blocks or use --all, not both"),
        (("exact", "--clock", "0"), r"--clock: The clock must be above 0 MHz, not 0"),
        (("exact", "--clock", "inf"), r"--clock: The clock must be above 0 MHz, not inf"),
        (("exact", "--clock", "nan"), r"--clock: The clock must be above 0 MHz, not nan"),
        (("exact", "--operands", "conv2"), r"no operands 'conv2'\. Write uniform, or a layer"),
        (("exact", "--operands", "conv2 of none.yaml"), r"There is no config 'none.yaml'"),
        (("exact", "--technology", "none"), r"Unknown technology 'none'"),
        (("inexact",), r"Unknown block 'inexact'"),
    ],
)
def test_errors(hawx, words, message) -> None:
    _, error = hawx(*words)
    assert isinstance(error, UserError)
    with pytest.raises(UserError, match=message):
        raise error


def test_the_selection_is_of_blocks_that_are_there() -> None:
    names = [block.name for block in selection.selection()]
    assert len(names) == len(set(names)) == len(selection.SELECTION)
    assert names[0] == "exact"
    assert len({block.digest for block in selection.every_block()}) == len(selection.every_block())


@pytest.mark.slow
def test_operands_of_a_layer_of_a_config(hawx, tmp_path) -> None:
    words = ("compressor(1,8)", "--build", str(tmp_path / "build"), "--images", "1", "--json")
    results = {}
    for layer in ("conv2", "fc3"):
        printed, error = hawx(*words, "--operands", f"{layer} of lenet5.yaml")
        assert error is None
        (results[layer],) = json.loads(printed)
        assert results[layer]["operands"] == f"{layer}, 1 images"
    # Weights stay for a hundred pixels in the one, and for one in the other.
    energies = {name: entry["blocks"][0]["energy_per_mac_fj"] for name, entry in results.items()}
    assert 0 < energies["conv2"] < energies["fc3"]
    _, error = hawx(*words, "--operands", "conv9 of lenet5.yaml")
    assert isinstance(error, UserError)
    assert "has no layer 'conv9'" in str(error)
    assert "conv2" in str(error)
