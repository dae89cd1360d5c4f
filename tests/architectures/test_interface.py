"""A fake architecture passes through config, search, emission and simulation."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures import registry
from hawx_hw.config.load import load_config, schema_text
from hawx_hw.config.models import Config
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.graph.graph import Flatten, Graph, Linear, Requantization, Tensor
from hawx_hw.graph.pixels import codes
from hawx_hw.graph.reference import run
from hawx_hw.graph.storage import save_graph
from hawx_hw.pipeline.order import STAGES
from hawx_hw.pipeline.pipeline import Pipeline
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.util.progress import console_for
from tests.architectures import serial

CONFIG = """\
name: serial
network: {model: lenet5, dataset: points.npz, calibration_images: 16}
accelerator:
  architecture: serial
  salt: 7
search:
  blocks: ["array(5,4,0)", "array(6,6,0)"]
  algorithm: random
  budget: 12
  images: 40
  profile_images: 16
  objective: multiplier_energy
  constraints: {accuracy_drop: 5.5}
verify: {images: 3, traced_images: 2}
"""


@pytest.fixture
def architecture(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(registry.ARCHITECTURES, "serial", serial.Serial())
    Config.model_rebuild(force=True)
    yield
    monkeypatch.undo()
    Config.model_rebuild(force=True)


def graph() -> Graph:
    """Flatten and a linear layer: 2 x 3 x 2 pixels, four classes."""
    rng = np.random.default_rng(3)
    weight = rng.integers(-127, 128, (4, 12)).astype(np.int8)
    bias = (128 * weight.astype(np.int64).sum(axis=1)).astype(np.int32)
    rule = Requantization(np.array([900, 1000, 1100, 950]), 20, -4)
    shapes = {"x": (2, 3, 2), "f": (12,), "d": (4,)}
    tensors = {
        name: Tensor(shape, 0.1, -4 if name == "d" else -128) for name, shape in shapes.items()
    }
    return Graph(
        "points", "x", (Flatten("f", ("x",)), Linear("d", ("f",), weight, bias, rule)), tensors
    )


def quantized(context: Context) -> None:
    """Stands for the stage ``quantize``, whose networks do not fit this architecture."""
    save_graph(graph(), context.output / "quantized")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    images = np.random.default_rng(4).integers(0, 256, (120, 2, 3, 2)).astype(np.uint8)
    labels = run(graph(), codes(images)).argmax(axis=1)
    np.savez(tmp_path / "points.npz", x=images, y=labels, layout="NCHW")
    (tmp_path / "serial.yaml").write_text(CONFIG)
    return tmp_path


def pipeline(project: Path) -> Pipeline:
    config = load_config(project / "serial.yaml")
    stages = (Stage("quantize", quantized, settings=("network",)), *STAGES[1:])
    return Pipeline(config, project / "build", stages, console_for(silent=True), base=project)


def test_from_config_to_verified_verilog(architecture: None, project: Path) -> None:
    work = pipeline(project)
    work.run(work.needed("verify"))
    build = project / "build"
    design = json.loads((build / "design.json").read_text())
    assert design["accelerator"] == {
        "architecture": "serial",
        "activation_kib": None,
        "parameter_kib": None,
        "parameters": "rom",
        "block_implementation": "smallest",
        "salt": 7,
    }
    program = json.loads((build / "program.json").read_text())
    assert program["title"] == "one serial multiplier"
    assert len(program["blocks"]) >= 2, "the search should mix blocks"
    assert program["cycles"]["core"] == 4 * (12 + serial.OVERHEAD)
    verified = json.loads((build / "verify.json").read_text())
    assert (verified["images"], verified["mismatches"]) == (3, 0)
    assert verified["cycles_per_image"] == verified["cycles_predicted"]
    assert "HAWX_SALT_VALUE 0x00000007u" in (build / "hawx_registers.h").read_text()


def test_a_wrong_core_is_found(
    architecture: None, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        serial.SerialPlan,
        "core",
        lambda plan, implementations: serial.SerialCore(serial.broken(plan), implementations),
    )
    work = pipeline(project)
    with pytest.raises(VerificationError, match="differ"):
        work.run(work.needed("verify"))


def test_the_config_is_a_union(architecture: None, project: Path) -> None:
    schema = json.loads(schema_text())
    forms = {form["$ref"] for form in schema["properties"]["accelerator"]["oneOf"]}
    assert forms == {"#/$defs/SystolicConfig", "#/$defs/SerialConfig"}
    path = project / "serial.yaml"
    unknown = "There is no such key"
    for before, after, message in (
        ("salt: 7", "rows: 7", rf"yaml:5: accelerator.rows: {unknown}. Known here: a.* salt\.$"),
        ("budget: 12", "variants: [{pepper: 7}]", rf"search.variants.0.pepper: {unknown}. A var"),
        ("architecture: serial", "architecture: parallel", "must be 'systolic' or 'serial', not"),
    ):
        path.write_text(CONFIG.replace(before, after))
        with pytest.raises(UserError, match=message):
            load_config(path)


def test_an_accelerator_is_checked_before_anything_runs(architecture: None, project: Path) -> None:
    (project / "serial.yaml").write_text(CONFIG.replace("salt: 7", "salt: -7"))
    work = pipeline(project)
    with pytest.raises(UserError, match="salt must not be negative"):
        work.run(work.needed("emit"))
    assert not (project / "build" / "quantized.npz").exists()
