"""Inspections of configs, and whether their Verilog was verified."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from hawx_hw.config.models import Config
from hawx_hw.inspection.result import RtlComparison
from hawx_hw.pipeline.build_folder import BuildFolder
from hawx_hw.pipeline.inspection import inspect_network, reversed_order, rtl_comparison
from hawx_hw.util.fingerprints import json_hash
from hawx_hw.verification.result import ScenarioResult
from tests.report import samples

NETWORK = {"model": "lenet5", "dataset": "digits", "calibration_images": 32}

#: All of what would be chosen otherwise, which takes seconds.
SIMT = {
    "architecture": "simt", "lanes": 8, "cluster": 8, "word": 8, "warps": 2, "registers": 8,
    "requantizers": 1,
}  # fmt: skip
SYSTOLIC = {
    "rows": 8, "columns": 8, "slice_columns": 8, "weight_rows": 4, "requantizers": 2,
}  # fmt: skip


def inspected(folder: Path, images: int, network=NETWORK, **keys):
    config = Config.model_validate({"name": "tiny", "network": network, **keys})
    return inspect_network(config, folder, folder / "build", images, Console(quiet=True))


def test_blocks_of_a_config_on_either_architecture(tmp_path):
    blocks = {"layers": {"conv2": "drum(k=4)"}}
    inspection = inspected(tmp_path, 40, blocks=blocks, accelerator=SIMT)
    assert (inspection.images, inspection.seen, inspection.rtl) == (40, 0, None)
    layers = {layer.name: layer for layer in inspection.layers}
    assert layers["conv2"].blocks == ("drum(k=4)",)
    assert layers["conv2"].built.alone_db is not None
    assert inspection.culprits == ()


def test_an_exact_design_with_a_wrong_scale(tmp_path):
    network = {**NETWORK, "preprocess": {"scale": 1.0}}
    inspection = inspected(tmp_path, 2000, network, accelerator=SYSTOLIC)
    assert inspection.accuracy.built is None
    assert inspection.images > 1000 and inspection.seen == 32
    assert [culprit.kind for culprit in inspection.culprits] == ["preprocessing"]


@pytest.mark.parametrize(
    ("given", "other"), [({}, "bgr"), ({"channels": "rgb"}, "bgr"), ({"channels": "bgr"}, "rgb")]
)
def test_the_other_order_of_the_channels(given, other):
    network = {**NETWORK, "preprocess": given}
    assert reversed_order(Config.model_validate({"name": "x", "network": network})) == other


FAILED = {"resets": ScenarioResult(passed=False, failures=("image 3",))}


@pytest.mark.parametrize(
    ("changes", "equal"), [({}, True), ({"mismatches": 1}, False), ({"scenarios": FAILED}, False)]
)
def test_verilog_that_was_verified(changes, equal, tmp_path):
    samples.VERIFY.model_copy(update=changes).write(tmp_path)
    assert rtl_comparison(tmp_path) == RtlComparison(equal=equal, images=20)


def test_a_verification_of_another_design_does_not_count(tmp_path):
    """Stages that run anew withdraw what was made from other results of theirs."""
    inspected(tmp_path, 1, accelerator=SYSTOLIC)
    folder = BuildFolder(tmp_path / "build")
    with folder.staging("verify") as staging:
        samples.VERIFY.write(staging)
        made_of = {"assign": json_hash(folder.manifest("assign").outputs)}
        folder.publish("verify", staging, {"stages": made_of})
    assert inspected(tmp_path, 1, accelerator=SYSTOLIC).rtl is not None
    blocks = {"layers": {"fc3": "drum(k=4)"}}
    assert inspected(tmp_path, 1, accelerator=SYSTOLIC, blocks=blocks).rtl is None


def test_verilog_that_was_not(tmp_path):
    assert rtl_comparison(tmp_path) is None
